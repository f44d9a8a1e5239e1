"""How a release came to be as it is: its states in git along the main line, read for all releases at once.

A release that appears in the very change in which another one of its environment disappears goes on where
that one ended: it is judged as its successor, whatever it is called.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from releasectl.ahead import Ahead
from releasectl.errors import PlatformRefused, UsageError
from releasectl.githistory import SHALLOW, instant, paths_at, unborn
from releasectl.gitrun import run
from releasectl.model import Missing, Release
from releasectl.past import Standing, standings, target_of
from releasectl.policy import Case, Notice, Stage

FOLDER = "releases"
NOW: Final = 1  # what is judged comes after every commit


class Change(NamedTuple):
    """A release file in a commit of the main line: the newest commit is 0, those before it are negative."""

    number: int
    revision: str
    at: datetime
    path: str
    status: str  # of git: A is added, D is deleted


@dataclass(frozen=True)
class History:
    """The history of a tree of files: `root` is in git, the files to be judged may lie elsewhere.

    Only commits that `revision` reaches by first parents count: what a branch says of its own past proves
    nothing. `paths` narrow it to a few releases; `exact`: the files are those of the revision; `rewritten`:
    files that are judged as they are to be, which `root` does not show yet; `fork`: where the files left the
    revision, so that they did not remove what came to it since.
    """

    root: Path
    revision: str = "HEAD"
    paths: tuple[str, ...] = (FOLDER,)
    now: datetime | None = None
    exact: bool = False
    rewritten: frozenset[str] = frozenset()
    fork: str = ""

    def begin(self) -> None:
        """Ask git now, in the background; what cannot be read is told where it is needed."""
        Ahead(lambda: (self._changes, self._differences))

    def timeline(self, release: Release) -> tuple[Stage, ...] | Missing:
        """Every state so far, oldest first; the last is the release as it is given."""
        target, file = f"{release.environment}/{release.name}", release.source.file
        current = Stage(self.now or datetime.now(UTC), release.model, release.strategy, target=target)
        found = self._past_of(file)
        if isinstance(found, Missing):
            return found
        if not found:
            return (current,)
        if [change.path for change in found] == [file] and not self._is_edited(file):
            (only,) = found
            return (Stage(only.at, release.model, release.strategy, only.revision, target),)
        return tuple(_merged([*self._stages(found), current]))

    def _past_of(self, path: str, number: int = NOW) -> list[Change] | Missing:
        """What changed the file before `number`, and what changed those whose place it took, oldest first."""
        if isinstance(self._changes, Missing):
            return self._changes
        found = [change for change in self._changes.get(path, ()) if change.number < number]
        appears = [change.number for change in found if change.status == "A"]
        if number == NOW and (not found or found[-1].status == "D"):
            appears.append(NOW)
        for each in appears:
            gone = self._gone.get((each, PurePosixPath(path).parent), ())
            if len(gone) > 1:
                names = " and ".join(str(target_of(other)) for other in gone)
                return Missing(f"it appears while {names} disappear: which one it follows is not known")
            for other in gone:
                before = self._past_of(other, each)
                if isinstance(before, Missing):
                    return before
                found += before
        return sorted(set(found))

    def _stages(self, changes: Sequence[Change]) -> Iterator[Stage]:
        wanted = [(change.revision, str(target_of(change.path))) for change in changes]
        states = standings(self.root, wanted)
        for change, key in zip(changes, wanted, strict=True):
            standing = states[key]
            if isinstance(standing, Standing):  # what was deleted, or is beyond reading, served nothing
                yield Stage(change.at, standing.model, standing.strategy, *key)

    @cached_property
    def _changes(self) -> Mapping[str, Sequence[Change]] | Missing:
        """By path, the commits that changed it, oldest first."""
        try:
            asked = ("rev-parse", "--is-shallow-repository", f"{self.revision}^{{commit}}")
            told = run(self.root, *asked, check=False)
            if told.stdout.startswith(b"true"):
                return Missing(SHALLOW)
            if told.returncode == 0:
                return self._read()
            if self.revision == "HEAD" and unborn(self.root):
                return {}  # nothing was ever released
            return Missing(f"git knows no commit {self.revision}")
        except (PlatformRefused, UsageError) as error:
            return Missing(f"git cannot be asked: {error.problems[0].what}")

    def _read(self) -> Mapping[str, Sequence[Change]]:
        arguments = ("log", "--first-parent", "-m", "--name-status", "--no-renames", "--relative", "-z")
        told = run(self.root, *arguments, "--format=%x01%H %ct", self.revision, "--", *self._folders)
        found: dict[str, list[Change]] = defaultdict(list)
        revision, at, number = "", datetime.now(UTC), NOW
        words = iter(told.stdout.decode(errors="replace").split("\0"))
        for word in words:
            if (text := word.lstrip("\n")).startswith("\x01"):
                revision, _, when = text[1:].partition(" ")
                at, number = instant(when), number - 1
            elif text:
                path = next(words)
                found[path].insert(0, Change(number, revision, at, path, text))
        return dict(found)

    @cached_property
    def _differences(self) -> Mapping[str, str]:
        """Files that are not as in the revision, with the status that git has for them."""
        if self.exact or not self._changes or isinstance(self._changes, Missing):
            return {}
        arguments = ("diff", "--name-status", "--no-renames", "--relative", "-z")
        told = run(self.root, *arguments, self.revision, "--", *self._folders).stdout
        words = told.decode(errors="replace").split("\0")
        return dict(zip(words[1::2], words[::2], strict=False))

    @cached_property
    def _gone(self) -> Mapping[tuple[int, PurePosixPath], Sequence[str]]:
        """The releases of an environment's folder that disappear in a commit, or in what is judged."""
        changes = {} if isinstance(self._changes, Missing) else self._changes
        deleted = {(each.number, path) for path, of in changes.items() for each in of if each.status == "D"}
        deleted |= {(NOW, path) for path in self._removed()}
        found: dict[tuple[int, PurePosixPath], list[str]] = defaultdict(list)
        for number, path in sorted(deleted):
            if target_of(path):
                found[number, PurePosixPath(path).parent].append(path)
        return dict(found)

    def _removed(self) -> set[str]:
        found = {path for path, status in self._differences.items() if status == "D"}
        return found & {*paths_at(self.root, self.fork, *found)} if found and self.fork else found

    def _is_edited(self, path: str) -> bool:
        return path in self.rewritten or path in self._differences

    @property
    def _folders(self) -> tuple[str, ...]:
        """Of the few releases that count all that lie beside them: one of those may be what they follow."""
        folders = (str(PurePosixPath(path).parent) if path.endswith(".yaml") else path for path in self.paths)
        return tuple(dict.fromkeys(folders))


def _merged(stages: Sequence[Stage]) -> Iterator[Stage]:
    """Without those that only touched something else in the file."""
    last: Stage | None = None
    for stage in stages:
        state = (stage.model, stage.strategy, stage.target)
        if last is None or state != (last.model, last.strategy, last.target):
            yield stage
            last = stage


def succession(case: Case) -> Iterator[Notice]:
    """Told in the change that brings it: a release that takes the place of another."""
    if isinstance(case.timeline, Missing) or len(case.timeline) < 2:
        return
    before, current = case.timeline[-2:]
    if current.revision is None and before.target != current.target:
        what = f"{current.target} takes the place of {before.target}, and is judged by its past"
        remedy = "keep the name; if it is no successor, make two pull requests"
        yield Notice(case.release.source.place("/name"), what, remedy)
