"""What `release` writes is judged with the past of its file, as `plan` and `apply` judge it afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl.judge import denied, judge
from releasectl.load import load
from releasectl.propose import Proposal, accept, propose
from releasectl.render import render
from tests import policy_cases
from tests.attacks.conftest import V1, V3, Repo


def refused(findings) -> set[str]:
    return {each.rule for each in denied(findings) if each.release == "production/income"}


def of_the_tree(root: Path) -> set[str]:
    """What `plan` and `apply` refuse."""
    repository = load(root)
    return refused(judge(repository, render(repository)))


def proposed(repo: Repo, strategy: str = "direct") -> Proposal:
    lock = policy_cases.lock_of("v3")
    return propose(
        repo.root, environment="production", name="income", lock=lock, owner="credit-ml", strategy=strategy
    )


def test_a_challenger_alone_at_once_is_refused_before_it_is_written(repo: Repo) -> None:
    """Git holds one version of the release file, which is the one that is being replaced."""
    path = "releases/production/income.yaml"
    assert len(repo.git("log", "--format=%H", "--", path).splitlines()) == 1
    proposal = proposed(repo)
    assert proposal.before == V1
    assert "ROLL-002" in refused(proposal.findings)
    assert repo.git("status", "--porcelain") == ""
    accept(repo.root, proposal)
    assert of_the_tree(repo.root) == refused(proposal.findings)
    repo.commit("release model 3")
    assert of_the_tree(repo.root) == refused(proposal.findings)


@pytest.mark.parametrize("strategy", ["shadow", "canary"])
def test_a_trial_is_judged_the_same_before_and_after(repo: Repo, strategy: str) -> None:
    proposal = proposed(repo, strategy)
    assert V3 in proposal.release.commits
    assert ("ROLL-002" in refused(proposal.findings)) == (strategy == "canary")  # a shadow comes first
    accept(repo.root, proposal)
    assert of_the_tree(repo.root) == refused(proposal.findings)


def test_a_first_release_has_nothing_to_run_beside(repo: Repo) -> None:
    (repo.root / "releases/production/income.yaml").unlink()
    repo.git("checkout", "-q", "--orphan", "anew")
    repo.commit("no release yet")
    assert "ROLL-002" not in refused(proposed(repo).findings)
