"""Records, strictness, thresholds and waivers made milder by the very branch that needs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl.pathlaw import changes
from releasectl.ruledelta import rule_delta
from tests.attacks.conftest import V2, Repo, clone, rules_of, told

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


@pytest.fixture(scope="module")
def prints(template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The fingerprint of what each rule finds of model 2 in production."""
    repo = clone(template, tmp_path_factory.mktemp("prints"))
    repo.lock("v2")
    repo.release(V2)
    return {each.rule: each.fingerprint for each in repo.judged().denied if each.environment == "production"}


@pytest.mark.usefixtures("apart")
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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("RULE = ", f"DEEP = {'-' * 100_000}1\nRULE = ", "is no module: "),
        ("RULE = ", f"DEEP = a{'.a' * 100_000}\nRULE = ", "is no module: "),
        ("RULE = ", "\0RULE = ", "is no module: "),
        ('id="DUP-001"', "id={[1]: 2}", "its id becomes what only running the module could tell"),
        ('id="DUP-001"', f"id={'-' * 500}1", "its id becomes what only running the module could tell"),
        ('id="DUP-001"', 'id="DUP-\u202e100"', r"its id becomes DUP-\u202e100"),
        ('"share", 0.5', '"share", "0.5"', "loosens DUP-001: share would be 0.5, which it cannot be"),
        ('"share", 0.5', '"share", 5j', "loosens DUP-001: share would be 5j, which it cannot be"),
        ('"share", 0.5', '"share", [[0.5]]', "loosens DUP-001: share would be 0.5, which it cannot be"),
    ],
    ids=lambda text: text[:24],
)
def test_a_module_that_makes_no_sense_is_told_at_its_file(repo: Repo, old: str, new: str, said: str) -> None:
    """And the base goes on to judge: nothing is wrong with it."""
    path = "policies/duplicates.py"
    repo.edit(path, old, new)
    repo.commit("policy")
    base = repo.git("rev-parse", "main")
    found = [each.notice for each in rule_delta(repo.root, changes(repo.root, base), ())]
    assert {each.place.file for each in found} == {path}
    assert said in "\n".join(each.what for each in found)


@pytest.mark.usefixtures("apart")
def test_a_module_that_cannot_be_parsed_does_not_stop_the_judge(repo: Repo) -> None:
    repo.edit("policies/duplicates.py", "RULE = ", f"DEEP = {'-' * 100_000}1\nRULE = ")
    repo.lock("v2")
    repo.release(V2)
    repo.commit("policy")
    found = repo.judged()
    assert "DUP-001" in rules_of(found)
    assert "is no module: " in told(found)


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
        "DUP-001: {strictness: deny, parameters: {share: 0.06}}",
    )
    repo.lock("v2")
    repo.release(V2)
    repo.commit("release")
    found = repo.judged()
    assert "DUP-001" in rules_of(found)
    assert "loosens DUP-001 in production: share 0.5 becomes 0.06" in told(found)
    assert "would drop a finding: DUP-001 on production/income" in told(found)
    assert "environments/production/policy.yaml" in told(found)


