"""What no pull request may do, whatever it says: touch judge and release at once, rewrite a lock, link.

Told from names, modes and history, and of environments and locks from what differs, before it is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Final

from releasectl import lock as locks
from releasectl.errors import InvalidInput, Problem
from releasectl.githistory import DEEPEN, NEVER, SHALLOW, content, instant, is_shallow, log, paths_at
from releasectl.gitrun import run
from releasectl.letters import few
from releasectl.model import Json, Source
from releasectl.pathnames import ENVIRONMENT, JUDGE, RELEASES, shown, twins, wrong_name
from releasectl.reading import FOLDERS
from releasectl.yamlsource import parse

WHERE: Final = ("namespace", "platform", "branch")  # where an environment serves, and who proves its locks
SHOWN: Final = 5
WRONG_CLOCK: Final = timedelta(days=1)
OLDEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
BOUNDARY: Final = "-"  # before what git was asked for
LINK, SUBMODULE, NOTHING = "120000", "160000", "000000"


@dataclass(frozen=True, slots=True)
class Change:
    """A file that differs: its mode now, and whether the base has it."""

    path: str
    mode: str
    known: bool

    @property
    def gone(self) -> bool:
        return self.mode == NOTHING


def fork(root: Path, base: str) -> str:
    """Where the files left the base: what the base did since is not theirs."""
    found = run(root, "merge-base", base, "HEAD", check=False).stdout.decode().strip()
    if not found:
        raise InvalidInput.at(
            base[:12],
            "has no commit in common with HEAD",
            f"name another base; or, in a shallow clone, {DEEPEN}",
        )
    return found


def changes(root: Path, base: str) -> tuple[Change, ...]:
    """Everything that differs between a commit and the working tree, untracked files included."""
    told = run(root, "diff", "--raw", "--no-renames", "--no-abbrev", "--relative", "-z", base).stdout
    words = told.decode(errors="replace").split("\0")[:-1]
    found = [_change(*words[index : index + 2]) for index in range(0, len(words), 2)]
    new = run(root, "ls-files", "--others", "--exclude-standard", "-z").stdout.decode(errors="replace")
    for path in filter(None, new.split("\0")):
        found.append(Change(path, LINK if (root / path).is_symlink() else "100644", known=False))
    return tuple(sorted(found, key=lambda change: change.path))


def own_changes(root: Path, left: str, base: str) -> tuple[Change, ...]:
    """What a branch changes: what differs from where it left the base, and from the base as it is now.

    What came to the base as another commit, a squashed one say, is no change of the branch any more.
    """
    found = changes(root, left)
    if left == base:
        return found
    other = {change.path for change in changes(root, base)}
    return tuple(change for change in found if change.path in other)


def _change(modes: str, path: str) -> Change:
    before, after, *_ = modes.lstrip(":").split(" ")
    return Change(path, after, before != NOTHING)


def violations(root: Path, base: str, changed: Sequence[Change]) -> Iterator[Problem]:
    """What no branch may do, whatever its content: `base` is the commit that it is compared with."""
    yield from _names(root, base, changed)
    yield from _both(root, base, changed)
    yield from _moved(root, base, changed)
    yield from _links(root, changed)
    yield from _locks(root, base, changed)


def wrong_dates(root: Path, base: str, now: datetime) -> Iterator[Problem]:
    """How long a trial lasts is told by the dates of commits: main is given none that cannot be true."""
    arguments = ("log", "--topo-order", "--boundary", "--format=%m%x00%H%x00%ct%x00%P", f"{base}..HEAD")
    told = [line.split("\0") for line in run(root, *arguments).stdout.decode().splitlines()]
    latest = now + WRONG_CLOCK
    followed = {commit: _newest(root, commit, latest) for mark, commit, *_ in told if mark == BOUNDARY}
    for _, commit, seconds, parents in reversed([each for each in told if each[0] != BOUNDARY]):
        at = instant(seconds)
        before = max((followed.get(each, OLDEST) for each in parents.split()), default=OLDEST)
        followed[commit] = before if at > latest else max(at, before)
        if what := _wrong_date(at, before, latest):
            remedy = f"commit it anew: `git rebase --force-rebase --reset-author-date {base[:12]}`"
            yield Problem(commit[:12], what, remedy)


def _newest(root: Path, commit: str, latest: datetime) -> datetime:
    """When a commit of the base was made, or the newest before it where its date cannot be true."""
    for limit in (("-1",), ()):  # seldom more than the commit itself
        told = run(root, "log", "--format=%ct", *limit, commit).stdout.decode().splitlines()
        if known := [at for at in map(instant, told) if at <= latest]:
            return max(known)
    return OLDEST


def _wrong_date(at: datetime, before: datetime, latest: datetime) -> str:
    if at == NEVER:
        return "has no date that could be read"
    if at > latest:
        return f"is dated {at:%Y-%m-%d}, which is yet to come: the clock was wrong, set it right first"
    if at < before - WRONG_CLOCK:
        return f"is dated {at:%Y-%m-%d}, more than a day before a commit that it follows"
    return ""


def _names(root: Path, base: str, changed: Sequence[Change]) -> Iterator[Problem]:
    """Names under which a file is something else than it seems to be."""
    added = [change.path for change in changed if not change.known and not change.gone]
    yield from filter(None, (wrong_name(change.path) for change in changed if not change.gone))
    if added:
        gone = {change.path for change in changed if change.gone}
        yield from twins((path for path in paths_at(root, base) if path not in gone), added)


def _both(root: Path, base: str, changed: Sequence[Change]) -> Iterator[Problem]:
    judge = [change.path for change in changed if JUDGE.fullmatch(change.path)]
    releases = [
        change for change in changed if RELEASES.fullmatch(change.path) or _gives_others(root, base, change)
    ]
    if judge and releases:
        named = _few([change.path for change in releases])
        what = f"releases ({named}) and their judge ({_few(judge)}) change together"
        order = "the judge, which is reviewed for itself, then the release"
        if all(change.gone for change in releases):  # where the environment is gone nothing can be released
            order = "what releases no more, then its environment with policy and waivers"
        yield Problem(shown(judge[0]), what, f"make two pull requests: first {order}")


def _gives_others(root: Path, base: str, change: Change) -> bool:
    """Whether an environment gives its releases something else: they are released by that, too."""
    if not ENVIRONMENT.fullmatch(change.path) or not change.known or change.gone:
        return False
    before, after = (_fields(text) for text in (content(root, base, change.path), _bytes(root / change.path)))
    return any(before.get(name) != after.get(name) for name in {*before, *after} if name not in WHERE)


def _moved(root: Path, base: str, changed: Sequence[Change]) -> Iterator[Problem]:
    """An environment that moves takes its policy along and is proven elsewhere; a new one has no policy."""
    if not any(RELEASES.fullmatch(change.path) for change in changed):
        return
    for change in changed:
        if ENVIRONMENT.fullmatch(change.path) and not change.gone:
            before, after = _where(content(root, base, change.path)), _where(_bytes(root / change.path))
            moved = [f"the {name} becomes {after[name]}" for name in WHERE if before[name] != after[name]]
            how = ", ".join(moved) if change.known else f"is new, in the namespace {after['namespace']}"
            if how:
                remedy = "make two pull requests: first the environment, which is rare"
                yield Problem(change.path, f"{how}, and releases change with it", remedy)


def _where(text: bytes | None) -> dict[str, Json]:
    data = _fields(text)
    return {name: data.get(name) for name in WHERE}


def _fields(text: bytes | None) -> dict[str, Json]:
    source = parse("", text or b"")
    return source.data if isinstance(source, Source) and isinstance(source.data, dict) else {}


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _few(paths: Sequence[str]) -> str:
    return few([shown(path) for path in paths], SHOWN)


def _links(root: Path, changed: Sequence[Change]) -> Iterator[Problem]:
    """Also one inside the tree: a name must not stand for the content of another."""
    for change in changed:
        if change.mode in (LINK, SUBMODULE):
            kind = "a symbolic link" if change.mode == LINK else "a submodule"
            what = f"is {kind}: what it leads to would be judged"
            yield Problem(shown(change.path), what, "commit the file itself")
    for folder in (*FOLDERS, "policies"):
        if (root / folder).is_symlink():
            yield Problem(folder, "is a symbolic link: another folder would be judged", "make it a folder")


def _locks(root: Path, base: str, changed: Sequence[Change]) -> Iterator[Problem]:
    """A lock says what a commit of Pachyderm holds, which never changes: so it is written once, for ever."""
    for change in changed:
        if change.path.startswith(f"{locks.FOLDER}/") and not change.gone:
            before = _first_content(root, base, change)
            if before is None and is_shallow(root):
                yield Problem(change.path, "whether another lock was here before is not known", SHALLOW)
            elif before is not None and before != _digest(root / change.path):
                yield Problem(
                    change.path,
                    "the lock is not as it was committed before: a lock never changes",
                    f"take it back: git checkout {base[:12]} -- {change.path}",
                )


def _first_content(root: Path, base: str, change: Change) -> str | None:
    """The digest of the lock in the base, or of one that was there before and was removed."""
    found = content(root, base, change.path) if change.known else None
    if found is None:
        for commit in log(root, change.path, revision=base):
            found = content(root, commit.id, change.path)
            if found is not None:
                break
    return None if found is None else _digest_of(PurePosixPath(change.path).name, found)


def _digest(file: Path) -> str:
    return _digest_of(file.name, _bytes(file))


def _digest_of(name: str, text: bytes) -> str:
    source = parse(name, text)
    return (
        locks.digest_of(source.data) if isinstance(source, Source) and isinstance(source.data, dict) else ""
    )
