"""What a revert leaves on trial: the model that is taken back may be the candidate of the state before."""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.errors import Problem
from releasectl.model import Missing, Strategy
from releasectl.past import Standing


def remains(target: str, before: Standing | Missing, after: Standing | Missing) -> Iterator[Problem]:
    """Nothing if the trial that goes on is not that of the commit which is taken back."""
    if isinstance(before, Missing) or isinstance(after, Missing) or before == after:
        return
    candidate = after.strategy.candidate
    if candidate is None or candidate not in before.commits:
        return
    role = "model" if candidate == before.model else "candidate"
    environment = target.partition("/")[0]
    yield Problem(
        target,
        f"the {role} that you take back, {candidate[:12]}, would still {_part(after.strategy)}",
        f"to take it off altogether, end its trial then: `releasectl abort {target}`, commit that, "
        f"`releasectl apply {environment}`",
    )


def _part(strategy: Strategy) -> str:
    if strategy.mirror is not None:
        return f"get a copy of {strategy.mirror} % of the requests"
    return f"answer {strategy.traffic} % of the requests" if strategy.traffic else "be on trial"
