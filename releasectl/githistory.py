"""Reads the history of a git repository, and never writes into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from releasectl.errors import InvalidInput, PlatformRefused, UsageError
from releasectl.gitrun import run

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)  # the end of time, with room for what is added to it
DEEPEN: Final = "fetch the whole history: `git fetch --unshallow`; in a workflow `fetch-depth: 0`"
SHALLOW: Final = f"this clone is shallow: {DEEPEN}"
_FIELDS: Final = ("%H", "%P", "%an <%ae>", "%at", "%ct", "%s", "%B")


@dataclass(frozen=True, slots=True)
class GitCommit:
    """A commit; `author` wrote it, `committed` is when it came to be as it is; NEVER if none is told."""

    id: str
    parents: tuple[str, ...]
    author: str
    authored: datetime
    committed: datetime
    subject: str
    message: str

    @property
    def short(self) -> str:
        return self.id[:12]


@dataclass(frozen=True, slots=True)
class GitChange:
    """A file that differs between two commits: `status` is A (added), M (modified) or D (deleted)."""

    status: str
    path: str


def require_repository(root: Path) -> None:
    """Raise unless `root` is in a git repository with at least one commit."""
    asked = run(root, "rev-parse", "--git-dir", check=False)
    said = asked.stderr.decode(errors="replace").strip()
    if asked.returncode and "not a git repository" not in said:  # it is somebody else's, say
        raise PlatformRefused.at(root, f"git refuses: {said}", "do what it says, then repeat the command")
    if asked.returncode:
        raise InvalidInput.at(root, "is no git repository", "work in a clone: the history is in its commits")
    if run(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", check=False).returncode:
        raise InvalidInput.at(root, "has no commit yet", "commit the files first")


def unborn(root: Path) -> bool:
    """Whether `root` is in a repository that has no commit at all; raises if git does not say so.

    One that is damaged, somebody else's, or whose HEAD names a branch that does not exist has a past.
    """
    return not run(root, "rev-list", "--all", "--max-count=1").stdout


def resolve(root: Path, revision: str) -> GitCommit:
    """The commit that `revision` names."""
    return log(root, revision=commit_id(root, revision), limit=1)[0]


def commit_id(root: Path, revision: str) -> str:
    """The full hash of the commit that `revision` names."""
    # A name that begins with a dash would be an option, and rev-parse takes several words for several names.
    asked = run(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", check=False
    )
    found = asked.stdout.decode().strip()
    if asked.returncode or not found:
        require_repository(root)
        shallow = f"; {SHALLOW}" if is_shallow(root) else ""
        remedy = "name a commit, a branch or a tag of this repository: `git log --oneline -- releases`"
        raise UsageError.at(revision or "REV", "git knows no commit of this name", remedy + shallow)
    return found


def log(
    root: Path,
    *paths: str,
    revision: str = "HEAD",
    limit: int | None = None,
    first_parent: bool = False,
) -> tuple[GitCommit, ...]:
    """Commits that touch `paths` (all if there are none), newest first.

    With `first_parent` a merge counts as one commit, at the time at which it was merged.
    """
    options = ["--first-parent"] if first_parent else []
    options += [f"-{limit}"] if limit else []
    template = "%x00".join(_FIELDS)
    done = run(root, "log", "-z", f"--format={template}", *options, revision, "--", *paths)
    return tuple(_commits(done.stdout.decode(errors="replace").split("\0")))


def changes(root: Path, old: str | None, new: str, *paths: str) -> tuple[GitChange, ...]:
    """Files that differ between two commits, by path; `old` is None for the time before the first commit."""
    before = old or run(root, "hash-object", "-t", "tree", "--stdin").stdout.decode().strip()
    arguments = ("diff-tree", "-r", "-z", "--no-renames", "--name-status", "--relative")
    done = run(root, *arguments, before, new, "--", *paths)
    words = done.stdout.decode(errors="replace").split("\0")[:-1]
    return tuple(GitChange(words[index][:1], words[index + 1]) for index in range(0, len(words), 2))


def touched(root: Path, *paths: str) -> Iterator[tuple[str, str]]:
    """(commit, path) for every change of a file below `paths` in the history of HEAD, newest first."""
    arguments = ("log", "-m", "--name-only", "--no-renames", "--relative", "-z", "--format=%x01%H")
    commit = ""
    for word in run(root, *arguments, "HEAD", "--", *paths).stdout.decode(errors="replace").split("\0"):
        word = word.lstrip("\n")
        if word.startswith("\x01"):
            commit = word[1:]
        elif word:
            yield commit, word


def contents(root: Path, wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], bytes]:
    """The files that exist among the (commit, path) asked for, with one git process for all of them.

    One with a line's end in its name cannot be asked for, and would be an answer to another question.
    """
    asked = tuple(dict.fromkeys(each for each in wanted if "\n" not in each[1]))
    names = "".join(f"{commit}:./{path}\n" for commit, path in asked)
    stream = run(root, "cat-file", "--batch", stdin=names.encode()).stdout
    found: dict[tuple[str, str], bytes] = {}
    position = 0
    for key in asked:
        end = stream.index(b"\n", position)
        header = stream[position:end].split(b" ")
        position = end + 1
        if header[-1] != b"missing" and len(header) == 3:
            size = int(header[2])
            if header[1] == b"blob":
                found[key] = stream[position : position + size]
            position += size + 1
    return found


def content(root: Path, commit: str, path: str) -> bytes | None:
    """The bytes of a file at a commit; None if it is not there."""
    return contents(root, [(commit, path)]).get((commit, path))


def paths_at(root: Path, commit: str, *folders: str) -> tuple[str, ...]:
    """Every file below `folders` in a commit."""
    done = run(root, "ls-tree", "-r", "-z", "--name-only", commit, "--", *folders)
    return tuple(done.stdout.decode(errors="replace").split("\0")[:-1])


def exists(root: Path, commit: str) -> bool:
    """Is the commit among the objects, on whatever branch?"""
    return run(root, "cat-file", "-e", f"{commit}^{{commit}}", check=False).returncode == 0


def is_ancestor(root: Path, old: str, new: str) -> bool:
    """Whether `new` has `old` among its ancestors, or is it; False if either is not known here."""
    return run(root, "merge-base", "--is-ancestor", old, new, check=False).returncode == 0


def mainline(root: Path) -> Mapping[str, int]:
    """The place of every commit that HEAD reaches by first parents, counted from HEAD."""
    listed = run(root, "rev-list", "--first-parent", "HEAD").stdout.decode().split()
    return {commit: position for position, commit in enumerate(listed)}


def is_shallow(root: Path) -> bool:
    """Whether the clone lacks the beginning of its history."""
    return run(root, "rev-parse", "--is-shallow-repository", check=False).stdout.strip() == b"true"


def first_parent(root: Path, commit: str) -> str | None:
    """None of the first commit of all; InvalidInput if this clone does not hold it.

    For git the oldest commit of a shallow clone has no parent; the commit itself names it all the same.
    """
    header = run(root, "cat-file", "commit", commit).stdout.partition(b"\n\n")[0].splitlines()
    found = next((line.split()[1].decode() for line in header if line.startswith(b"parent ")), None)
    if found is not None and not exists(root, found):
        raise InvalidInput.at(commit[:12], f"the commit before it, {found[:12]}, is not here", DEEPEN)
    return found


def uncommitted(root: Path, *paths: str) -> tuple[str, ...]:
    """Files of the working tree that are not as in HEAD."""
    done = run(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *paths)
    return tuple(line[3:] for line in done.stdout.decode(errors="replace").split("\0")[:-1])


def _commits(words: Sequence[str]) -> Iterator[GitCommit]:
    width = len(_FIELDS)
    for start in range(0, len(words) - width + 1, width):
        commit, parents, author, authored, committed, subject, message = words[start : start + width]
        yield GitCommit(
            id=commit,
            parents=tuple(parents.split()),
            author=_printable(author),
            authored=instant(authored),
            committed=instant(committed),
            subject=_printable(subject),
            message=message,
        )


def instant(seconds: str) -> datetime:
    """Of git's %ct or %at, which is empty where a commit has no date: NEVER if there is no such moment."""
    try:
        return min(NEVER, datetime.fromtimestamp(int(seconds), UTC))
    except (ValueError, OverflowError, OSError):
        return NEVER


def _printable(text: str) -> str:
    """A person's words go to terminals and into commands: no escape codes on the way."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
