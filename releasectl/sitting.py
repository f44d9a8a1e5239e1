"""One run of the judge: rules are asked about every release, and about a model once for all that serve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from releasectl.enforcement import Enforced
from releasectl.findings import finding
from releasectl.model import Json
from releasectl.policy import Breach, Case, Fault, Finding, Judge, Model, Seen, Strictness
from releasectl.rollbacklane import eased
from releasectl.rulebook import cause


@dataclass(frozen=True, slots=True)
class Considered:
    """What one rule saw of one release and said of it; a rule that is off saw nothing."""

    enforced: Enforced
    said: tuple[Seen | Breach, ...]
    findings: tuple[Finding, ...]
    fault: Fault | None = None


class _Heard(NamedTuple):
    """All that a rule said, what of it is a breach, and how the rule failed if it did."""

    said: tuple[Seen | Breach, ...] = ()
    breaches: tuple[Seen | Breach, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Sitting:
    """Keeps what was heard of a model; rules are pure, so they would say it again."""

    _of_models: dict[tuple[Enforced, Model], _Heard] = field(default_factory=dict)

    def consider(self, enforced: Enforced, case: Case) -> Considered:
        """One rule, one release; a rule that fails is named, and the others go on."""
        if enforced.strictness is Strictness.OFF:
            return Considered(enforced, (), ())
        heard = [self._of_model(enforced, model) for model in case.models] if enforced.of_model else []
        if enforced.of_case:
            heard.append(_hear(enforced.of_case, case, enforced.parameters))
        said = tuple(chain.from_iterable(each.said for each in heard))
        error = next((each.error for each in heard if each.error), "")
        findings: list[Finding] = []
        try:
            for breach in chain.from_iterable(each.breaches for each in heard):
                findings.append(eased(enforced.rule, finding(enforced, case.release, breach), case))
        except Exception as unfit:  # what it said is nothing that can be told
            error = error or cause(unfit)
        where = f"{case.environment.name}/{case.release.name}"
        fault = Fault(enforced.rule.id, where, error) if error else None
        return Considered(enforced, said, tuple(findings), fault)

    def _of_model(self, enforced: Enforced, model: Model) -> _Heard:
        key = enforced, model
        if key not in self._of_models:
            assert enforced.of_model is not None
            self._of_models[key] = _hear(enforced.of_model, model, enforced.parameters)
        return self._of_models[key]


def _hear(judge: Judge, subject: Case | Model, parameters: Mapping[str, Json]) -> _Heard:
    said: list[Seen | Breach] = []
    breaches: list[Seen | Breach] = []
    try:
        for each in judge(subject, **parameters):
            said.append(each)
            if not (isinstance(each, Seen) and each.holds):
                breaches.append(each)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # one that exits has not said that all is well
        return _Heard(tuple(said), tuple(breaches), cause(error, judge))
    return _Heard(tuple(said), tuple(breaches))
