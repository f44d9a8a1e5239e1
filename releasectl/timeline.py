"""How a release came to be as it is: its states in git along the main line, read for all releases at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from releasectl.ahead import Ahead
from releasectl.errors import PlatformRefused, UsageError
from releasectl.githistory import run
from releasectl.model import Missing, Release
from releasectl.past import Standing, standings
from releasectl.policy import Stage

FOLDER = "releases"


@dataclass(frozen=True)
class History:
    """The history of a tree of files: `root` is in git, the files to be judged may lie elsewhere.

    Only commits that `revision` reaches by first parents count: what a branch says of its own past proves
    nothing. `paths` narrow it to a few releases; `exact`: the files are those of the revision; `rewritten`:
    files that are judged as they are to be, which `root` does not show yet.
    """

    root: Path
    revision: str = "HEAD"
    paths: tuple[str, ...] = (FOLDER,)
    now: datetime | None = None
    exact: bool = False
    rewritten: frozenset[str] = frozenset()

    def begin(self) -> None:
        """Ask git now, in the background; what cannot be read is told where it is needed."""
        Ahead(lambda: (self._changes, self._edited))

    def timeline(self, release: Release) -> tuple[Stage, ...] | Missing:
        """Every state so far, oldest first; the last is the release as it is given."""
        current = Stage(self.now or datetime.now(UTC), release.model, release.strategy)
        found = self._changes
        if isinstance(found, Missing):
            return found
        versions = found.get(release.source.file, [])
        if not versions:
            return (current,)
        if len(versions) == 1 and release.source.file not in self._edited:
            revision, at = versions[0]
            return (Stage(at, release.model, release.strategy, revision),)
        return tuple(_merged([*self._stages(release, versions), current]))

    def _stages(self, release: Release, versions: list[tuple[str, datetime]]) -> Iterator[Stage]:
        target = f"{release.environment}/{release.name}"
        states = standings(self.root, [(revision, target) for revision, _ in versions])
        for revision, at in versions:
            standing = states[revision, target]
            if isinstance(
                standing, Standing
            ):  # a file that was deleted, or is beyond reading, served nothing
                yield Stage(at, standing.model, standing.strategy, revision)

    @cached_property
    def _changes(self) -> dict[str, list[tuple[str, datetime]]] | Missing:
        """By path, the commits that changed it with their times, oldest first."""
        try:
            asked = ("rev-parse", "--is-shallow-repository", f"{self.revision}^{{commit}}")
            told = run(self.root, *asked, check=False)
            if told.stdout.startswith(b"true"):
                return Missing("this clone is shallow: fetch it whole (actions/checkout: fetch-depth: 0)")
            if told.returncode == 0:
                return self._read()
            if self.revision == "HEAD":
                return {}  # in no repository, or before its first commit: nothing was ever released
            return Missing(f"git knows no commit {self.revision}")
        except (PlatformRefused, UsageError) as error:
            return Missing(f"git cannot be asked: {error.problems[0].what}")

    def _read(self) -> dict[str, list[tuple[str, datetime]]]:
        arguments = ("log", "--first-parent", "-m", "--name-only", "--no-renames", "--relative", "-z")
        told = run(self.root, *arguments, "--format=%x01%H %cI", self.revision, "--", *self.paths)
        found: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
        revision, at = "", datetime.now(UTC)
        for word in told.stdout.decode(errors="replace").split("\0"):
            if (text := word.lstrip("\n")).startswith("\x01"):
                revision, _, when = text[1:].partition(" ")
                at = datetime.fromisoformat(when)
            elif text:
                found[text].insert(0, (revision, at))
        return dict(found)

    @cached_property
    def _edited(self) -> frozenset[str]:
        """Files that are not as in the revision."""
        if self.exact:
            return self.rewritten
        told = run(
            self.root, "diff", "--name-only", "--relative", "-z", self.revision, "--", *self.paths
        ).stdout
        return self.rewritten.union(told.decode(errors="replace").split("\0"))


def _merged(stages: list[Stage]) -> Iterator[Stage]:
    """Without those that only touched something else in the file."""
    last: Stage | None = None
    for stage in stages:
        if last is None or (stage.model, stage.strategy) != (last.model, last.strategy):
            yield stage
            last = stage
