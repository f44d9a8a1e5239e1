"""The states of a candidate's trial: how it begins, where promotion leads next, and how it is broken off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from releasectl.errors import InvalidInput
from releasectl.model import CommitId, Json, Release, Strategy

DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class State:
    """What a release file says of its models: the one that answers, and the strategy with its candidate."""

    model: CommitId
    strategy: Mapping[str, Json]


def beginning(strategy: str, candidate: CommitId, steps: Sequence[int]) -> Mapping[str, Json]:
    """A canary begins with the first step of its environment; the others with their own defaults."""
    fields: dict[str, Json] = {"type": strategy, "candidate": candidate}
    return fields | {"traffic": steps[0]} if strategy == "canary" else fields


def promoted(release: Release, steps: Sequence[int]) -> State:
    """One step on: shadow -> canary -> more of it -> direct, where the candidate is the model."""
    strategy = release.strategy
    if strategy.candidate is None:
        raise InvalidInput.at(
            release.source.place("/strategy"),
            f"{_target(release)} has no candidate to promote: its strategy is {strategy.type}",
            f"put one on trial: `releasectl release {release.name} --env {release.environment} --commit C "
            "--strategy shadow`",
        )
    further = _NEXT.get(strategy.type, _nothing)(strategy, steps)
    if further is None:
        return State(strategy.candidate, {"type": DIRECT})
    return State(release.model, {"type": "canary", "candidate": strategy.candidate, "traffic": further})


def aborted(release: Release) -> State:
    """Back to the model alone, which never stopped answering."""
    if release.strategy.candidate is None:
        raise InvalidInput.at(
            release.source.place("/strategy"),
            f"{_target(release)} has no trial to abort: its strategy is {release.strategy.type}",
            "to take the model itself back, revert its commit: `releasectl prove-revert` rehearses that",
        )
    return State(release.model, {"type": DIRECT})


def share(strategy: Strategy) -> str:
    """`canary 25 %`: the strategy and the candidate's share."""
    amount = strategy.mirror if strategy.mirror is not None else strategy.traffic
    return strategy.type if amount is None else f"{strategy.type} {amount} %"


def _first(_: Strategy, steps: Sequence[int]) -> int | None:
    return steps[0]


def _more(strategy: Strategy, steps: Sequence[int]) -> int | None:
    return next((step for step in steps if step > (strategy.traffic or 0)), None)


def _nothing(_: Strategy, __: Sequence[int]) -> int | None:
    return None


# The share that a candidate gets next; a strategy that is not here ends with its first promotion.
_NEXT: Mapping[str, Callable[[Strategy, Sequence[int]], int | None]] = {"shadow": _first, "canary": _more}


def _target(release: Release) -> str:
    return f"{release.environment}/{release.name}"
