"""The rollback lane: rules of today do not close the way back to what has served.

What served may break a rule that came later, or a limit that was lowered since. In the hours after a
rollback, which is when nobody has the time to argue, such a finding is advice; after them it is what the
environment makes of it, so that the old model is not the end of the story. Only what stood exactly so, model
and strategy, comes back this way, as a shadow answered nobody and opens nothing to a canary; and nothing that
was itself rolled back from, or past, whatever trial that rollback began, and be it that its rival came back
as a candidate. What was back before has the lane again only after a model that had never served until then,
or two models in turn would keep it open for ever; a candidate with half of the traffic has served.
Rules that no environment can change hold all the same, a revocation above all, and so does every rule that
looks at files alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from releasectl.model import CommitId, Environment, Missing, Strategy
from releasectl.policy import Case, Finding, Need, Notice, Rule, Stage, Strictness

HOURS: Final = 72  # where policy.yaml has no `rollback_hours`
ABOUT_THE_MODEL: Final = {Need.EVIDENCE, Need.HISTORY}
HALF: Final = 50  # per cent of the traffic
WRONG_CLOCK: Final = timedelta(days=1)  # a date beyond would keep the lane open until then
State = tuple[CommitId, Strategy]


def hours(environment: Environment) -> int:
    """How long the lane is open after a rollback; 0: never."""
    return int(environment.policy.data.get("rollback_hours", HOURS)) if environment.policy else HOURS


def until(case: Case) -> datetime | None:
    """When the lane of this release closes, if it is open at all."""
    if isinstance(case.timeline, Missing) or (back := back_since(case.timeline)) is None:
        return None
    if back > case.now + WRONG_CLOCK:
        return None
    end = back + timedelta(hours=hours(case.environment))
    return end if case.now < end else None


def back_since(timeline: Sequence[Stage]) -> datetime | None:
    """Since when a release is back at a state that only later ones have replaced; None if it is not."""
    states = [(key, next(stages).at) for key, stages in groupby(timeline, key=_state)]
    if not states:
        return None
    (*past, current), at = [key for key, _ in states], states[-1][1]
    if current not in past:
        return None
    before, since = past[: past.index(current)], past[_last(past, current) + 1 :]
    rolled_back_past = any(_takes_back(state, current, before) for state in since)
    stood = [(state, [state]) for state in (*past, current)]
    runs = [(model, [*run]) for model, run in groupby((*past, current), key=lambda state: state[0])]
    # A trial that begins beside a model makes it no other.
    once_more = _once_more(stood) or _once_more(runs)
    return None if rolled_back_past or once_more else at


def _takes_back(later: State, state: State, before: Sequence[State]) -> bool:
    """Whether a later state is one from before, or a model of then with less of what this one brought."""
    model, strategy = state
    brought = strategy.candidate or model
    known = _served(before) | ({model} - {brought})  # a trial is taken back to what it began beside
    returns = any(_share(later, each) > 0 for each in known)
    return later in before or (returns and _share(later, brought) < _share(state, brought))


def _share(state: State, commit: CommitId) -> int:
    """How far a commit has come, in per cent: a candidate that answers nobody is still more than none."""
    model, strategy = state
    if commit == model:
        return 100
    return (strategy.traffic or 0) if commit == strategy.candidate else -1


def _served(states: Iterable[State]) -> set[CommitId]:
    """Models that stood alone or had a candidate beside them, and candidates that got half of the traffic."""
    found: set[CommitId] = set()
    for model, strategy in states:
        found.add(model)
        if strategy.candidate and (strategy.traffic or 0) >= HALF:
            found.add(strategy.candidate)
    return found


def _once_more(stood: Sequence[tuple[object, Sequence[State]]]) -> bool:
    """Whether what stands now was back before, and since then only what had served by then.

    A model that leaves most of the traffic to its candidate is nothing new.
    """
    *past, current = [key for key, _ in stood]
    if current not in past:
        return False
    last = _last(past, current)
    served = _served(state for _, states in stood[:last] for state in states)
    since = {
        model
        for _, states in stood[last + 1 : -1]
        for model, strategy in states
        if (strategy.traffic or 0) <= HALF
    }
    return past.index(current) < last and served >= since


def _last(past: Sequence[object], each: object) -> int:
    return len(past) - 1 - past[::-1].index(each)


def eased(rule: Rule, finding: Finding, case: Case) -> Finding:
    """A finding that would deny, as advice as long as the lane is open."""
    if finding.strictness is not Strictness.DENY or rule.fixed or not ABOUT_THE_MODEL & {*rule.needs}:
        return finding
    end = until(case)
    if end is None:
        return finding
    moment = f"{end.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    message = f"{finding.message} (advice after a rollback, denied from {moment})"
    return replace(finding, strictness=Strictness.ADVISE, message=message, eased_until=moment)


def notices(findings: Sequence[Finding]) -> Iterator[Notice]:
    """What somebody has to see to before the lanes close, once for each release."""
    later: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.eased_until and finding.waiver is None:
            later.setdefault(finding.release, []).append(finding)
    for release, found in later.items():
        rules = ", ".join(sorted({finding.rule for finding in found}))
        what = f"{release} is back at an earlier model, denied from {found[0].eased_until} on by {rules}"
        yield Notice(found[0].place, what, "release a model that passes before then, or ask for waivers")


def _state(stage: Stage) -> State:
    return stage.model, stage.strategy
