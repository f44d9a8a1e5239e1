"""Rehearses `git revert` of a release without touching anything: would it be safe, and what would it do?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from shlex import quote

from releasectl.githistory import content, log
from releasectl.model import Missing, Release
from releasectl.past import Standing, releases_at
from releasectl.plan import PIPELINES, Plan
from releasectl.revert.evidence import Clusters, Evidence, of_releases, plans
from releasectl.revert.notes import notes_on
from releasectl.revert.remains import remains
from releasectl.revert.scratch import scratch
from releasectl.revert.state import state_after
from releasectl.revert.subject import subject_of
from releasectl.revert.values import Conflict, Move, Proof, State, Subject, Verdict


def prove(
    root: Path,
    revision: str,
    clusters: Clusters,
    *,
    now: datetime,
    mainline: int | None = None,
    with_plan: bool = True,
) -> Proof:
    """Raises for a revision that cannot be reverted as a release; all else is told in the proof."""
    subject = subject_of(root, revision, mainline)
    planned: Mapping[str, Plan | Missing] = {}
    with scratch(root, log(root, limit=1)[0].id) as copy:
        state = state_after(copy, subject, now=now)
        moves = tuple(_moves(root, subject, state))
        evidence = _evidence(state, moves, clusters, now)
        if with_plan and not state.problems and not evidence.reasons:
            planned, refused = _plans(state, moves, subject, clusters)
            evidence = evidence.with_(refused)
    reasons = (*state.problems, *evidence.reasons)
    return Proof(
        subject=subject,
        moves=moves,
        conflicts=state.conflicts,
        reasons=reasons,
        unseen=evidence.unseen,
        remains=tuple(each for move in moves for each in remains(move.target, move.before, move.after)),
        notes=notes_on(root, subject, state, moves),
        plans=planned,
        commands=() if reasons else tuple(_commands(subject, state, moves)),
        patch=state.patch,
    )


def _moves(root: Path, subject: Subject, state: State) -> Iterator[Move]:
    """The releases that the commit touched, and any other that its revert changes."""
    if isinstance(state.repository, Missing):
        return
    before = releases_at(root, "HEAD")
    after = {
        f"{release.environment}/{release.name}": Standing(release.model, release.strategy)
        for release in state.repository.releases
    }
    absent = Missing("it is not there")
    texts = {file.path: file.text for file in state.rendered}
    for target in sorted({*before, *after, *subject.targets}):
        old, new = before.get(target, absent), after.get(target, absent)
        if target in subject.targets or old != new:
            environment, _, name = target.partition("/")
            path = f"environments/{environment}/rendered/{name}.yaml"
            past = content(root, subject.parent, path)
            as_before = texts.get(path) == (None if past is None else past.decode(errors="replace"))
            yield Move(target, old, new, as_before)


def _changed(state: State, moves: tuple[Move, ...]) -> tuple[Release, ...]:
    """The releases that serve something after the revert."""
    if isinstance(state.repository, Missing):
        return ()
    targets = {move.target for move in moves if not isinstance(move.after, Missing)}
    return tuple(each for each in state.repository.releases if f"{each.environment}/{each.name}" in targets)


def _evidence(state: State, moves: tuple[Move, ...], clusters: Clusters, now: datetime) -> Evidence:
    if isinstance(state.repository, Missing):
        return Evidence((), ())
    return of_releases(state.repository, state.rendered, _changed(state, moves), clusters, now)


def _plans(
    state: State, moves: tuple[Move, ...], subject: Subject, clusters: Clusters
) -> tuple[Mapping[str, Plan | Missing], Evidence]:
    if isinstance(state.repository, Missing):
        return {}, Evidence((), ())
    targets = {move.target.partition("/")[0] for move in moves} & state.repository.environments.keys()
    if any(change.path.startswith("pipelines/") for change in subject.touched):
        targets |= {PIPELINES}
    return plans(state.repository, state.rendered, targets, clusters)


def _commands(subject: Subject, state: State, moves: tuple[Move, ...]) -> Iterator[str]:
    """What a person types; where the text alone would not do, the patch carries the whole state."""
    short = subject.commit.short
    number = "" if subject.mainline is None else f" -m {subject.mainline}"
    if state.plain:
        yield f"git revert --no-edit{number} {short}"
    else:
        yield f"releasectl prove-revert {short} --patch revert.patch"
        yield "git apply --index revert.patch && rm revert.patch"
        title, body = f'Revert "{subject.commit.subject}"', f"This reverts commit {subject.commit.id}."
        yield f"git commit -m {quote(title)} -m {quote(body)}"
    if any(change.path.startswith("pipelines/") for change in subject.touched):
        yield f"releasectl apply {PIPELINES}"
    for environment in sorted({move.target.partition("/")[0] for move in moves}):
        yield f"releasectl apply {environment}"


__all__ = ["Conflict", "Move", "Proof", "State", "Subject", "Verdict", "prove"]
