"""A challenger that would rather not meet its champion: by a revocation, an old trial, or a milder card."""

from __future__ import annotations

from typing import Any

import pytest

from releasectl.checking import reasons
from releasectl.load import load
from releasectl.policy import Model
from tests import policy_cases
from tests.attacks.conftest import NOW, V1, V2, V3, Repo, rules_of, told

TRIAL = {"ROLL-002", "SHAD-001", "SOAK-001"}  # what asks for one


def revoked(repo: Repo, *commits: str) -> None:
    entries = [
        f"  - {{commit: {each}, reason: bought labels, owner: credit-risk, date: 2026-11-01}}\n"
        for each in commits
    ]
    repo.mini.write("releases/revoked.yaml", "revoked:\n" + "".join(entries))


def merged(repo: Repo, day: str) -> None:
    repo.git("branch", "-f", "main", repo.commit("merged", day))


def champion(repo: Repo) -> str:
    """Of the model in production, as `why` tells it."""
    repository = load(repo.root)
    (release,) = repository.releases_in("production")
    (model,) = reasons(repo.root, repository, release, now=NOW).case.models
    assert isinstance(model.champion, Model)
    return model.champion.lock.commit


def tried(repo: Repo, kind: str, beside: str = V1) -> None:
    repo.release(beside, extra=f"strategy: {{type: {kind}, candidate: {V3}}}\n")


@pytest.mark.parametrize("already", [False, True], ids=["at once", "before"])
def test_a_challenger_does_not_revoke_its_champion(repo: Repo, *, already: bool) -> None:
    """Model 1 is all that ever served: whoever revokes it has not made model 3 the first."""
    revoked(repo, V1)
    if already:
        merged(repo, "2026-11-19")
    repo.lock("v3", lambda lock: lock["evidence"]["profile"]["features"].update(zip=dict(of_hours(lock))))
    for environment in ("staging", "production"):
        repo.release(V3, environment)
    repo.commit("release model 3")
    found = repo.judged()
    assert rules_of(found) >= {"DATA-001", *TRIAL}
    assert (f"revokes {V1} (credit-risk, 2026-11-01: bought labels)" in told(found)) == (not already)


def of_hours(lock: dict[str, Any]) -> dict[str, Any]:
    return lock["evidence"]["profile"]["features"]["hours-per-week"]


def test_what_a_change_revokes_is_the_measure_of_what_comes_with_it(repo: Repo) -> None:
    """Beside the label rate of model 2 that of model 3 stands out, beside that of model 1 it does not."""
    repo.lock("v2")
    repo.lock("v3")
    repo.release(V2)
    merged(repo, "2026-11-10")
    revoked(repo, V2)
    repo.release(V3)
    repo.commit("revoke it, and release model 3")
    assert "DATA-003" in rules_of(repo.judged())
    repo.release(V2)
    merged(repo, "2026-11-20")
    repo.release(V3)
    repo.commit("release model 3")
    assert "DATA-003" not in rules_of(repo.judged())


def test_a_revocation_is_not_rewritten_silently(repo: Repo) -> None:
    """Its day decides what it was a measure of."""
    revoked(repo, V2)
    merged(repo, "2026-11-19")
    repo.edit("releases/revoked.yaml", "2026-11-01", "2026-11-20")
    repo.commit("another day")
    assert f"rewrites the revocation of {V2} (credit-risk, 2026-11-20: bought labels)" in told(repo.judged())


@pytest.mark.usefixtures("apart")
def test_an_emergency_is_one_change(repo: Repo) -> None:
    """The dataset of the champion is revoked, and the model before it comes back."""
    repo.lock("v2")
    repo.release(V2)
    merged(repo, "2026-11-20")
    revoked(repo, policy_cases.lock_of("v2").evidence["card"]["training_data"]["commit"])
    repo.release(V1)
    repo.commit("back to model 1")
    found = repo.judged()
    assert found.denied == ()
    assert found.refused == ()
    assert "revokes " in told(found)


def test_a_trial_that_was_broken_off_is_none(repo: Repo) -> None:
    """Nor does it count beside the model that took the place of the champion since."""
    repo.lock("v2")
    repo.lock("v3")
    for day, kind in (("2026-10-02", "shadow"), ("2026-10-10", "canary")):
        tried(repo, kind)
        repo.commit(kind, day)
    for day, model in (("2026-10-14", V1), ("2026-10-20", V2)):
        repo.release(model)
        merged(repo, day)
    repo.release(V3)
    repo.commit("release model 3")
    assert rules_of(repo.judged()) >= TRIAL
    assert champion(repo) == V2


def test_a_card_makes_no_model_milder_than_its_champion(repo: Repo) -> None:
    repo.lock("v3", lambda lock: lock["evidence"]["card"].update(tier=3))
    repo.release(V3)
    repo.commit("release model 3")
    assert rules_of(repo.judged()) >= TRIAL
