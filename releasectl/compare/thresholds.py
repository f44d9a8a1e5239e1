"""What a candidate is held to: the limits of SHAD-001, which an environment's policy may set otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from releasectl.errors import InvalidInput, Problem
from releasectl.model import Json

CRITERIA = ("agreement", "psi", "ks", "p99", "errors", "accuracy", "groups")
REQUIRED = ("agreement", "psi", "ks", "p99", "errors")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`required` criteria must pass before a promotion; the others can only stop one.

    Two models that are not the same seldom agree in 98 of 100 cases, and the one may still be the better one.
    So `agreement` is a matter of policy, and `labels_decide` lets known outcomes outvote it: a candidate that
    is shown to lose at most `accuracy_loss` may then disagree.
    """

    agreement: float = 0.98  # share of equal classes, at least
    agreement_margin: float = 0.01  # how far below `agreement` a candidate must be found out
    labels_decide: bool = False
    accuracy_loss: float = 0.005  # of the candidate against the model, where outcomes are known
    psi: float = 0.1
    psi_bins: int = 10
    ks: float = 0.05
    p99_ratio: float = 1.2  # of the candidate's latency to the model's
    error_points: float = 0.1  # percentage points that the candidate's error rate may be higher
    group_gap: float = (
        0.02  # between the groups of one column: how differently their selection rates may change
    )
    group_size: int = 100  # rows of a group that is judged
    confidence: float = 0.95
    power: float = 0.8
    minimum_requests: int | None = None  # in place of the power calculation
    required: tuple[str, ...] = REQUIRED

    @property
    def alpha(self) -> float:
        """The chance of a wrong decision that `confidence` leaves."""
        return 1 - self.confidence


# None of them holds for everything: whoever wants no comparison says so, by the strictness of SHAD-001.
# But the p99 of one machine that does it all, as in the demo, may be anything.
RANGES: Mapping[str, tuple[float, float]] = {
    "agreement": (0.8, 1.0),
    "agreement_margin": (0.0001, 0.05),
    "accuracy_loss": (0.0, 0.1),
    "psi": (0.001, 0.5),
    "psi_bins": (5, 100),
    "ks": (0.001, 0.5),
    "p99_ratio": (0.1, 10_000.0),
    "error_points": (0.001, 10.0),
    "group_gap": (0.0, 0.3),
    "group_size": (1, 1_000),
    "confidence": (0.8, 0.9999),
    "power": (0.5, 0.9999),
    "minimum_requests": (100, 10_000_000),
}
WHOLE = ("psi_bins", "group_size", "minimum_requests")


def read_thresholds(data: Mapping[str, Json], place: Callable[[str], object]) -> Thresholds:
    """`place` says where a parameter stands; raises InvalidInput with every parameter that is wrong."""
    InvalidInput.raise_if(problem for name, value in data.items() for problem in problems(name, value, place))
    values: dict[str, Any] = {**data, **({"required": tuple(data["required"])} if "required" in data else {})}
    return Thresholds(**values)


def problems(name: str, value: Json, place: Callable[[str], object]) -> Iterator[Problem]:
    """What is wrong with one parameter of SHAD-001; `place` says where a parameter stands."""
    where = str(place(name))
    if name not in {field.name for field in fields(Thresholds)}:
        near = get_close_matches(name, RANGES, n=1)
        known = f"did you mean {near[0]}?" if near else f"the parameters are {', '.join(RANGES)}"
        yield Problem(where, f"SHAD-001 has no parameter {name!r}", known)
    elif name == "labels_decide":
        if not isinstance(value, bool):
            yield Problem(where, f"labels_decide is {value!r}", "write true or false")
    elif name == "required":
        unknown = value if not isinstance(value, list) else [each for each in value if each not in CRITERIA]
        if unknown or not isinstance(value, list) or not value:
            what = f"required names {unknown!r}" if unknown else "required names no criterion"
            yield Problem(where, what, f"list some of {', '.join(CRITERIA)}")
    elif not (name == "minimum_requests" and value is None):
        low, high = RANGES[name]
        kind = int if name in WHOLE else int | float
        if not isinstance(value, kind) or isinstance(value, bool) or not low <= value <= high:
            what = "a whole number" if name in WHOLE else "a number"
            yield Problem(where, f"{name} is {value!r}", f"write {what} from {low:g} to {high:g}")
