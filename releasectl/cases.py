"""What the rules are to judge: a case for every release, with its models, their champions and its history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from releasectl.evidence import documents
from releasectl.model import CommitId, Json, Lock, Missing, Release, Rendered, Repository
from releasectl.policy import Case, First, Model, Stage
from releasectl.renewals import Grants
from releasectl.revocation import refusals

Timeline = Callable[[Release], tuple[Stage, ...] | Missing]

NOTHING_BEFORE = First("no model served before it")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a verdict depends on beside the files: the time, and what git remembers."""

    now: datetime
    timeline: Timeline
    grants: Grants = frozenset


@dataclass(slots=True)
class _Casebook:
    """One run: evidence is checked once for each lock."""

    repository: Repository
    circumstances: Circumstances
    documents: Mapping[str, tuple[Json, ...]]
    checked: dict[CommitId, Mapping[str, Json | Missing]] = field(default_factory=dict)

    def case(self, release: Release) -> Case:
        repository, environment = self.repository, self.repository.environments[release.environment]
        base = f"environments/{release.environment}/rendered/{release.name}"
        timeline = self.circumstances.timeline(release)
        locks = tuple(repository.locks[commit] for commit in release.commits)
        champions = (self._champion(timeline, release.model), locks[0])
        return Case(
            release=release,
            environment=environment,
            locks=locks,
            deployment=self.documents[f"{base}.yaml"][0],
            detectors=self.documents.get(f"{base}.detectors.yaml", ()),
            revoked=repository.revoked,
            models=tuple(
                self._model(pointer, lock, champion)
                for pointer, lock, champion in zip(
                    ("/model", "/strategy/candidate"), locks, champions, strict=False
                )
            ),
            known=repository.locks,
            environments=repository.environments,
            timeline=timeline,
            comparisons=repository.comparisons.get(f"{release.environment}/{release.name}", {}),
            platform=repository.platforms.get(
                environment.platform, Missing(f"there is no platform {environment.platform}")
            ),
            now=self.circumstances.now,
        )

    def _model(self, pointer: str, lock: Lock, champion: Lock | First | Missing) -> Model:
        if lock.commit not in self.checked:
            self.checked[lock.commit] = documents(lock)
        before = self._model("", champion, NOTHING_BEFORE) if isinstance(champion, Lock) else champion
        return Model(pointer, lock, self.checked[lock.commit], before)

    def _champion(self, timeline: tuple[Stage, ...] | Missing, commit: CommitId) -> Lock | First | Missing:
        """What served when the commit first came; a model that is back after a revert is no challenger."""
        if isinstance(timeline, Missing):
            return timeline
        for before in reversed(_served_before(timeline, commit)):
            if before not in self.repository.locks:
                return Missing(f"it replaced {before}, whose lock is no longer in releases/models")
            lock = self.repository.locks[before]
            if next(refusals(lock, self.repository.revoked), None) is None:
                return lock
        return NOTHING_BEFORE


def _served_before(timeline: Sequence[Stage], commit: CommitId) -> list[CommitId]:
    served: list[CommitId] = []
    for stage in timeline:
        if stage.model == commit:
            break
        served.append(stage.model)
        if stage.strategy.candidate == commit:
            break
    return served


def cases(
    repository: Repository, rendered: Sequence[Rendered], circumstances: Circumstances
) -> Iterator[Case]:
    """What each release has to show for itself, in the order of the repository."""
    casebook = _Casebook(repository, circumstances, {file.path: file.documents for file in rendered})
    return (casebook.case(release) for release in repository.releases)
