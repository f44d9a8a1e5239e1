"""The rollback lane: rules of today do not close the way back to what has served.

What served may break a rule that came later, or a limit that was lowered since. In the hours after a
rollback, which is when nobody has the time to argue, such a finding is advice; after them it is what the
environment makes of it, so that the old model is not the end of the story. Only what stood exactly so, model
and strategy, comes back this way, as a shadow answered nobody and opens nothing to a canary; and nothing that
was itself rolled back from, or past. What was back before has the lane again only after a model that had
never served until then, or two models in turn would keep it open for ever. Rules that no environment can
change hold all the same, a revocation above all, and so does every rule that looks at files alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from releasectl.model import CommitId, Environment, Missing, Strategy
from releasectl.policy import Case, Finding, Need, Notice, Rule, Stage, Strictness

HOURS: Final = 72  # where policy.yaml has no `rollback_hours`
ABOUT_THE_MODEL: Final = {Need.EVIDENCE, Need.HISTORY}


def hours(environment: Environment) -> int:
    """How long the lane is open after a rollback; 0: never."""
    return int(environment.policy.data.get("rollback_hours", HOURS)) if environment.policy else HOURS


def until(case: Case) -> datetime | None:
    """When the lane of this release closes, if it is open at all."""
    if isinstance(case.timeline, Missing) or (back := back_since(case.timeline)) is None:
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
    first, last = past.index(current), len(past) - 1 - past[::-1].index(current)
    rolled_back_past = any(past.index(state) < first for state in past[last + 1 :])
    models = {model for model, _ in past[:last]}
    nothing_new = first < last and all(model in models for model, _ in past[last + 1 :])
    return None if rolled_back_past or nothing_new else at


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


def _state(stage: Stage) -> tuple[CommitId, Strategy]:
    return stage.model, stage.strategy
