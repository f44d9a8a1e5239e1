"""The base judges the difference: see `basejudge`; nothing that came with the difference has a say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from releasectl.basejudge import check_by_base
from releasectl.checked import failed
from releasectl.errors import InvalidInput, PolicyDenied
from releasectl.policy import Notice
from releasectl.review.build import Verdict
from releasectl.review.values import Told


def judge_difference(root: Path, base: str, *, now: datetime) -> Verdict:
    """What cannot be judged is denied, with its reasons."""
    try:
        found = check_by_base(root, base, now=now)
    except (InvalidInput, PolicyDenied) as error:
        return Verdict(denied=True, problems=error.problems)
    return Verdict(
        denied=not found.ok,
        findings=found.findings,
        standing=found.standing,
        delta=_told(found.delta),
        notices=_told(found.notices),
        problems=(*found.refused, *failed(found.faults, "mend its module, in the base")),
    )


def _told(notices: Iterable[Notice]) -> tuple[Told, ...]:
    return tuple(Told(str(each.place), each.what, each.remedy) for each in notices)
