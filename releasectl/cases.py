"""What the rules are to judge: a case for every release, with its models, their champions and its history."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from releasectl.arrival import Arrival, arrival
from releasectl.evidence import Evidence, documents
from releasectl.model import CommitId, Dag, Json, Lock, Missing, Release, Rendered, Repository, Revocation
from releasectl.ours import Ours, kept
from releasectl.policy import Case, First, Model, Stage
from releasectl.renewals import Grants
from releasectl.revocation import CANDIDATE, EASTERNMOST, MODEL, refusals
from releasectl.webhook import take_apart

Remembered = Callable[[Sequence[Revocation], Container[CommitId]], tuple[Revocation, ...]]
Timeline = Callable[[Release], tuple[Stage, ...] | Missing]

NOTHING_BEFORE = First("no model served before it")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a verdict depends on beside the files: the time, and what git remembers.

    `revoked` is what was revoked before, where the files may revoke more: that serves no more either, and is
    the measure of what takes its place all the same. `ours` is what counted so before, where they may add.
    `remembered` adds to revocations what locks told that are there no more.
    """

    now: datetime
    timeline: Timeline
    grants: Grants = frozenset
    revoked: tuple[Revocation, ...] | None = None
    ours: Ours | None = None
    remembered: Remembered = lambda revoked, _: tuple(revoked)


@dataclass(slots=True)
class _Casebook:
    """One run: evidence is checked once for each lock, and releases share their models."""

    repository: Repository
    circumstances: Circumstances
    documents: Mapping[str, tuple[Json, ...]]
    dags: Mapping[str, Dag]
    checked: dict[CommitId, Evidence] = field(default_factory=dict)
    models: dict[tuple[str, CommitId, CommitId | First | Missing], Model] = field(default_factory=dict)

    def case(self, release: Release) -> Case:
        repository, environment = self.repository, self.repository.environments[release.environment]
        base = f"environments/{release.environment}/rendered/{release.name}"
        tried = repository.comparisons.get(f"{release.environment}/{release.name}", {})
        timeline = self.circumstances.timeline(release)
        deployment = self.documents[f"{base}.yaml"][0]
        locks = tuple(repository.locks[commit] for commit in release.commits)
        arrivals = [
            timeline if isinstance(timeline, Missing) else arrival(timeline, commit)
            for commit in release.commits
        ]
        return Case(
            release=release,
            environment=environment,
            locks=locks,
            deployment=deployment,
            manifest=take_apart(deployment),
            detectors=self.documents.get(f"{base}.detectors.yaml", ()),
            revoked=repository.revoked,
            models=tuple(
                self._model(pointer, lock, self._champion(came))
                for pointer, lock, came in zip((MODEL, CANDIDATE), locks, arrivals, strict=False)
            ),
            trials=tuple(came if isinstance(came, Missing) else came.trial for came in arrivals),
            known=repository.locks,
            environments=repository.environments,
            dags=self.dags,
            timeline=timeline,
            comparisons={
                candidate: {strategy: source.data for strategy, source in records.items()}
                for candidate, records in tried.items()
            },
            platform=repository.platforms.get(
                environment.platform, Missing(f"there is no platform {environment.platform}")
            ),
            now=self.circumstances.now,
        )

    def _model(self, pointer: str, lock: Lock, champion: Lock | First | Missing) -> Model:
        """A champion is looked at for what it is, not for what it replaced."""
        key = pointer, lock.commit, champion.commit if isinstance(champion, Lock) else champion
        if key not in self.models:
            beside = self._model("", champion, NOTHING_BEFORE) if isinstance(champion, Lock) else champion
            self.models[key] = Model(pointer, lock, self._evidence(lock), beside)
        return self.models[key]

    def _evidence(self, lock: Lock) -> Evidence:
        if lock.commit not in self.checked:
            self.checked[lock.commit] = documents(lock)
        return self.checked[lock.commit]

    def _champion(self, came: Arrival | Missing) -> Lock | First | Missing:
        """The latest that was not revoked by then; if all were, the latest: everybody has a measure."""
        if isinstance(came, Missing):
            return came
        given, day = self.circumstances.revoked, (came.at.astimezone(UTC) + EASTERNMOST).date()
        known = self.repository.revoked if given is None else given
        revoked = [revocation for revocation in known if revocation.date <= day]
        for commit in came.before:
            if commit not in self.repository.locks:
                return Missing(f"it replaced {commit}, whose lock is no longer in releases/models")
            lock = self.repository.locks[commit]
            if next(refusals(lock, revoked), None) is None:
                return lock
        return self.repository.locks[came.before[0]] if came.before else NOTHING_BEFORE


def dags(repository: Repository, rendered: Sequence[Rendered]) -> dict[str, Dag]:
    """With the pipelines that were rendered just now; where none were, those on disk do."""
    specs = {file.path: file.documents[0] for file in rendered if file.path.startswith("pipelines/")}

    def pipelines(dag: Dag) -> frozenset[str]:
        folder = f"pipelines/{dag.name}/"
        return frozenset(spec["pipeline"]["name"] for path, spec in specs.items() if path.startswith(folder))

    return {
        name: replace(dag, pipelines=pipelines(dag) or dag.pipelines) for name, dag in repository.dags.items()
    }


def with_memory(repository: Repository, given: Circumstances) -> Repository:
    """Who removes the lock that tells what was revoked does not shed it."""
    return replace(repository, revoked=given.remembered(repository.revoked, repository.locks))


def cases(
    repository: Repository, rendered: Sequence[Rendered], circumstances: Circumstances
) -> Iterator[Case]:
    """What each release has to show for itself, in the order of the repository."""
    documents = {file.path: file.documents for file in rendered}
    found = dags(repository, rendered)
    known = found if circumstances.ours is None else kept(found, circumstances.ours)
    casebook = _Casebook(repository, circumstances, documents, known)
    return (casebook.case(release) for release in repository.releases)
