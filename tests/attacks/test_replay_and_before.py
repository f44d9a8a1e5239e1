"""Verdicts of another time, and the last word before an apply: by the rules of the commit before."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from releasectl import lock as locks
from releasectl.basejudge import commits_before, judged_before
from releasectl.cli.main import guarded
from releasectl.errors import InvalidInput, PolicyDenied, UsageError
from releasectl.replaying import replay
from tests.attacks.conftest import NOW, V1, V2, V3, Repo, rules_of

WAIVED = """\
waivers:
  - rule: GOV-001
    release: income
    environment: production
    fingerprint: {fingerprint}
    reason: the report is being written
    owner: credit-ml
    approver: model-risk
    ticket: RISK-1
    created: 2026-10-01
    expires: 2026-10-31
"""


def stricter(repo: Repo) -> None:
    repo.edit("environments/production/policy.yaml", "FAIR-002: warn", "FAIR-002: deny")


@pytest.mark.usefixtures("apart")
def test_a_replay_is_by_the_rules_of_its_time(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    stricter(repo)
    repo.commit("stricter", "2026-11-01")
    assert replay(repo.root, first, None, now=NOW).exit_code == 0
    assert rules_of(replay(repo.root, "HEAD", None, now=NOW)) == {"FAIR-002"}


def test_a_replay_as_of_today_is_by_the_rules_of_the_tree(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    stricter(repo)
    repo.commit("stricter", "2026-11-01")
    assert rules_of(replay(repo.root, first, "today", now=NOW)) == {"FAIR-002"}


def test_a_replay_as_of_a_day_is_by_the_rules_of_that_day(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    stricter(repo)
    repo.commit("stricter", "2026-11-01")
    assert replay(repo.root, first, "2026-10-31", now=NOW).exit_code == 0
    assert rules_of(replay(repo.root, first, "2026-11-01", now=NOW)) == {"FAIR-002"}


def test_a_replay_has_the_calendar_of_its_time(repo: Repo) -> None:
    """A waiver that has expired since held then, and a trial was as long as it was."""
    repo.lock("v3", lambda document: document["evidence"]["card"]["validation"].update(validator="credit-ml"))
    repo.release(V3)
    repo.git("checkout", "-q", "-B", "main")
    (repo.root / f"releases/models/{V1}.yaml").unlink()
    repo.release(V3, "staging")
    repo.git("checkout", "-q", "--orphan", "anew")
    repo.commit("model 3 is the first", "2026-10-02")
    found = replay(repo.root, "HEAD", None, now=NOW)
    (finding,) = [each for each in found.denied if each.environment == "production"]
    repo.mini.write("policies/waivers.yaml", WAIVED.format(fingerprint=finding.fingerprint))
    repo.commit("waive it", "2026-10-03")
    assert rules_of(replay(repo.root, "HEAD", None, now=NOW)) == set()
    assert rules_of(replay(repo.root, "HEAD", "2026-10-31", now=NOW)) == set()
    assert rules_of(replay(repo.root, "HEAD", "2026-11-01", now=NOW)) == {"GOV-001"}
    again = replay(repo.root, "HEAD", None, now=NOW + timedelta(days=1000))
    assert again == replay(repo.root, "HEAD", None, now=NOW)


def test_a_replay_knows_what_served_before_it(repo: Repo) -> None:
    repo.lock("v2")
    repo.release(V2)
    middle = repo.commit("release model 2", "2026-10-02")
    repo.release(V1)
    repo.commit("revert", "2026-10-03")
    assert {"DATA-001", "PERF-001", "ROLL-002"} <= rules_of(replay(repo.root, middle, None, now=NOW))
    assert rules_of(replay(repo.root, "HEAD", None, now=NOW)) == set()


@pytest.mark.parametrize(
    ("revision", "as_of", "said"),
    [
        ("nowhere", None, "git knows no commit of this name"),
        ("HEAD", "2026-02-30", "is no day of the calendar"),
        ("HEAD", "yesterday", "is no day of the calendar"),
        ("HEAD", "2020-01-01", "there was no commit yet"),
    ],
)
def test_what_cannot_be_replayed(repo: Repo, revision: str, as_of: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        replay(repo.root, revision, as_of, now=NOW)


def test_an_old_engine_can_only_be_replayed_by_that_of_today(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    (repo.root / "releasectl/judging.py").rename(repo.root / "releasectl/kept.py")
    old = repo.commit("older", "2026-10-05")
    (repo.root / "releasectl/kept.py").rename(repo.root / "releasectl/judging.py")
    repo.commit("newer", "2026-10-06")
    with pytest.raises(InvalidInput, match="it is older than this"):
        replay(repo.root, old, None, now=NOW)
    assert replay(repo.root, old, "today", now=NOW).exit_code == 0
    assert replay(repo.root, first, None, now=NOW).exit_code == 0


def test_before_the_first_commit_there_is_no_other_judge(repo: Repo) -> None:
    assert commits_before(repo.root) == ()


def test_the_same_judge_need_not_be_asked_twice(repo: Repo) -> None:
    repo.release(V1, "staging", "replicas: 2\n")
    repo.commit("scale")
    assert commits_before(repo.root) == ()
    judged_before(repo.root, "production", now=NOW)


@pytest.mark.usefixtures("apart")
def test_an_apply_is_refused_by_the_rules_of_the_commit_before(repo: Repo) -> None:
    repo.lock("v2")
    repo.release(V2)
    policy = repo.root / "environments/production/policy.yaml"
    policy.write_text(policy.read_text().replace(": deny", ": advise"))
    head = repo.commit("release model 2, and be kind")
    before = repo.git("rev-parse", f"{head}^")
    assert commits_before(repo.root) == (before,)
    with pytest.raises(PolicyDenied, match="FAIR-001") as caught:
        judged_before(repo.root, "production", now=NOW)
    assert f"(by the rules of {before[:12]})" in str(caught.value)
    judged_before(repo.root, "elsewhere", now=NOW)


def shallow(repo: Repo, depth: int) -> Repo:
    """What a runner has that fetches no more than the last commits."""
    clone = repo.root.with_name("shallow")
    repo.git("clone", "-q", "--depth", str(depth), f"file://{repo.root}", str(clone))
    return Repo(clone)


@pytest.mark.parametrize("later", [0, 1])
def test_a_shallow_clone_does_not_hide_the_judge_of_before(later: int, repo: Repo) -> None:
    """Neither that of the last commit, nor that of the last one which released."""
    repo.lock("v2")
    repo.release(V2)
    repo.edit("environments/production/policy.yaml", ": deny", ": advise")
    head = repo.commit("release model 2, and be kind")
    for _ in range(later):
        repo.mini.write("NEWS.md", "nothing happened\n")
        repo.commit("look elsewhere")
    with pytest.raises(InvalidInput, match=r"the commit before it, \w+, is not here") as caught:
        judged_before(shallow(repo, 1 + later).root, "production", now=NOW)
    (problem,) = caught.value.problems
    assert problem.where == head[:12]
    assert "git fetch --unshallow" in problem.remedy


def test_a_shallow_clone_that_holds_what_counts_is_enough(repo: Repo) -> None:
    repo.release(V1, "staging", "replicas: 2\n")
    repo.commit("scale")
    clone = shallow(repo, 2)
    assert commits_before(clone.root) == ()
    clone.git("fetch", "-q", "--unshallow")
    assert commits_before(clone.root) == ()


def test_a_lock_that_may_have_been_another_is_not_taken_in_a_shallow_clone(repo: Repo) -> None:
    repo.lock("v3")
    repo.commit("a lock")
    repo.git("rm", "-q", locks.path_of(V3))
    repo.commit("without it")
    clone = shallow(repo, 1)
    clone.lock("v3", lambda document: document["evidence"]["metrics"].update(auc=0.99))
    clone.commit("with other numbers")
    (problem,) = clone.judged("origin/attack").refused
    assert problem.where == locks.path_of(V3)
    assert "git fetch --unshallow" in problem.remedy
    clone.git("fetch", "-q", "--unshallow")
    (problem,) = clone.judged("origin/attack").refused
    assert "a lock never changes" in problem.what


def test_a_later_commit_does_not_launder_a_release_that_came_with_its_rules(repo: Repo) -> None:
    repo.lock("v2")
    repo.release(V2)
    policy = repo.root / "environments/production/policy.yaml"
    policy.write_text(policy.read_text().replace(": deny", ": advise"))
    before = repo.git("rev-parse", f"{repo.commit('release model 2, and be kind')}^")
    (repo.root / "NEWS.md").write_text("nothing happened\n")
    repo.commit("look elsewhere")
    assert commits_before(repo.root) == (before,)
    with pytest.raises(PolicyDenied, match="FAIR-001"):
        judged_before(repo.root, "production", now=NOW)
    repo.release(V1)
    repo.commit("release model 1 again")
    assert commits_before(repo.root) == ()


def test_a_plan_promises_nothing_that_an_apply_refuses(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.lock("v2")
    repo.release(V2)
    policy = repo.root / "environments/production/policy.yaml"
    policy.write_text(re.sub(r"(?m)^(  (?!REVO).*): deny", r"\1: advise", policy.read_text()))
    before = repo.git("rev-parse", f"{repo.commit('release model 2, and be kind')}^")[:12]
    for command in ("plan", "apply"):  # no cluster is asked
        assert guarded(["-C", str(repo.root), command, "production"]) == PolicyDenied.exit_code
        said = capsys.readouterr().err
        assert "FAIR-001: " in said
        assert f"(by the rules of {before})" in said


def test_what_several_commits_refuse_is_told_once(repo: Repo) -> None:
    repo.edit("environments/production/policy.yaml", "FAIR-002: warn", "FAIR-002: advise")
    head = repo.commit("milder, and nothing to do with model 2")
    repo.lock("v2")
    repo.release(V2)
    policy = repo.root / "environments/production/policy.yaml"
    policy.write_text(policy.read_text().replace(": deny", ": advise"))
    before = (head, repo.git("rev-parse", f"{head}^"))
    assert commits_before(repo.root) == before
    with pytest.raises(PolicyDenied) as caught:
        judged_before(repo.root, "production", now=NOW)
    said = [each.what for each in caught.value.problems]
    assert all(f"(by the rules of {before[0][:12]} and {before[1][:12]})" in each for each in said)
    assert len({each.partition(" (by")[0] for each in said}) == len(said)
    assert all("merge them first, the release after that" in each.remedy for each in caught.value.problems)


def test_an_edited_policy_does_not_judge_an_apply(repo: Repo) -> None:
    repo.edit("environments/production/policy.yaml", "FAIR-002: warn", "FAIR-002: deny")
    head = repo.commit("stricter")
    repo.edit("environments/production/policy.yaml", "FAIR-002: deny", "FAIR-002: off")
    assert commits_before(repo.root)[0] == head
    with pytest.raises(PolicyDenied, match="FAIR-002"):
        judged_before(repo.root, "production", now=NOW)


@pytest.mark.parametrize("path", ["policies/duplicates.py", "environments/production/policy.yaml"])
def test_a_judge_that_is_renamed_or_added_and_not_committed_does_not_judge_alone(
    repo: Repo, path: str
) -> None:
    """A rename is told by git under its new name."""
    head = repo.git("rev-parse", "HEAD")
    repo.git("mv", path, "kept.txt")
    assert commits_before(repo.root) == (head,)
    repo.git("mv", "kept.txt", path)
    assert commits_before(repo.root) == ()
    repo.mini.write("policies/new/rule.py", "")
    assert commits_before(repo.root) == (head,)


def test_a_root_below_that_of_git_is_no_hiding_place(repo: Repo, tmp_path: Path) -> None:
    outer = Repo(tmp_path / "outer")
    inner = Repo(outer.root / "models")
    outer.root.mkdir()
    shutil.copytree(repo.root, inner.root, ignore=shutil.ignore_patterns(".git"))
    outer.git("init", "-q", "-b", "main")
    outer.commit("everything")
    (outer.root / "notes.txt").write_text("beside it\n")
    assert commits_before(inner.root) == ()
    inner.edit("environments/production/policy.yaml", "FAIR-002: warn", "FAIR-002: deny")
    assert commits_before(inner.root) == (outer.git("rev-parse", "HEAD"),)
    outer.commit("stricter")
    assert commits_before(inner.root) == (outer.git("rev-parse", "HEAD^"),)


def test_a_merge_is_judged_by_its_first_parent(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "kind")
    repo.edit("environments/production/policy.yaml", "DUP-001: deny", "DUP-001: off")
    repo.commit("kind")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "--no-edit", "kind")
    assert commits_before(repo.root) == (repo.git("rev-parse", "HEAD^1"),)
