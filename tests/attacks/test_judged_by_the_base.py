"""Attacks on the judge, each in a real git repository with a real base, and each refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from releasectl import lock as locks
from releasectl.errors import InvalidInput
from tests.attacks.conftest import V1, V2, V3, Repo, rules_of, told

WAIVER = """\
waivers:
  - rule: {rule}
    release: income
    environment: production
    fingerprint: {fingerprint}
    reason: we need this model in production today
    owner: credit-ml
    approver: {approver}
    ticket: RISK-1
    created: {created}
    expires: {expires}
"""

REVOKED = f"""\
revoked:
  - commit: {V2}
    reason: bought labels
    owner: credit-risk
    date: 2026-11-01
"""


def test_nothing_changed_nothing_found(repo: Repo) -> None:
    found = repo.judged()
    assert (found.exit_code, found.delta, found.refused) == (0, (), ())
    assert found.judge == repo.git("rev-parse", "main")[:12]
    assert {"production/income", "staging/income"} == set(found.releases)


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


def test_a_loosened_record_is_told_without_running_it(repo: Repo) -> None:
    repo.edit("policies/duplicates.py", '"share", 0.5', '"share", 0.05')
    repo.edit("policies/duplicates.py", "Severity.HIGH", "Severity.LOW")
    repo.edit("policies/revoked.py", "fixed=True", "fixed=False")
    repo.edit("policies/leakage.py", "default=Strictness.DENY", "default=Strictness.WARN")
    repo.edit("policies/protected_features.py", 'unwaivable=("production",)', "unwaivable=()")
    repo.commit("policy")
    said = told(repo.judged())
    assert "loosens DUP-001: severity high becomes low" in said
    assert "loosens DUP-001: share 0.5 becomes 0.05" in said
    assert "loosens REVO-001: an environment could make it less strict" in said
    assert "loosens LEAK-001: default deny becomes warn" in said
    assert "loosens FAIR-001: a waiver would hold in production" in said


def test_a_lowered_strictness_does_not_count_and_is_told(repo: Repo) -> None:
    repo.edit("environments/production/policy.yaml", "FAIR-004: deny", "FAIR-004: off")
    repo.edit("environments/production/policy.yaml", "FAIR-003: deny", "FAIR-003: advise")
    repo.commit("policy")
    found = repo.judged()
    assert {each.rule for each in found.findings if each.environment == "production"} >= {"FAIR-004"}
    assert "loosens FAIR-004 in production: deny becomes off" in told(found)
    assert "would drop a finding: FAIR-004 on production/income (warn: groups of gender" in told(found)
    assert "would make a finding advise: FAIR-003 on production/income" in told(found)


def test_a_widened_threshold_does_not_count_and_is_told(repo: Repo) -> None:
    repo.edit(
        "environments/production/policy.yaml",
        "DUP-001: deny",
        "DUP-001: {strictness: deny, parameters: {share: 0.01}}",
    )
    repo.lock("v2")
    repo.release(V2)
    repo.commit("release")
    found = repo.judged()
    assert "DUP-001" in rules_of(found)
    assert "loosens DUP-001 in production: share 0.5 becomes 0.01" in told(found)
    assert "would drop a finding: DUP-001 on production/income" in told(found)
    assert "environments/production/policy.yaml" in told(found)


def test_a_self_made_waiver_does_not_hold(repo: Repo) -> None:
    repo.lock("v2")
    repo.release(V2)
    finding = next(each for each in repo.judged().denied if each.rule == "DUP-001")
    repo.mini.write(
        "policies/waivers.yaml",
        WAIVER.format(
            rule="DUP-001",
            fingerprint=finding.fingerprint,
            approver="model-risk",
            created="2026-11-20",
            expires="2026-12-20",
        ),
    )
    repo.commit("release")
    found = repo.judged()
    assert "DUP-001" in rules_of(found)
    assert "adds a waiver of DUP-001 for production/income until 2026-12-20" in told(found)
    assert "would waive a finding: DUP-001" in told(found)
    assert "and their judge (policies/waivers.yaml) change together" in told(found)


@pytest.mark.parametrize(
    ("approver", "created", "expires", "said"),
    [
        ("model-risk", "2026-08-01", "2026-10-20", "expired on 2026-10-20"),
        ("Credit_ML", "2026-11-20", "2026-12-20", "approved by its own owner"),
        ("model-risk", "2026-11-20", "2027-11-20", "lasts 365 days, at most 90"),
        ("model-risk", "2026-11-20", "2026-11-31", "is no day of the calendar"),
        ("model-risk", "2026-12-01", "2026-12-20", "begins on 2026-12-01"),
    ],
)
def test_a_waiver_of_the_base_that_is_none_does_not_hold(
    repo: Repo, approver: str, created: str, expires: str, said: str
) -> None:
    repo.git("checkout", "-q", "main")
    repo.lock("v2")
    repo.release(V2)
    finding = next(each for each in repo.judged().denied if each.rule == "DUP-001")
    repo.git("checkout", "-q", "-f", "main")
    repo.git("clean", "-qfd")
    text = WAIVER.format(
        rule="DUP-001", fingerprint=finding.fingerprint, approver=approver, created=created, expires=expires
    )
    repo.mini.write("policies/waivers.yaml", text)
    repo.commit("waive")
    repo.git("checkout", "-q", "-B", "attack")
    repo.lock("v2")
    repo.release(V2)
    repo.commit("release")
    found = repo.judged()
    assert "DUP-001" in rules_of(found)
    assert any(said in notice.what for notice in found.notices)


def test_a_waiver_of_the_base_holds(repo: Repo) -> None:
    """And one of a rule that nobody may waive in production does not."""
    repo.git("checkout", "-q", "main")
    repo.lock("v2")
    repo.release(V2)
    prints = {
        each.rule: each.fingerprint for each in repo.judged().denied if each.environment == "production"
    }
    repo.git("checkout", "-q", "-f", "main")
    repo.git("clean", "-qfd")
    terms = {"approver": "model-risk", "created": "2026-11-20", "expires": "2026-12-20"}
    one, other = (
        WAIVER.format(rule=rule, fingerprint=prints[rule], **terms) for rule in ("DUP-001", "XAI-001")
    )
    repo.mini.write("policies/waivers.yaml", one + other.partition("\n")[2])
    repo.commit("waive")
    repo.git("checkout", "-q", "-B", "attack")
    repo.lock("v2")
    repo.release(V2)
    repo.commit("release")
    found = repo.judged()
    assert "DUP-001" not in rules_of(found)
    assert "XAI-001" in rules_of(found)
    assert any("XAI-001 cannot be waived in production" in notice.what for notice in found.notices)


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


def test_the_evidence_of_another_commit_is_refused(repo: Repo) -> None:
    """Model 2 with what was measured of model 3."""
    from tests import policy_cases

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


def test_a_revocation_that_is_taken_back_stays_in_force(repo: Repo) -> None:
    repo.git("checkout", "-q", "main")
    repo.lock("v2")
    repo.mini.write("releases/revoked.yaml", REVOKED)
    repo.commit("revoke model 2")
    repo.git("checkout", "-q", "-B", "attack")
    repo.mini.write("releases/revoked.yaml", "revoked: []\n")
    repo.release(V2)
    repo.commit("release")
    found = repo.judged()
    assert "REVO-001" in rules_of(found)
    assert f"takes back the revocation of {V2}" in told(found)


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/plan.yml",
        ".github/CODEOWNERS",
        "releases/release.schema.json",
        "generators/seldon_deployment.libsonnet",
        "releasectl/judge.py",
        "requirements.txt",
    ],
)
def test_releases_and_judge_at_once_are_refused_by_name(repo: Repo, path: str) -> None:
    repo.mini.write(path, (repo.root / path).read_text() + "\n" if (repo.root / path).exists() else "#\n")
    repo.release(V1, "staging", "replicas: 2\n")
    repo.commit("both")
    found = repo.judged()
    assert found.exit_code == 10
    assert f"releases (releases/staging/income.yaml) and their judge ({path}) change together" in told(found)


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
    assert f"changes engine, schemas, workflows or environments: {file}" in told(found)


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
    assert rules_of(found) == {"FAIR-002"}  # by the strictness of the base of today


def test_data_that_takes_for_ever_is_given_up(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("releasectl.basejudge.TIMEOUT", 3.0)
    loop = "local f(x) = if x < 0 then x else f(x + 1) tailstrict;\nfunction(images) [f(0)]\n"
    repo.mini.write("pipelines/income/dag.jsonnet", loop)
    repo.commit("loop")
    with pytest.raises(InvalidInput, match="gave no verdict within 3 s"):
        repo.judged()


def test_a_base_without_a_judge_says_so(repo: Repo) -> None:
    repo.git("rm", "-q", "-r", "releasectl")
    repo.commit("without")
    with pytest.raises(InvalidInput, match="its engine cannot judge other files"):
        repo.judged("HEAD")


def test_the_verdict_is_the_same_after_its_journey_as_json(repo: Repo) -> None:
    from releasectl.checkedjson import decoded
    from releasectl.plain import plain

    repo.lock("v2")
    repo.release(V2)
    found = repo.judged()
    assert decoded(json.loads(json.dumps(plain(found)))) == found
