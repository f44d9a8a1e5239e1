"""Locks that the main line once had: who removes one does not shed what it tells of revoked data."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from releasectl import lock as locks
from releasectl.githistory import contents
from releasectl.gitrun import run
from releasectl.model import CommitId, Lock, Source
from releasectl.yamlsource import parse


def once(root: Path, revision: str, naming: Collection[CommitId]) -> Iterator[Lock]:
    """Those that ever came to the main line up to `revision` and name one of the commits, readable ones.

    What came to a branch and went before it was merged was never among them, and tells nothing.
    """
    if not naming:
        return
    arguments = ("log", "--first-parent", "-m", "--diff-filter=A", "--name-only", "--no-renames")
    told = run(root, *arguments, "--relative", "-z", "--format=%x01%H", revision, "--", locks.FOLDER)
    added, commit = [], ""
    for word in told.stdout.decode(errors="replace").split("\0"):
        if (text := word.lstrip("\n")).startswith("\x01"):
            commit = text[1:]
        elif text:
            added.append((commit, text))
    wanted = [each.encode() for each in naming]
    for (_, path), content in contents(root, added).items():
        if any(each in content for each in wanted) and (found := _lock(path, content)) is not None:
            yield found


def _lock(path: str, content: bytes) -> Lock | None:
    source = parse(path, content)
    try:
        found = locks.from_source(source) if isinstance(source, Source) else None
        told = found is not None and isinstance(found.evidence.get("card", {}), Mapping)
    except (AttributeError, KeyError, TypeError):
        return None  # one of another version
    return found if told else None
