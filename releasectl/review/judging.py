"""The judge's word on a difference of two commits."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from releasectl.errors import InvalidInput
from releasectl.judge import assess, circumstances, denied
from releasectl.load import load
from releasectl.render import render
from releasectl.review.build import Verdict


def judge_difference(root: Path, base: str, *, now: datetime) -> Verdict:
    try:
        repository = load(root, now=now)
        found = assess(repository, render(repository), circumstances(root, now, base))
    except InvalidInput as error:
        return Verdict(denied=True, problems=error.problems)
    return Verdict(bool(denied(found.findings)), found.findings)
