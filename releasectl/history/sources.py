"""What git and the records say of one release, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from releasectl import ledger
from releasectl.errors import BackendUnreachable, PlatformRefused
from releasectl.githistory import exists, log, mainline
from releasectl.ledger import Record
from releasectl.model import Missing
from releasectl.past import Standing, Version, path_of, standings, strategy_of, versions
from releasectl.ports import VersionedData


@dataclass(frozen=True, slots=True)
class Sources:
    """Oldest first. `standings` is what the file said at each applied commit, `positions` the place of every
    commit on the main line, counted from its end.
    """

    root: Path
    target: str
    known: tuple[Version, ...]
    records: tuple[Record, ...]
    unread: Missing | None
    standings: Mapping[str, Standing | Missing]
    positions: Mapping[str, int]

    @property
    def name(self) -> str:
        return self.target.partition("/")[2]

    def concerns(self, record: Record) -> bool:
        """Does the record say anything of this release?"""
        return self.name in record.models or self.touched(record)

    def touched(self, record: Record) -> bool:
        """Did that apply change the release's deployment?"""
        ending = f"/{self.name}"
        resources = (str(change.get("resource", "")) for change in record.changes)
        return any(each.startswith("SeldonDeployment ") and each.endswith(ending) for each in resources)

    def recorded(self, record: Record) -> Standing | Missing:
        """What the record says it brought; the strategy is git's where an older record has none."""
        model = record.models.get(self.name)
        if model is None:
            return Missing("the record names no model")
        if self.name in record.strategies:
            return Standing(model, strategy_of(record.strategies[self.name]))
        standing = self.said(record)
        return Standing(model, strategy_of(None) if isinstance(standing, Missing) else standing.strategy)

    def said(self, record: Record) -> Standing | Missing:
        """What the file said at the commit that was applied."""
        commit = record.git_commit
        return commit if isinstance(commit, Missing) else self.standings[commit]

    def version_at(self, record: Record) -> Version | Missing:
        """The newest change of the release that the applied commit has."""
        commit = record.git_commit
        if isinstance(commit, Missing):
            return commit
        position = self.positions.get(commit)
        if position is not None:
            held = [each for each in self.known if self.positions[each.commit.id] >= position]
            return held[-1] if held else Missing(f"no commit up to {commit[:12]} holds this release")
        if not exists(self.root, commit):
            return Missing(f"this clone has no git commit {commit[:12]}")
        for found in log(self.root, path_of(self.target), revision=commit, limit=1):
            return Version(found, found, self.standings[commit])
        return Missing(f"no commit up to {commit[:12]} holds this release")


def gather(root: Path, target: str, data: VersionedData) -> Sources:
    """A platform that does not answer costs the records, not git's side."""
    unread: Missing | None = None
    records: tuple[Record, ...] = ()
    try:
        records = tuple(reversed(ledger.history(data, target.partition("/")[0])))
    except (BackendUnreachable, PlatformRefused) as error:
        unread = Missing(f"the records of applies cannot be read: {error.problems[0].what}")
    applied = {record.git_commit for record in records if isinstance(record.git_commit, str)}
    found = standings(root, [(commit, target) for commit in applied])
    return Sources(
        root=root,
        target=target,
        known=tuple(reversed(versions(root, target))),
        records=records,
        unread=unread,
        standings={commit: standing for (commit, _), standing in found.items()},
        positions=mainline(root),
    )
