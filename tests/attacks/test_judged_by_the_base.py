"""Attacks on the judge, each in a real git repository with a real base, and each refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from releasectl import basejudge
from releasectl.basejudge import commits_before
from releasectl.checkedjson import decoded
from releasectl.cli.check import FORMATS
from releasectl.errors import InvalidInput
from releasectl.pathlaw import changes, violations
from releasectl.plain import plain
from tests.attacks.conftest import V1, V2, V3, Repo, by_process, rules_of, told

TOGETHER = "releases (releases/staging/income.yaml) and their judge ({}) change together"


def test_nothing_changed_nothing_found(repo: Repo) -> None:
    found = repo.judged()
    assert (found.exit_code, found.delta, found.refused) == (0, (), ())
    assert found.judge == repo.git("rev-parse", "main")[:12]
    assert {"production/income", "staging/income"} == set(found.releases)


@pytest.mark.usefixtures("apart")
def test_the_vendor_s_model_is_denied_by_many_rules(repo: Repo) -> None:
    repo.lock("v2")
    repo.release(V2)
    repo.commit("release model 2")
    assert rules_of(repo.judged()) >= {"FAIR-001", "LEAK-001", "DUP-001", "DATA-001", "DATA-003", "PERF-001"}


def test_a_deleted_rule_still_judges(repo: Repo) -> None:
    repo.lock("v2")
    repo.release(V2)
    (repo.root / "policies/duplicates.py").unlink()
    repo.commit("release model 2, mend policy")
    found = repo.judged()
    assert "DUP-001" in rules_of(found)
    assert "removes the rule DUP-001: 1 finding of the base rests on it" in told(found)
    assert "and their judge (policies/duplicates.py) change together" in told(found)


def test_an_edited_rule_is_not_run(repo: Repo) -> None:
    repo.lock("v2")
    repo.release(V2)
    repo.edit("policies/duplicates.py", "at_least(share)", "at_least(0.0)")
    repo.commit("release")
    found = repo.judged()
    assert "DUP-001" in rules_of(found)
    assert "edits the rule DUP-001" in told(found)


@pytest.mark.usefixtures("apart")
def test_a_rule_with_code_at_import_is_never_imported(repo: Repo, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    code = f"from pathlib import Path\nPath({str(mark)!r}).touch()\n"
    repo.mini.write("policies/aaa_evil.py", f'"""X."""\n{code}')
    repo.mini.write("releasectl/__init__.py", code + '__version__ = "9"\n')
    repo.mini.write("sitecustomize.py", code)
    repo.mini.write("json.py", code)
    repo.lock("v2")
    repo.release(V2)
    repo.commit("release")
    found = repo.judged()
    assert not mark.exists()
    assert "FAIR-001" in rules_of(found)
    assert "adds a rule module" in told(found)


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/plan.yml",
        ".github/CODEOWNERS",
        "releases/release.schema.json",
        "generators/seldon_deployment.libsonnet",
        "releasectl/judge.py",
        "requirements.txt",
        "environments/platforms/sandbox.yaml",
        "json.py",
        "setup.cfg",
        "evil.pth",
        "yaml/__init__.py",
        "uv.toml",
        "GNUmakefile",
        ".gitignore",
        "docs/CODEOWNERS",
    ],
)
def test_releases_and_judge_at_once_are_told_by_name(repo: Repo, path: str) -> None:
    repo.mini.write(path, (repo.root / path).read_text() + "\n" if (repo.root / path).exists() else "#\n")
    repo.release(V1, "staging", "replicas: 2\n")
    repo.commit("both")
    base = repo.git("rev-parse", "main")
    (found,) = violations(repo.root, base, changes(repo.root, base))
    assert found.what == TOGETHER.format(path)


def test_releases_and_judge_at_once_are_refused(repo: Repo) -> None:
    repo.mini.write("requirements.txt", "#\n")
    repo.release(V1, "staging", "replicas: 2\n")
    repo.commit("both")
    found = repo.judged()
    assert found.exit_code == 10
    assert [each.what for each in found.refused] == [TOGETHER.format("requirements.txt")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("defaults:", f"defaults:\n  strategy: {{type: canary, candidate: {V3}, traffic: 50}}"),
        ("explainer: anchor-tabular", "explainer: none"),
        ("retention_days: 760", "retention_days: 1"),
    ],
)
def test_what_an_environment_gives_its_releases_is_released(repo: Repo, old: str, new: str) -> None:
    """No release file changes, and every release does: the judge of before has its say while that stands."""
    repo.git("checkout", "-q", "main")
    repo.lock("v3")
    base = repo.commit("a lock")
    repo.git("checkout", "-q", "-B", "attack")
    file = "environments/production/environment.yaml"
    repo.edit(file, old, new)
    assert list(violations(repo.root, base, changes(repo.root, base))) == []
    repo.edit("environments/production/policy.yaml", "ROLL-002: deny", "ROLL-002: off")
    repo.commit("both")
    (found,) = violations(repo.root, base, changes(repo.root, base))
    assert f"releases ({file}) and their judge (environments/production/policy.yaml)" in found.what
    assert commits_before(repo.root) == (base,)
    repo.mini.write("README.txt", "something else\n")
    repo.commit("later")
    assert commits_before(repo.root) == (base,)


def test_an_environment_comes_with_its_policy(repo: Repo) -> None:
    """It gives nothing to any release yet."""
    for name in ("environment", "policy"):
        text = (repo.root / f"environments/production/{name}.yaml").read_text()
        text = text.replace("creditco-production", "creditco-canada").replace(
            "branch: production", "branch: canada"
        )
        repo.mini.write(f"environments/canada/{name}.yaml", text)
    repo.commit("Canada")
    base = repo.git("rev-parse", "main")
    assert list(violations(repo.root, base, changes(repo.root, base))) == []


def test_staging_cannot_move_into_the_namespace_of_production(repo: Repo) -> None:
    """To be judged as staging and to serve as production."""
    file = "environments/staging/environment.yaml"
    repo.edit(file, "namespace: creditco-staging", "namespace: creditco-production")
    (repo.root / "releases/staging/income.yaml").unlink()
    repo.mini.release("credit", "staging", V1)
    repo.commit("release")
    found = repo.judged()
    denied = {each.release for each in found.denied if each.rule == "OPS-007"}
    assert denied == {"production/income", "staging/credit"}
    assert "the namespace becomes creditco-production, and releases change with it" in told(found)
    assert "the environment staging: namespace creditco-staging becomes creditco-production" in told(found)


@pytest.mark.parametrize(
    ("old", "new"), [("platform: sandbox", "platform: elsewhere"), ("branch: staging", "branch: other")]
)
def test_staging_cannot_move_to_a_cluster_that_proves_what_it_releases(
    repo: Repo, old: str, new: str
) -> None:
    """Alone it may; a release beside it would be proven by whoever answers there."""
    repo.git("checkout", "-q", "main")
    platform = (repo.root / "environments/platforms/sandbox.yaml").read_text()
    repo.mini.write("environments/platforms/elsewhere.yaml", platform)
    repo.commit("two platforms")
    repo.git("checkout", "-q", "-B", "attack")
    file = "environments/staging/environment.yaml"
    repo.edit(file, old, new)
    repo.commit("move")
    base = repo.git("rev-parse", "main")
    assert list(violations(repo.root, base, changes(repo.root, base))) == []
    repo.release(V1, "staging", "replicas: 2\n")
    repo.commit("release")
    (found,) = violations(repo.root, base, changes(repo.root, base))
    moved = new.replace(": ", " becomes ")
    assert (found.where, found.what) == (file, f"the {moved}, and releases change with it")


@pytest.mark.parametrize("policy", [True, False])
def test_production_cannot_go_on_under_another_name(repo: Repo, policy: bool) -> None:
    """In its own namespace, without its policy or with a copy, and with nothing that served before."""
    for file in ("environments/production/environment.yaml", "releases/production/income.yaml"):
        (repo.root / file.replace("production", "production2")).parent.mkdir(parents=True)
        repo.git("mv", file, file.replace("production", "production2"))
    if policy:
        repo.git("mv", "environments/production/policy.yaml", "environments/production2/policy.yaml")
    repo.lock("v3")
    repo.mini.release("income", "production2", V3)
    repo.commit("release")
    found = repo.judged()
    assert found.exit_code == 10
    assert "is new, in the namespace creditco-production, and releases change with it" in told(found)


def test_an_environment_may_go_with_its_releases(repo: Repo) -> None:
    for file in ("environments/production/environment.yaml", "releases/production/income.yaml"):
        (repo.root / file).unlink()
    repo.commit("production is over")
    base = repo.git("rev-parse", "main")
    assert list(violations(repo.root, base, changes(repo.root, base))) == []


def test_an_environment_with_a_policy_goes_after_its_releases(repo: Repo) -> None:
    """As the advice says."""
    files = [f"environments/staging/{name}.yaml" for name in ("environment", "policy")]
    release = repo.root / "releases/staging/income.yaml"
    release.unlink()
    for file in files:
        (repo.root / file).unlink()
    repo.commit("staging is over")
    (problem,) = repo.judged().refused
    first, second = problem.remedy.removeprefix("make two pull requests: first ").split(", then ")
    assert (first, second) == ("what releases no more", "its environment with policy and waivers")
    repo.git("checkout", "-q", "-f", "-B", "first", "main")
    release.unlink()
    repo.commit(first)
    assert repo.judged().exit_code == 0
    repo.git("branch", "-f", "main", "first")
    for file in files:
        (repo.root / file).unlink()
    repo.commit(second)
    assert repo.judged().exit_code == 0


def test_a_branch_that_backdates_its_own_trial_proves_nothing(repo: Repo) -> None:
    repo.lock("v3")
    for strategy, day in (("shadow", "2026-10-02"), ("canary", "2026-11-01")):
        repo.release(V1, extra=f"strategy: {{type: {strategy}, candidate: {V3}}}\n")
        repo.commit(strategy, day)
    repo.release(V3)
    repo.commit("promote")
    assert {"ROLL-002", "SOAK-001", "SHAD-001"} <= rules_of(repo.judged())


def test_a_base_that_went_on_does_not_count_as_a_change(repo: Repo) -> None:
    repo.release(V1, "staging", "replicas: 2\n")
    repo.commit("scale")
    repo.git("checkout", "-q", "main")
    repo.edit("environments/production/policy.yaml", "FAIR-002: warn", "FAIR-002: deny")
    repo.commit("stricter")
    repo.git("checkout", "-q", "attack")
    found = repo.judged()
    assert found.refused == ()
    assert {each.rule for each in found.standing} == {"FAIR-002"}  # by the strictness of the base of today


@pytest.mark.usefixtures("apart")
def test_data_that_takes_for_ever_is_given_up(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("releasectl.basejudge.TIMEOUT", 1.0)
    loop = "local f(x) = if x < 0 then x else f(x + 1) tailstrict;\nfunction(images) [f(0)]\n"
    repo.mini.write("pipelines/income/dag.jsonnet", loop)
    repo.commit("loop")
    with pytest.raises(InvalidInput, match="gave no verdict within 1 s"):
        repo.judged()


def test_a_base_without_a_judge_says_so(repo: Repo) -> None:
    repo.git("rm", "-q", "-r", "releasectl")
    repo.commit("without")
    with pytest.raises(InvalidInput, match="its engine cannot judge other files"):
        repo.judged("HEAD")


def test_the_verdict_is_the_same_by_a_process_and_after_its_journey_as_json(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.lock("v2")
    repo.release(V2)
    repo.edit("environments/production/policy.yaml", "DUP-001: deny", "DUP-001: off")
    repo.mini.write("policies/waivers.yaml", "waivers: []\n")
    found = repo.judged()
    assert {"DUP-001", "FAIR-001"} <= rules_of(found)
    assert decoded(json.loads(json.dumps(plain(found)))) == found
    monkeypatch.setattr(basejudge, "ask", by_process)
    assert repo.judged() == found


@pytest.mark.usefixtures("apart")
def test_a_rule_that_exits_is_no_verdict(repo: Repo) -> None:
    """At its import, or while it judges; what the other rules say is heard all the same."""
    repo.git("checkout", "-q", "main")
    repo.mini.write("policies/leakage.py", "import sys\n\nsys.exit(0)\n")
    repo.edit("policies/duplicates.py", "at_least(share)", "at_least(exit(0))")
    repo.commit("rules that exit")
    repo.git("checkout", "-q", "-B", "attack")
    repo.lock("v2")
    repo.release(V2)
    repo.commit("release")
    found = repo.judged()
    assert found.exit_code == 1
    assert {(each.rule, each.release) for each in found.faults} >= {
        ("policies/leakage.py", ""),
        ("DUP-001", "production/income"),
    }
    assert {"FAIR-001", "DATA-001"} <= rules_of(found)


IN_ALL_FORMATS = """\
import contextlib, pathlib, sys
from releasectl.cli.main import guarded
for output in sys.argv[2:]:
    file = pathlib.Path(sys.argv[1], output)
    with file.open("w", encoding="utf-8") as stream, contextlib.redirect_stdout(stream):
        print(guarded(["check", "--base", "main", "--format", output]), file=sys.stderr)
