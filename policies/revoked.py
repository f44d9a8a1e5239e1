"""REVO-001: nothing that was revoked serves, nor anything made from it.

A revert takes a bad model out of service, and a revert of that revert brings it back with one click. So a
commit that must not serve again stands in `releases/revoked.yaml`, and every release is refused whose model,
candidate, or any commit that one of them was made from stands there: a dataset that was bought, not collected,
condemns every model trained on it. `plan` and `apply` refuse it as well, and no policy.yaml can make this rule
less strict.

Authority: company policy, after model 2 of CreditCo was rolled back; Kargo's issue 6151 asks for less.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Dag, Revocation
from releasectl.policy import Breach, Case, Rule, Severity, Strictness
from releasectl.revocation import refusals, remedy, training_problems

RULE = Rule("REVO-001", "Nothing revoked serves", Severity.CRITICAL, Strictness.DENY, fixed=True)


def judge(case: Case) -> Iterator[Breach]:
    for pointer, lock in zip(("/model", "/strategy/candidate"), case.locks, strict=False):
        for revocation, sentence in refusals(lock, case.revoked):
            yield Breach(pointer, sentence, remedy(revocation))


def judge_training(dag: Dag, revoked: tuple[Revocation, ...]) -> Iterator[Breach]:
    """A revoked dataset that still trains would make more of what must not serve."""
    for problem in training_problems([dag], revoked):
        yield Breach("/commit", problem.what, problem.remedy)