def test_a_self_made_waiver_does_not_hold(repo: Repo, prints: dict[str, str]) -> None:
    repo.lock("v2")
    repo.release(V2)
    repo.mini.write(
        "policies/waivers.yaml",
        WAIVER.format(
            rule="DUP-001",
            fingerprint=prints["DUP-001"],
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
        ("credit_ml", "2026-11-20", "2026-12-20", "approved by its own owner"),
        ("model-risk", "2026-11-20", "2027-11-20", "lasts 365 days, at most 90"),
        ("model-risk", "2026-11-20", "2026-11-31", "is no day of the calendar"),
        ("model-risk", "2026-12-01", "2026-12-20", "begins on 2026-12-01"),
    ],
)
def test_a_waiver_of_the_base_that_is_none_does_not_hold(
    repo: Repo, prints: dict[str, str], approver: str, created: str, expires: str, said: str
) -> None:
    repo.git("checkout", "-q", "main")
    text = WAIVER.format(
        rule="DUP-001", fingerprint=prints["DUP-001"], approver=approver, created=created, expires=expires
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


@pytest.mark.usefixtures("apart")
def test_a_waiver_of_the_base_holds(repo: Repo, prints: dict[str, str]) -> None:
    """And one of a rule that nobody may waive in production does not."""
    repo.git("checkout", "-q", "main")
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


def test_a_new_name_does_not_shed_the_renewals(repo: Repo) -> None:
    """Renewal three of the rule for what was called `income` until now, with a fingerprint of its own."""
    repo.git("checkout", "-q", "main")
    repo.lock("v2")
    repo.release(V2)
    repo.commit("it serves somehow", "2026-10-02")
    terms = {"rule": "DUP-001", "fingerprint": "0" * 16, "approver": "model-risk", "expires": "2026-12-20"}
    for created in ("2026-02-01", "2026-05-01", "2026-08-01"):
        given = terms | {"created": created, "expires": f"{created[:-2]}28"}
        repo.mini.write("policies/waivers.yaml", WAIVER.format(**given))
        repo.commit("waive", "2026-10-03")
    repo.git("mv", "releases/production/income.yaml", "releases/production/income2.yaml")
    repo.edit("releases/production/income2.yaml", "name: income", "name: income2")
    repo.commit("another name", "2026-10-04")
    (found,) = (each for each in repo.judged("HEAD").standing if each.rule == "DUP-001")
    assert found.release == "production/income2"
    given = terms | {"created": "2026-11-01", "fingerprint": found.fingerprint}
    repo.mini.write(
        "policies/waivers.yaml", WAIVER.format(**given).replace("release: income", "release: income2")
    )
    repo.commit("waive", "2026-11-02")
    after = repo.judged("HEAD")
    assert "DUP-001" in {each.rule for each in after.standing}
    assert any("is renewal 3 within a year" in each.what for each in after.notices)


@pytest.mark.parametrize(("approver", "holds"), [("model-risk", False), ("data-stewards", True)])
def test_new_columns_are_the_data_stewards_to_allow(repo: Repo, approver: str, holds: bool) -> None:
    repo.git("checkout", "-q", "main")
    repo.lock("v2")
    repo.release(V2)
    repo.commit("it serves somehow")
    (found, *_) = (each for each in repo.judged("HEAD").standing if each.rule == "DATA-001")
    terms = {"created": "2026-11-20", "expires": "2026-12-20", "fingerprint": found.fingerprint}
    repo.mini.write("policies/waivers.yaml", WAIVER.format(rule="DATA-001", approver=approver, **terms))
    repo.commit("waive")
    after = repo.judged("HEAD")
    assert any(each.waiver for each in after.findings) is holds
    assert (
        any("DATA-001 is waived by data-stewards alone" in each.what for each in after.notices) is not holds
    )


@pytest.mark.parametrize(
    "path",
    [
        "policies/waivers.schema.json",
        "environments/platforms/sandbox.yaml",
        "trainers/schemas/card.schema.json",
        "json.py",
    ],
)
def test_every_change_of_the_judge_is_told(repo: Repo, path: str) -> None:
    """Also one that nothing can be said of but its name."""
    file = repo.root / path
    repo.mini.write(path, (file.read_text() if file.exists() else "") + "\n")
    repo.commit("judge")
    assert f"changes engine, schemas, workflows or environments: {path}" in told(repo.judged())


def test_a_policy_that_is_stricter_or_gone_is_told(repo: Repo) -> None:
    """Without it the rules are as strict as they propose: of that, too, somebody should know."""
    policy = "environments/production/policy.yaml"
    repo.edit(policy, "FAIR-002: warn", "FAIR-002: deny")
    assert f"environments: {policy}" in told(repo.judged())
    (repo.root / policy).unlink()
    assert policy in {str(each.place).split(":")[0] for each in repo.judged().delta}
    (repo.root / "environments/production/environment.yaml").unlink()
    (repo.root / "releases/production/income.yaml").unlink()
    assert policy in told(repo.judged())


def test_a_package_s_own_module_is_no_rule(repo: Repo) -> None:
    repo.edit("policies/__init__.py", '"""', '"""A ')
    assert "changes a module that is no rule" in told(repo.judged())