"""


def test_no_report_imports_a_rule_of_what_is_judged(repo: Repo, tmp_path: Path) -> None:
    """Though the engine that asks is the pull request's own: it is as it was, and only rules are not."""
    mark = tmp_path / "ran"
    repo.mini.write("policies/aaa.py", f"from pathlib import Path\nPath({str(mark)!r}).touch()\n")
    (repo.root / "policies/duplicates.py").unlink()
    repo.lock("v2")
    repo.release(V2)
    formats = [name for name in FORMATS if name != "text"]
    command = [sys.executable, "-c", IN_ALL_FORMATS, str(tmp_path), *formats]
    done = subprocess.run(
        command, cwd=repo.root, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(repo.root)},
    )  # fmt: skip
    assert not mark.exists()
    codes = dict(zip(formats, done.stderr.split(), strict=True))
    assert codes == {name: "0" if name == "sarif" else "10" for name in formats}
    said = {name: (tmp_path / name).read_text(encoding="utf-8") for name in formats}
    for text in said.values():
        assert "DUP-001" in text
        assert "removes the rule DUP-001" in text.replace("\\", "")
    (run,) = json.loads(said["sarif"])["runs"]
    described = [each["id"] for each in run["tool"]["driver"]["rules"]]
    assert {"DUP-001", "FAIR-001"} <= set(described)
    assert all(described[each["ruleIndex"]] == each["ruleId"] for each in run["results"])
    root = ElementTree.fromstring(said["junit"].partition("\n")[2])
    cases = {(case.get("classname"), case.get("name", "").split()[0]): case for case in root.iter("testcase")}
    for rule in ("DUP-001", "FAIR-001"):
        assert cases["production/income", rule].find("failure") is not None
    assert cases["staging/income", "ROLL-002"].find("skipped") is not None
