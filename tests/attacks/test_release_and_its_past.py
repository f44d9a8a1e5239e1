"""What `release` writes is judged with the past of its file, as `plan` and `apply` judge it afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl.judge import denied, judge
from releasectl.load import load
from releasectl.propose import Proposal, accept, propose
from releasectl.render import render
from tests import policy_cases
from tests.attacks.conftest import V1, V2, V3, Repo, rules_of

STRICTER = "DUP-001: {strictness: deny, parameters: {share: 0.9}}"


def refused(findings, target: str = "production/income") -> set[str]:
    return {each.rule for each in denied(findings) if each.release == target}


def of_the_tree(root: Path, target: str = "production/income") -> set[str]:
    """What `plan` and `apply` refuse."""
    repository = load(root)
    return refused(judge(repository, render(repository)), target)


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


def tried(repo: Repo, kind: str, candidate: str, traffic: int | None = None) -> None:
    share = "" if traffic is None else f", traffic: {traffic}"
    repo.release(V1, extra=f"strategy: {{type: {kind}, candidate: {candidate}{share}}}\n")


@pytest.mark.parametrize("traffic", [10, 50])
def test_a_shadow_that_another_one_replaced_has_not_served(repo: Repo, traffic: int) -> None:
    """A candidate that was looked at for a day does not come back by the lane of a rollback."""
    repo.lock("v3")
    repo.lock("v2")
    tried(repo, "shadow", V3)
    repo.commit("a shadow", "2026-11-21")
    tried(repo, "shadow", V2)
    repo.git("branch", "-f", "main", repo.commit("another shadow", "2026-11-22"))
    tried(repo, "canary", V3, traffic)
    repo.commit("a canary of the first", "2026-11-23")
    assert {"ROLL-002", "SHAD-001", "SOAK-001"} <= rules_of(repo.judged())


def test_a_trial_that_was_taken_back_does_not_go_on_where_it_was(repo: Repo) -> None:
    repo.lock("v3")
    for day, traffic in (("2026-11-18", 10), ("2026-11-19", 25)):
        tried(repo, "canary", V3, traffic)
        repo.commit(f"a canary of {traffic} %", day)
    repo.release(V1)
    repo.git("branch", "-f", "main", repo.commit("taken back", "2026-11-20"))
    tried(repo, "canary", V3, 10)
    repo.commit("and again", "2026-11-21")
    assert {"ROLL-002", "SHAD-001"} <= rules_of(repo.judged())


@pytest.mark.parametrize(
    ("models", "open_again"), [((V1, V3, V1, V3, V1), False), ((V1, V3, V1, V2, V1), True)]
)
def test_two_models_in_turn_do_not_keep_the_lane_open(
    models: tuple[str, ...], open_again: bool, repo: Repo
) -> None:
    """Model 1 breaks a limit of today; what it comes back from has to be something new."""
    repo.edit("environments/production/policy.yaml", "DUP-001: deny", STRICTER)
    repo.lock("v2")
    repo.lock("v3")
    for number, model in enumerate(models):
        repo.release(model)
        repo.commit("a release", f"2026-11-{19 + number}")
    standing = {each.rule for each in repo.judged("HEAD").standing}
    assert ("DUP-001" in standing) == (not open_again)


def renamed(repo: Repo, model: str, old: str = "income", new: str = "income2") -> None:
    folder = "releases/production"
    repo.git("mv", f"{folder}/{old}.yaml", f"{folder}/{new}.yaml")
    repo.mini.release(new, "production", model)


def test_a_new_name_does_not_shed_the_past(repo: Repo) -> None:
    repo.lock("v3")
    renamed(repo, V3)
    assert {"ROLL-002", "SHAD-001", "SOAK-001"} <= of_the_tree(repo.root, "production/income2")
    repo.commit("release model 3 under another name")
    found = repo.judged()
    assert {"ROLL-002", "SHAD-001", "SOAK-001"} <= rules_of(found)
    what = "production/income2 takes the place of production/income, and is judged by its past"
    assert [each.what for each in found.notices if each.place.file.endswith("income2.yaml")] == [what]
    assert {"ROLL-002", "SHAD-001", "SOAK-001"} <= of_the_tree(repo.root, "production/income2")


def test_the_same_model_may_have_another_name(repo: Repo) -> None:
    renamed(repo, V1)
    repo.commit("another name")
    found = repo.judged()
    assert rules_of(found) == set()
    assert "takes the place of production/income" in found.notices[0].what
    repo.git("branch", "-f", "main")
    assert repo.judged().notices == ()


def test_nor_do_two_new_names_one_after_the_other(repo: Repo) -> None:
    repo.lock("v3")
    renamed(repo, V1)
    repo.git("branch", "-f", "main", repo.commit("another name"))
    renamed(repo, V3, "income2", "income3")
    repo.commit("and another")
    assert {"ROLL-002", "SHAD-001", "SOAK-001"} <= rules_of(repo.judged())


def test_a_release_that_may_follow_two_is_refused(repo: Repo) -> None:
    repo.mini.release("credit", "production", V1)
    repo.git("branch", "-f", "main", repo.commit("another release"))
    (repo.root / "releases/production/credit.yaml").unlink()
    renamed(repo, V1)
    repo.commit("one for two")
    found = repo.judged()
    assert "ROLL-002" in rules_of(found)
    said = "it appears while production/credit and production/income disappear: which one it follows"
    assert any(said in each.message for each in found.denied)


@pytest.mark.usefixtures("apart")
def test_what_others_released_since_is_not_what_a_branch_removed(repo: Repo) -> None:
    repo.lock("v3")
    repo.git("branch", "-f", "main", repo.commit("a lock"))
    repo.mini.release("bonus", "production", V3)
    repo.commit("a first release")
    repo.git("checkout", "-q", "main")
    repo.mini.release("other", "production", V1)
    repo.commit("of somebody else")
    repo.git("checkout", "-q", "attack")
    found = repo.judged()
    assert rules_of(found) == set()
    assert found.notices == ()
    repo.git("merge", "-q", "--no-edit", "main")
    (repo.root / "releases/production/other.yaml").unlink()
    repo.commit("in the place of the other")
    assert "takes the place of production/other" in repo.judged().notices[0].what


def test_what_appears_beside_the_others_has_no_past(repo: Repo) -> None:
    """And what disappears from another environment has none to give."""
    repo.lock("v3")
    repo.mini.release("credit", "production", V3)
    (repo.root / "releases/staging/income.yaml").unlink()
    repo.commit("a new release")
    found = repo.judged()
    assert rules_of(found) == set()
    assert found.notices == ()


@pytest.mark.parametrize(
    "setting", ["log.showRoot=false", "log.diffMerges=off", "i18n.logOutputEncoding=UTF-16"]
)
def test_no_setting_of_git_hides_the_past(setting: str, repo: Repo) -> None:
    """One release came with the first commit of all, the other with a merge."""
    repo.git("checkout", "-q", "-b", "side")
    repo.mini.release("credit", "production", V1)
    repo.commit("another release")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "merge it", "side")
    repo.git("checkout", "-q", "-B", "attack")
    repo.lock("v3")
    for name in ("income", "credit"):
        repo.mini.release(name, "production", V3)
    repo.commit("release model 3")
    repo.git("config", *setting.split("="))
    told_of = {each.release for each in repo.judged().denied if each.rule == "ROLL-002"}
    assert told_of == {"production/credit", "production/income"}
