"""Known outcomes: who was right, and when that decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from releasectl.compare import Log, Verdict, compare
from releasectl.compare.values import Estimate, Finding
from releasectl.model import Missing
from tests.unit.compare.build import CLASSES, context, finding, log, scores


def labelled_log(n: int, *, right: float) -> Log:
    """The candidate disagrees in 4 %, and is right in `right` of these; both are else always right."""
    random = np.random.default_rng(3)
    stable, candidate, audit = list[float](), list[float](), list[dict[str, str]]()
    for number, value in enumerate(scores(n)):
        truth = int(value >= 0.5)
        other = 0.49 if truth else 0.51
        disagree = number % 25 == 0
        wins = disagree and random.random() < right
        stable.append(other if wins else value)
        candidate.append(value if not disagree or wins else other)
        audit.append({"income": CLASSES[truth], "gender": "Female" if number % 3 else "Male"})
    return log(stable, candidate, audit=audit)


def test_known_outcomes_tell_but_do_not_outvote_unless_policy_says_so() -> None:
    better = labelled_log(8000, right=0.7)
    found = compare(better, context())
    assert found.verdict is Verdict.STOP  # SHAD-001 as it stands
    assert finding(found, "accuracy").finding is Finding.PASS
    assert any(
        "of 320 disagreements with a known outcome the candidate is right in" in each for each in found.notes
    )
    assert any("`labels_decide`" in each for each in found.notes)
    trusted = compare(better, context(labels_decide=True))
    assert trusted.verdict is Verdict.PROMOTE
    assert "known outcomes outvote it" in finding(trusted, "agreement").reason
    assert compare(better, context(agreement=0.95)).verdict is Verdict.PROMOTE


def test_a_worse_candidate_is_stopped_though_it_agrees() -> None:
    worse = labelled_log(8000, right=0.0)
    found = compare(worse, context(agreement=0.95, labels_decide=True))
    assert [each.name for each in found.criteria if each.finding is Finding.FAIL] == ["accuracy"]
    assert found.verdict is Verdict.STOP


def test_no_worse_takes_proof() -> None:
    """The value alone is on the good side; its interval is not, and outcomes then outvote nothing."""
    found = compare(labelled_log(1000, right=0.5), context(labels_decide=True))
    judged = finding(found, "accuracy")
    assert isinstance(judged.measured, Estimate)
    assert judged.measured.low < judged.limit < judged.measured.value
    assert judged.finding is Finding.UNDECIDED
    assert finding(found, "agreement").finding is not Finding.PASS


def test_few_labels_decide_nothing() -> None:
    found = compare(labelled_log(80, right=1.0), context(labels_decide=True, minimum_requests=50))
    assert finding(found, "accuracy").finding is Finding.UNDECIDED
    assert finding(found, "agreement").finding is not Finding.PASS


def test_outcomes_of_independent_samples() -> None:
    shadow = labelled_log(6000, right=0.5)
    calls = tuple(replace(each, key=f"c{each.key}") for each in shadow.candidate.calls)
    found = compare(Log(shadow.stable, replace(shadow.candidate, calls=calls)), context("canary"))
    assert not isinstance(found.labelled, Missing)
    assert isinstance(found.labelled.p, Missing)
    assert finding(found, "accuracy").finding in (Finding.PASS, Finding.UNDECIDED)
