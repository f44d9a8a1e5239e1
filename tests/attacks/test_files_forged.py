"""YAML, links, locks and revocations that say one thing and mean another."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl import lock as locks
from releasectl.errors import InvalidInput
from tests import policy_cases
from tests.attacks.conftest import V1, V2, V3, Repo, rules_of, told

REVOKED = f"""\
revoked:
  - commit: {V2}
    reason: bought labels
    owner: credit-risk
    date: 2026-11-01
"""


@pytest.mark.usefixtures("apart")
def test_a_duplicate_key_is_refused(repo: Repo) -> None:
    repo.mini.write(
        "releases/production/income.yaml", f"name: income\nowner: credit-ml\nmodel: {V1}\nmodel: {V2}\n"
    )
    with pytest.raises(InvalidInput, match="`model` is given twice, first in line 3"):
        repo.judged()


def test_an_anchor_that_overrides_is_refused(repo: Repo) -> None:
    text = f"base: &base\n  model: {V1}\n<<: *base\nname: income\nowner: credit-ml\nmodel: {V2}\n"
    repo.mini.write("releases/production/income.yaml", text)
    with pytest.raises(InvalidInput, match="anchors and aliases are not allowed"):
        repo.judged()


def test_a_lookalike_key_is_refused(repo: Repo) -> None:
    text = f"name: income\nowner: credit-ml\nmodel: {V1}\nm\u043edel: {V2}\n"
    repo.mini.write("releases/production/income.yaml", text)
    with pytest.raises(InvalidInput, match=r"unknown field `m\\u043edel`"):
        repo.judged()


@pytest.mark.usefixtures("apart")
def test_a_symbolic_link_is_refused_before_anything_is_read(repo: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(f"name: income\nowner: credit-ml\nmodel: {V2}\n")
    (repo.root / "releases/production/income.yaml").unlink()
    (repo.root / "releases/production/income.yaml").symlink_to(outside)
    repo.commit("link")
    found = repo.judged()
    assert found.exit_code == 10
    assert [problem.where for problem in found.refused] == ["releases/production/income.yaml"]
    assert "is a symbolic link" in told(found)


def test_a_link_inside_the_tree_is_refused_too(repo: Repo) -> None:
    (repo.root / "releases/staging/income.yaml").unlink()
    (repo.root / "releases/staging/income.yaml").symlink_to("../production/income.yaml")
    assert "is a symbolic link" in told(repo.judged())


def test_a_lock_edited_to_better_numbers_is_refused(repo: Repo) -> None:
    repo.lock("v1", lambda document: document["evidence"]["metrics"].update(roc_auc=0.99))
    repo.commit("better")
    found = repo.judged()
    assert "a lock never changes" in told(found)
    assert "EVID-001" in rules_of(found)


def test_a_lock_edited_without_its_digest_is_refused(repo: Repo) -> None:
    repo.edit(locks.path_of(V1), "roc_auc: 0.873305", "roc_auc: 0.973305")
    with pytest.raises(InvalidInput, match="a lock never changes") as caught:
        repo.judged()
    assert "the lock was edited" in str(caught.value)


def test_a_lock_that_was_removed_cannot_come_back_better(repo: Repo) -> None:
    repo.git("checkout", "-q", "main")
    repo.lock("v3")
    repo.commit("lock of model 3")
    (repo.root / locks.path_of(V3)).unlink()
    repo.commit("tidy up")
    repo.git("checkout", "-q", "-B", "attack")
    repo.lock("v3", lambda document: document["evidence"]["metrics"].update(accuracy=0.99))
    repo.commit("a new lock")
    assert "a lock never changes" in told(repo.judged())


@pytest.mark.usefixtures("apart")
def test_the_evidence_of_another_commit_is_refused(repo: Repo) -> None:
    """Model 2 with what was measured of model 3."""
    other = policy_cases.lock_of("v3")

    def swap(document: dict) -> None:  # type: ignore[type-arg]
        document["evidence"], document["features"] = dict(other.evidence), other.features

    repo.lock("v2", swap)
    repo.release(V2)
    repo.commit("release")
    assert "EVID-001" in rules_of(repo.judged())


def test_a_revoked_commit_under_upper_case_hex_is_refused(repo: Repo) -> None:
    repo.git("checkout", "-q", "main")
    repo.lock("v2")
    repo.mini.write("releases/revoked.yaml", REVOKED)
    repo.commit("revoke model 2")
    repo.git("checkout", "-q", "-B", "attack")
    repo.release(V2.upper())
    repo.commit("release")
    with pytest.raises(InvalidInput, match="has upper-case letters"):
        repo.judged()


@pytest.mark.parametrize("gone", [False, True], ids=["emptied", "deleted"])
def test_a_revocation_that_is_taken_back_stays_in_force(repo: Repo, *, gone: bool) -> None:
    repo.git("checkout", "-q", "main")
    repo.lock("v2")
    repo.mini.write("releases/revoked.yaml", REVOKED)
    repo.commit("revoke model 2")
    repo.git("checkout", "-q", "-B", "attack")
    if gone:
        (repo.mini.root / "releases/revoked.yaml").unlink()
    else:
        repo.mini.write("releases/revoked.yaml", "revoked: []\n")
    repo.release(V2)
    repo.commit("release")
    found = repo.judged()
    assert "REVO-001" in rules_of(found)
    assert f"takes back the revocation of {V2}" in told(found)


def revoke(repo: Repo, commit: str) -> None:
    repo.git("checkout", "-q", "main")
    repo.mini.write("releases/revoked.yaml", REVOKED.replace(V2, commit))
    repo.commit("revoke it")
    repo.git("checkout", "-q", "-B", "attack")


def test_a_lineage_that_leaves_out_the_revoked_dataset_is_refused(repo: Repo) -> None:
    dataset = policy_cases.lock_of("v2").evidence["card"]["training_data"]["commit"]
    revoke(repo, dataset)
    repo.lock("v2", lambda document: document["lineage"].pop(0))
    repo.release(V2)
    repo.commit("release")
    found = repo.judged()
    assert {"EVID-001", "REVO-001"} <= rules_of(found)
    (refusal,) = [each for each in found.denied if each.rule == "REVO-001"]
    assert f"made from {dataset}, the training data of its card" in refusal.message


@pytest.mark.parametrize("named", [True, False])
def test_the_data_of_another_family_is_looked_for_as_well(repo: Repo, named: bool) -> None:
    """Its repositories have names of their own."""

    def renamed(document: dict) -> None:  # type: ignore[type-arg]
        for upstream in document["lineage"]:
            upstream["repo"] = upstream["repo"].replace("income_", "loans_")
        if not named:
            document["lineage"][0]["commit"] = "d" * 32

    repo.lock("v3", renamed)
    repo.release(V3)
    repo.commit("release")
    assert ("EVID-001" in rules_of(repo.judged())) is not named
