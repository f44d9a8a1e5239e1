"""REVO-001: Nothing revoked serves, nor anything made from it.

A revert takes a bad model out of service, and a revert of that revert brings it back with one click. So a
commit that must not serve again stands in `releases/revoked.yaml`, and every release is refused whose
model, candidate, or any commit that one of them was made from stands there: a dataset that was bought, not
collected, condemns every model trained on it. What the card names counts, though the lineage may leave it
out; a lineage without any data is refused. Uploaded again, the same file has another commit and condemns all
the same: its sha256 is that which the cards of known locks tell, or the entry itself. `plan` and `apply`
refuse what is revoked as well, and no policy.yaml can make this rule less strict.

The rule stands after model 2 of CreditCo was rolled back; Kargo's issue 6151 asks for less.
"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.model import Dag, Revocation
from releasectl.policy import NONE, PRESENT, Breach, Case, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY
from releasectl.revocation import CANDIDATE, MODEL, refusals, remedy, training_problems

RULE = Rule(
    id="REVO-001",
    title="Nothing revoked serves, nor anything made from it",
    severity=Severity.CRITICAL,
    default=Strictness.DENY,
    needs=(Need.RELEASE, Need.LOCK),
    remedy=Remedy(
        "serve a model that does not descend from it: revert the release, or `releasectl release` "
        "another commit",
        before="model: 9b1e4c7d2f5a4e8b9c0d1e2f3a4b5c6d   # trained on a dataset in releases/revoked.yaml",
        after="model: 5d0c2f3e6a1b4c7f8e9d0a1b2c3d4e5f",
    ),
    authority=(COMPANY,),
    owner="model-risk",
    fixed=True,
)


def judge(case: Case) -> Iterator[Breach | Seen]:
    for pointer, lock in zip((MODEL, CANDIDATE), case.locks, strict=False):
        found = list(refusals(lock, case.revoked))
        for revocation, sentence in found:
            yield Breach(pointer, sentence, remedy(revocation, case.release, pointer))
        data = [f"{each.repo}@{each.commit}" for each in lock.lineage if each.pipeline is None]
        yield Seen(pointer, "data in the lineage", data, PRESENT)
        if not found:
            yield Seen(pointer, f"revoked commits among the {len(lock.lineage)} of the lineage", [], NONE)


def judge_training(dag: Dag, revoked: tuple[Revocation, ...]) -> Iterator[Breach]:
    """A revoked dataset that still trains would make more of what must not serve."""
    for problem in training_problems([dag], revoked):
        yield Breach("/commit", problem.what, problem.remedy)
