"""The words of policy: a rule, what it sees, what it says, and the finding that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from releasectl.model import Dag, Revocation
from releasectl.policy.case import Case, First, Model, Stage
from releasectl.policy.limits import (
    ANYTHING,
    NONE,
    NOTHING,
    PRESENT,
    Limit,
    among,
    another_team,
    at_least,
    at_most,
    below,
    between,
    by_chance,
    exactly,
    other_than,
    show,
)
from releasectl.policy.rule import (
    SEVERITIES,
    STRICTNESSES,
    Authority,
    Described,
    Looser,
    Need,
    Parameter,
    Remedy,
    Rule,
    Severity,
    Status,
    Strictness,
)
from releasectl.policy.says import Breach, Fault, Finding, Notice, Seen, Waiver

Judge = Callable[..., Iterator[Seen | Breach]]


class RuleModule(Protocol):
    """A module of `policies/`: its rule, and a pure generator of what it saw.

    That is `judge(case, **parameters)`, or `judge_model(model, **parameters)` of a rule that looks at nothing
    but a model and its champion, or both.
    """

    RULE: Rule


# A rule module may also have `judge_training`: what it has against the choice of training data, with the
# revocations at hand; the pointer of its breaches is one into training.yaml. And it may have `APPROVER`: the
# team without whose approval no waiver of the rule holds.
TrainingJudge = Callable[[Dag, tuple[Revocation, ...]], Iterator[Breach]]

__all__ = [
    "ANYTHING",
    "NONE",
    "NOTHING",
    "PRESENT",
    "SEVERITIES",
    "STRICTNESSES",
    "Authority",
    "Breach",
    "Case",
    "Described",
    "Fault",
    "Finding",
    "First",
    "Judge",
    "Limit",
    "Looser",
    "Model",
    "Need",
    "Notice",
    "Parameter",
    "Remedy",
    "Rule",
    "RuleModule",
    "Seen",
    "Severity",
    "Stage",
    "Status",
    "Strictness",
    "TrainingJudge",
    "Waiver",
    "among",
    "another_team",
    "at_least",
    "at_most",
    "below",
    "between",
    "by_chance",
    "exactly",
    "other_than",
    "show",
]
