"""Two commits -> what a reviewer needs to know of the difference; the newer one is data and never run."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from releasectl import githistory
from releasectl.ahead import Ahead
from releasectl.errors import InvalidInput, PlatformRefused, Problem, ReleaseError
from releasectl.githistory import GitChange
from releasectl.load import load
from releasectl.model import Lock, Missing, Release, Rendered, Repository
from releasectl.past import lock_of
from releasectl.plan import PIPELINES
from releasectl.policy import Finding
from releasectl.ports import Cluster
from releasectl.reading import FOLDERS
from releasectl.render import manifests, specs
from releasectl.revert import prove
from releasectl.revert.scratch import scratch
from releasectl.review import codeowners
from releasectl.review.live import Clusters, inputs, said_by_clusters
from releasectl.review.models import compared
from releasectl.review.values import Judged, Live, ReleaseReview, Revert, Review, Row, Told

PLATFORMS = "environments/platforms/"
INPUTS = tuple(f"{folder}/" for folder in FOLDERS)  # nothing else can change what is rendered, or serves


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge says; `denied` also where it refuses the difference itself."""

    denied: bool
    findings: Sequence[Finding] = ()
    standing: Sequence[Finding] = ()
    delta: tuple[Told, ...] = ()
    notices: tuple[Told, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """The files of one commit, as far as they can be read."""

    repository: Repository | None
    rendered: tuple[Rendered, ...]
    problems: tuple[Problem, ...]

    def release(self, target: str) -> Release | None:
        found = self.repository.releases if self.repository else ()
        return next((each for each in found if f"{each.environment}/{each.name}" == target), None)

    @property
    def targets(self) -> set[str]:
        found = self.repository.releases if self.repository else ()
        return {f"{each.environment}/{each.name}" for each in found}


def review(
    root: Path,
    base: str,
    judging: Ahead[Verdict],
    clusters: Clusters | None,
    *,
    now: datetime,
    head: str | None = None,
) -> Review:
    """From `base` to HEAD of `root`, shown as `head`; without `clusters` nothing is asked of what is live.

    What the clusters have against the files, such as a lock that Pachyderm contradicts, denies as well.
    """
    changed = githistory.changes(root, base, "HEAD")
    files = tuple(change.path for change in changed)
    before = after = Side(None, (), ())
    if any(file.startswith(INPUTS) for file in files):
        dags = any(file.startswith(inputs(PIPELINES)) for file in files)
        after = read(root, now, dags=dags)
        with scratch(root, base) as copy:
            before = read(copy.root, now, dags=dags)
    clusters = _known_to_the_base(clusters, files)
    told: list[Live] = []
    contradicted: list[Problem] = []
    if clusters is not None and after.repository is not None:
        for live, against in said_by_clusters(after.repository, after.rendered, files, clusters):
            told.append(live)
            contradicted += against
    rules = githistory.content(root, base, codeowners.FILE) or b""
    verdict = judging.result()
    problems = [*verdict.problems, *after.problems, *contradicted]
    return Review(
        base=base,
        head=head or githistory.commit_id(root, "HEAD"),
        denied=verdict.denied or bool(problems),
        releases=tuple(_releases(root, before, after, files)),
        training=tuple(_training(before, after)),
        files=files,
        problems=_told(dict.fromkeys(problems)),
        findings=tuple(judged(finding) for finding in verdict.findings),
        standing=tuple(judged(finding) for finding in verdict.standing),
        delta=verdict.delta,
        notices=verdict.notices,
        approvals=codeowners.approvals(codeowners.parse(rules.decode(errors="replace")), files),
        revert=_revert(root, changed, after, clusters, now),
        live=tuple(told),
        manifests=_manifests(before, after),
    )


def _known_to_the_base(clusters: Clusters | None, files: Sequence[str]) -> Clusters | None:
    """A difference that says where a cluster is would be given the token of whoever asks there."""
    named = next((file for file in files if file.startswith(PLATFORMS)), None)
    if clusters is None or named is None:
        return clusters

    def nobody(_: str) -> Cluster:
        what = "says where the cluster is, so nobody was asked: it would be told the token as well"
        raise PlatformRefused.at(named, what, "merge it on its own first, then what is to go there")

    return nobody


def read(root: Path, now: datetime, *, dags: bool) -> Side:
    """One side of the difference; what is wrong with it, if it cannot be read. `dags` may differ, or not."""
    try:
        repository = load(root, now=now)
        rendered = (*manifests(repository), *(specs(repository) if dags else ()))
        return Side(repository, rendered, ())
    except InvalidInput as error:
        return Side(None, (), error.problems)


def judged(finding: Finding) -> Judged:
    """A finding as plain values."""
    waiver = finding.waiver
    return Judged(
        rule=finding.rule,
        title=finding.title,
        strictness=str(finding.strictness),
        release=finding.release,
        place=str(finding.place),
        message=finding.message,
        remedy=finding.remedy,
        waived=f"by {waiver.approver} until {waiver.expires}: {waiver.reason}" if waiver else "",
    )


def _releases(root: Path, before: Side, after: Side, files: Sequence[str]) -> Iterator[ReleaseReview]:
    """What is not sound has no other side to compare; its problems are told instead."""
    if before.repository is None or after.repository is None:
        return

    def locks(commit: str) -> Lock | Missing:
        for side in (after, before):
            if side.repository and commit in side.repository.locks:
                return side.repository.locks[commit]
        return lock_of(root, commit)

    for target in sorted(before.targets | after.targets):
        old, new = before.release(target), after.release(target)
        if old != new or f"releases/{target}.yaml" in files:
            yield compared(target, old, new, locks)


def _training(before: Side, after: Side) -> Iterator[Row]:
    sides = [side.repository.dags if side.repository else {} for side in (before, after)]
    for name in sorted({*sides[0], *sides[1]}):
        commits = [dags[name].training.commit if name in dags else "" for dags in sides]
        if commits[0] != commits[1]:
            training = (sides[1].get(name) or sides[0][name]).training
            yield Row(f"{name}: dataset {training.repo}", commits[0], commits[1])


def _told(problems: Mapping[Problem, None]) -> tuple[Told, ...]:
    return tuple(Told(each.where, each.what, each.remedy) for each in problems)


def _revert(
    root: Path, changed: Sequence[GitChange], after: Side, clusters: Clusters | None, now: datetime
) -> Revert:
    if not any(change.path.startswith("releases/") for change in changed):
        return Revert("not needed", ("no release changes",))
    if after.problems:
        return Revert("unproven", ("the files are not sound",))
    if clusters is None:
        return Revert(
            "unproven",
            ("nobody asked Pachyderm: `releasectl review --live` does, or `releasectl prove-revert`",),
        )
    try:
        proof = prove(root, "HEAD", clusters, now=now, with_plan=False)
    except ReleaseError as error:
        return Revert("unproven", tuple(f"{each.where}: {each.what}" for each in error.problems))
    words = [f"{move.target}: back to {_standing(move.after)}" for move in proof.moves]
    words += [f"{each.where}: {each.what}" for each in (*proof.reasons, *proof.unseen, *proof.remains)]
    return Revert(str(proof.verdict), (*words, *proof.notes))


def _standing(standing: object) -> str:
    model = getattr(standing, "model", None)
    return "no release" if model is None else str(model)


def _manifests(before: Side, after: Side) -> str:
    """Of everything generated but the schemas: what is applied is rendered anew, whatever is committed."""
    if before.repository is None or after.repository is None:
        return ""
    old, new = (
        {file.path: file.text for file in side.rendered if "/rendered/" in file.path}
        for side in (before, after)
    )
    found: list[str] = []
    for path in sorted(path for path in {*old, *new} if old.get(path) != new.get(path)):
        lines = old.get(path, "").splitlines(), new.get(path, "").splitlines()
        found += difflib.unified_diff(lines[0], lines[1], f"a/{path}", f"b/{path}", lineterm="", n=2)
    return "\n".join(found)
