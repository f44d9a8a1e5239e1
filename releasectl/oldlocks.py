"""Locks that the main line once had: who removes one does not shed what it tells of revoked data."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from releasectl import lock as locks
from releasectl.errors import UsageError
from releasectl.githistory import contents
from releasectl.gitrun import run
from releasectl.model import CommitId, Lock, Revocation, Source
from releasectl.revocation import traced
from releasectl.yamlsource import parse


def remembered(
    root: Path, revision: str, revoked: Sequence[Revocation], there: Container[CommitId]
) -> tuple[Revocation, ...]:
    """With the digests that locks told which are not `there` any more; where git knows none, as they are."""
    return traced(revoked, once(root, revision, [each.commit for each in revoked], there))


def once(
    root: Path, revision: str, naming: Collection[CommitId], there: Container[CommitId]
) -> Iterator[Lock]:
    """Those that ever came to the main line up to `revision` and name one of the commits, readable ones.

    What came to a branch and went before it was merged was never among them, and tells nothing.
    """
    if not naming:
        return
    arguments = ("log", "--first-parent", "-m", "--diff-filter=A", "--name-only", "--no-renames")
    options = ("--relative", "-z", "--format=%x01%H", revision, "--", locks.FOLDER)
    try:
        told = run(root, *arguments, *options, check=False)
    except UsageError:
        return  # there is no git
    added, commit = [], ""
    for word in told.stdout.decode(errors="replace").split("\0"):
        if (text := word.lstrip("\n")).startswith("\x01"):
            commit = text[1:]
        elif text and PurePosixPath(text).stem not in there:
            added.append((commit, text))
    wanted = [each.encode() for each in naming]
    for (_, path), content in contents(root, added).items() if added else ():
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
