"""Reports, whole: what a person sees, without colours, and what a machine reads."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click
import pytest

from releasectl.checked import Checked
from releasectl.errors import Problem
from releasectl.fields import ABSENT, FieldChange
from releasectl.lineage import lineage
from releasectl.model import Place, Strategy
from releasectl.plan.values import Change, Highlight, Plan, Verb
from releasectl.policy import Finding, Severity, Strictness
from releasectl.propose import Proposal
from releasectl.report import apply as apply_report
from releasectl.report import findings as findings_report
from releasectl.report import lineage as lineage_report
from releasectl.report import plan as plan_report
from releasectl.report import release as release_report
from releasectl.report import status as status_report
from releasectl.report import verify as verify_report
from releasectl.report.changes import brief, changes
from releasectl.report.console import text
from releasectl.status import status
from releasectl.verify import Chain, Link, Verdict, Verification
from tests import builder
from tests.unit.flow.applies import MODEL_1, MODEL_2, NONE, ONE, TWO, applied, reapply, replan
from tests.unit.flow.trainings import NEW_DATA
from tests.unit.flow.trainings import applied as pipelines_applied
from tests.unit.flow.trainings import replan as replan_pipelines
from tests.unit.flow.world import DATASET, SPECS, Wish, rendered_environment, rendered_pipelines, spec

GONE = "SeldonDeployment creditco-production/income"


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def lines(text: str) -> list[str]:
    return click.unstyle(text).splitlines()


def test_a_plan_of_a_new_model() -> None:
    world, _, _ = applied({"production": {"income": Wish(detectors=("drift",))}})
    plan = replan(world, {"production": {"income": Wish(model="model 2", replicas=2, detectors=("drift",))}})
    assert lines(plan_report.as_text(plan)) == [
        "production: 1 to change, 1 to replace, 1 to move",
        "",
        "  ~ SeldonDeployment creditco-production/income",
        f"      model commit         {MODEL_1[:12]}  →  {MODEL_2[:12]}",
        "      dataset income_data  4e1d411b86d6  →  428de1b27cfd",
        "      accuracy             0.8           →  0.807         +0.007",
        "      roc_auc              0.9           =  0.9",
        "      replicas             1             →  2",
        f"      in 5 fields: {MODEL_1[:12]} → {MODEL_2[:12]}",
        "      spec.predictors[default].replicas: 1 → 2",
        "  ± drift detector creditco-production/income-drift",
        "      deleted and created: the API has no update",
        f"      model commit  {MODEL_1[:12]}  →  {MODEL_2[:12]}",
        "      config.basic.storage_uri",
        f"        - s3://{MODEL_1}.master.copy_models/income/drift",
        f"        + s3://{MODEL_2}.master.copy_models/income/drift",
        "  → branch copy_models@production",
        f"      head  {MODEL_1[:12]}  →  {MODEL_2[:12]}",
        "",
        "nothing is written yet: releasectl apply production",
    ]


def test_a_plan_that_deletes_and_warns() -> None:
    world, _, _ = applied({"production": {"income": Wish(detectors=())}})
    assert lines(plan_report.as_text(replan(world, NONE))) == [
        "production: 2 to delete",
        "",
        "  - branch copy_models@production",
        "      no release serves it any more",
        f"      head  {MODEL_1[:12]}  →  -",
        "  - SeldonDeployment creditco-production/income",
        f"      it served {MODEL_1}",
        "",
        "warnings",
        f"  ! {GONE}: no release file asks for it any more: it is deleted",
        "    and stops serving",
        "    → if that is not what you want, restore releases/production/income.yaml",
        "",
        "nothing is written yet: releasectl apply production",
    ]


def test_fields_as_a_reviewer_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes or goes as a whole is a word, and the lines of a value stand below its mark."""
    monkeypatch.setenv("COLUMNS", "80")
    fields = (
        FieldChange("spec.predictors[candidate]", {"name": "candidate"}, ABSENT),
        FieldChange("spec.predictors[shadow]", ABSENT, {"name": "shadow"}),
        FieldChange("spec.note", "as before", "word " * 40),
    )
    told = lines(text(changes((Change(Verb.UPDATE, GONE, fields=fields),))))
    assert told[:6] == [
        f"  ~ {GONE}",
        "      spec.predictors[candidate]: removed",
        "      spec.predictors[shadow]: added",
        "      spec.note",
        "        - as before",
        "        + word word word word word word word word word word word word word word",
    ]
    assert all(line.startswith("          word") for line in told[6:])


def test_a_plan_of_pipelines() -> None:
    world = pipelines_applied()
    specs = (spec("income_training", "income_data", image="creditco/trainers:1.1.0"), *SPECS[1:])
    assert lines(plan_report.as_text(replan_pipelines(world, specs, NEW_DATA))) == [
        "pipelines: 1 to change, 1 to move",
        "",
        "  ~ pipeline income_training",
        "      its code changed, so every datum is processed again",
        "      version  1                        →  2",
        "      image    creditco/trainers:1.0.0  →  creditco/trainers:1.1.0",
        "      transform.image: creditco/trainers:1.0.0 → creditco/trainers:1.1.0",
        "  → branch income_data@master",
        "      starts 3 jobs",
        f"      dataset income_data  {DATASET[:12]}  →  {NEW_DATA[:12]}",
        "",
        "nothing is written yet: releasectl apply pipelines",
    ]


def test_an_empty_plan_is_one_line() -> None:
    assert lines(plan_report.as_text(Plan("staging", ()))) == [
        "staging: nothing to do, what is live is what the files say"
    ]


def test_a_plan_as_json_has_whole_commits() -> None:
    world, _, _ = applied(ONE)
    found = json.loads(plan_report.as_json(replan(world, TWO)))
    assert (found["command"], found["ok"], found["target"], found["writes"]) == (
        "plan",
        False,
        "production",
        6,
    )
    change = found["changes"][0]
    assert change["verb"] == "update"
    assert change["highlights"][0] == {"what": "model commit", "old": MODEL_1, "new": MODEL_2}
    assert found["models"] == {"income": MODEL_2}


def test_what_is_absent_has_a_reason_in_json() -> None:
    world, _, _ = applied(NONE)
    found = json.loads(plan_report.as_json(replan(world, ONE)))
    assert found["changes"][0]["highlights"][0]["old"] == {"missing": "absent"}


def test_what_an_apply_did_in_a_line_each() -> None:
    """A commit before a share, a field if it is the only one; never an empty row."""
    traffic = Highlight("traffic", 100, 50)
    owner = FieldChange("metadata.labels.owner", "credit-ml", "risk")
    notes = FieldChange("metadata.annotations.note", "a", "b" * 80)
    found = [
        Change(Verb.UPDATE, "with a trial", (traffic, Highlight("candidate: model commit", ABSENT, MODEL_2))),
        Change(Verb.UPDATE, "with more requests", (traffic, Highlight("candidate: traffic", 0, 50))),
        Change(Verb.UPDATE, "with another owner", fields=(owner,)),
        Change(Verb.UPDATE, "with a long text", fields=(notes,)),
        Change(Verb.UPDATE, "with all of it", fields=(owner, notes)),
        Change(Verb.CREATE, "new"),
    ]
    assert lines(text(brief(found))) == [
        f"  ~  with a trial        candidate: model commit    -          →  {MODEL_2[:12]}",
        "  ~  with more requests  traffic                    100        →  50",
        "  ~  with another owner  metadata.labels.owner      credit-ml  →  risk",
        "  ~  with a long text    metadata.annotations.note",
        "  ~  with all of it      2 fields",
        "  +  new",
    ]


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (("a",), "1 file (a)"),
        (tuple("abc"), "3 files (a, b, c)"),
        (tuple("abcde"), "5 files (a, b, c and 2 more)"),
    ],
)
def test_uncommitted_files_are_named_and_counted(paths: tuple[str, ...], told: str) -> None:
    assert lines(plan_report.as_text(Plan("staging", ()), uncommitted=paths)) == [
        "staging: nothing to do, what is live is what the files say",
        "",
        f"! the tree has uncommitted changes: {told}",
    ]
    assert json.loads(plan_report.as_json(Plan("staging", ()), uncommitted=paths))["uncommitted"] == [*paths]


def test_an_apply_tells_what_it_did() -> None:
    world, _, _ = applied({"production": {"income": Wish(detectors=())}})
    outcome = reapply(world, {"production": {"income": Wish(replicas=3, detectors=())}})
    outcome = replace(outcome, finished=outcome.started + timedelta(seconds=4.26))
    assert lines(apply_report.as_text(outcome)) == [
        "✓ production: 1 change applied in 4.3 s",
        "  ~  SeldonDeployment creditco-production/income  replicas  1  →  3",
        "next: releasectl verify production",
    ]
    found = json.loads(apply_report.as_json(outcome))
    assert (found["ok"], found["result"], found["writes"]) == (True, "applied", 1)
    assert found["started"].startswith("2026-01-02T03:04:")


def test_an_apply_tells_who_else_answers_now() -> None:
    """As after a revert of the promotion that ended a trial."""
    world, _, _ = applied(ONE)
    outcome = reapply(world, {"production": {"income": Wish(replicas=3)}})
    for strategy, told in (
        (Strategy("canary", MODEL_2, traffic=50), "is on trial (canary) and answers 50 %"),
        (Strategy("shadow", MODEL_2, mirror=100), "is on trial (shadow) and answers nobody"),
    ):
        outcome = replace(outcome, plan=replace(outcome.plan, strategies={"income": strategy}))
        assert lines(apply_report.as_text(outcome))[-2:] == [
            f"! production/income: {MODEL_2[:12]} {told}",
            "next: releasectl verify production",
        ]


def test_after_an_apply_of_pipelines_that_wait_nothing_is_to_be_released() -> None:
    """`latest` would be the model of before."""
    world = pipelines_applied()
    outcome = world.apply("pipelines", world.repository(dataset=NEW_DATA), rendered_pipelines(SPECS))
    assert lines(apply_report.as_text(outcome))[-1].startswith("next: releasectl release NAME")
    waits = Problem("pipeline income_training", "waits for data", "push some")
    outcome = replace(outcome, plan=replace(outcome.plan, warnings=(waits,)))
    assert lines(apply_report.as_text(outcome))[-1] == "    → push some"


def test_a_path_that_is_too_long_for_its_column_is_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    path = "spec.predictors[default].componentSpecs[0].spec.containers[income].resources.limits.memory"
    fields = (FieldChange(path, "1Gi", "512Mi"),)
    change = Change(Verb.UPDATE, "SeldonDeployment creditco-production/income", (), fields)
    told = lines(text(brief([change, Change(Verb.MOVE, "branch copy_models@production")])))
    assert told == [
        "  ~  SeldonDeployment creditco-production/income",
        f"      {path} 1Gi → 512Mi",
        "  →  branch copy_models@production",
    ]


def test_an_apply_without_a_change_is_one_line() -> None:
    world, repository, rendered = applied(ONE)
    outcome = world.apply("production", repository, rendered)
    assert lines(apply_report.as_text(outcome)) == [
        "✓ production: nothing to do, what is live is what the files say"
    ]


def test_a_verification() -> None:
    links = (
        Link("model: lock", Verdict.MATCHED, "it is whole"),
        Link("live object", Verdict.CONTRADICTED, "differs in spec.predictors[default].replicas"),
        Link("prediction", Verdict.UNKNOWN, "the ingress does not answer"),
    )
    found = Verification("production", (Chain("release production/income", links),))
    assert lines(verify_report.as_text(found)) == [
        "release production/income",
        "  ✓  model: lock  it is whole",
        "  ✗  live object  differs in spec.predictors[default].replicas",
        "  ?  prediction   the ingress does not answer",
        "",
        "✗ production: 1 matched, 1 contradicted, 1 unknown",
    ]
    assert json.loads(verify_report.as_json(found))["exit_code"] == 11
    assert json.loads(verify_report.as_json(found))["chains"][0]["links"][2]["verdict"] == "unknown"


def test_a_status() -> None:
    world, _, _ = applied(ONE)
    world.cluster.serving.failing[MODEL_1] = "out of memory"
    repository = world.repository(TWO)
    found = status("production", repository, rendered_environment(repository, TWO), world.cluster.ports)
    down = Problem("staging", "Seldon Deploy does not answer", "start it")
    assert lines(status_report.as_text([found], [down])) == [
        "production (creditco-production)",
        "  last apply: applied 2026-01-02 03:04:05 UTC, git 9af1035af775, Ada <ada@example.org>",
        "  release  desired       live          state                  strategy  git",
        f"  income   {MODEL_2[:12]}  {MODEL_1[:12]}  Failed: out of memory  direct    9af1035af775",
        "  http://ingress/creditco-production/income",
        "",
        "  ? staging: Seldon Deploy does not answer",
        "    → start it",
    ]
    told = json.loads(status_report.as_json([found], [down]))
    assert (told["ok"], told["targets"][0]["releases"][0]["live"]) == (False, MODEL_1)


def test_a_lineage() -> None:
    world, repository, _ = applied(ONE)
    found = lineage(repository.environments["production"], "income", world.cluster.ports)
    assert lines(lineage_report.as_text(found)) == [
        "production/income  creditco-production, applied at git commit 9af1035af775",
        f"predictor default serves copy_models@{MODEL_1}",
        "├── made by",
        f"│   └── copy_models     {MODEL_1[:12]}  version 1, creditco/trainers:1.0.0",
        "└── from the data",
        f"    ├── income_data     {found.descents[0].upstreams[0].commit}  master",
        f"    └── income_holdout  {found.descents[0].upstreams[1].commit}  master",
    ]


def finding(rule: str, strictness: Strictness, release: str) -> Finding:
    place = Place(f"releases/{release}.yaml", 3, 1)
    title, message, remedy = "Requests are logged", "logger is off", "write `logger: {mode: all}`"
    environment = release.partition("/")[0]
    return Finding(rule, title, Severity.HIGH, strictness, place, message, remedy, environment, release)


def test_findings_by_release_the_strictest_first() -> None:
    found = (
        finding("LOG-001", Strictness.DENY, "production/income"),
        finding("PIN-001", Strictness.WARN, "staging/income"),
        finding("LOG-002", Strictness.ADVISE, "production/income"),
    )
    checked = Checked(("production/income",), found)
    assert lines(findings_report.as_text(checked)) == [
        "production/income",
        "  ✗ deny LOG-001 Requests are logged (high)",
        "    releases/production/income.yaml:3:1",
        "    - logger is off",
        "    → write `logger: {mode: all}`",
        "  · advise LOG-002 Requests are logged (high)",
        "    releases/production/income.yaml:3:1",
        "    - logger is off",
        "    → write `logger: {mode: all}`",
        "",
        "staging/income",
        "  ! warn PIN-001 Requests are logged (high)",
        "    releases/staging/income.yaml:3:1",
        "    - logger is off",
        "    → write `logger: {mode: all}`",
        "",
        "✗ 1 release checked: 1 deny, 1 warn, 1 advise",
    ]
    clean = Checked(("production/income",), ())
    assert lines(findings_report.as_text(clean)) == ["✓ 1 release checked, no finding"]
    told = json.loads(findings_report.as_json(checked))
    assert (told["ok"], told["findings"][0]["place"]) == (False, "releases/production/income.yaml:3:1")


def test_colours_are_there_for_a_terminal_and_can_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[32m" in plan_report.as_text(Plan("staging", ()))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in plan_report.as_text(Plan("staging", ()))


@pytest.mark.parametrize("columns", ["20", "80", "120", "400"])
def test_no_commit_is_cut_off_at_any_width(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    world, _, _ = applied(ONE)
    told = "".join(line.strip() for line in lines(plan_report.as_text(replan(world, TWO))))
    for detector in ("drift", "outlier"):
        assert f"s3://{MODEL_2}.master.copy_models/income/{detector}" in told
    assert max(len(line) for line in lines(plan_report.as_text(replan(world, TWO)))) <= 120


@pytest.fixture
def proposal(tmp_path: Path) -> Proposal:
    """Model 2 in place of model 1, in a repository on disk."""
    mini = builder.build(tmp_path)
    metrics = {"accuracy": 0.861, "roc_auc": 0.9102, "brier": 0.095}
    evidence = {**builder.EVIDENCE, "metrics": metrics}
    mini.lock(builder.CANDIDATE, dataset=builder.commit_id("dataset 2"), evidence=evidence)
    mini.release("income", "production", builder.CANDIDATE)
    repository = mini.load()
    release = next(each for each in repository.releases if each.environment == "production")
    return Proposal(release, builder.MODEL, repository, (), (), {})


def test_a_proposed_release(proposal: Proposal) -> None:
    old, new = builder.MODEL[:12], builder.CANDIDATE[:12]
    datasets = builder.DATASET[:12], builder.commit_id("dataset 2")[:12]
    assert lines(release_report.as_text(proposal, ["releases/production/income.yaml"])) == [
        "production/income  direct, explainer anchor-tabular, detectors drift and outlier",
        f"    model commit         {old}  →  {new}",
        f"    dataset income_data  {datasets[0]}  →  {datasets[1]}",
        "    accuracy             0.8571        →  0.861         +0.0039",
        "    brier                0.0991        →  0.095         -0.0041",
        "    roc_auc              0.9102        =  0.9102",
        "",
        "✓ 1 file written",
        "  releases/production/income.yaml",
        f"next: git add -A releases environments && git commit -m 'Release income {new} to production'",
        "then: a pull request (--pr does both); once it is merged and applied, releasectl verify production",
    ]
    told = lines(release_report.as_text(proposal, ["releases/production/income.yaml"], commits=True))
    assert told[-1] == "  releases/production/income.yaml"
    told = json.loads(release_report.as_json(proposal, ["a"]))
    assert (told["ok"], told["model"], told["written"]) == (True, builder.CANDIDATE, ["a"])


def test_a_command_to_be_copied_is_one_line(proposal: Proposal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the line break would be part of the commit's message."""
    monkeypatch.setenv("COLUMNS", "80")
    told = lines(release_report.as_text(proposal, ["releases/production/income.yaml"]))
    message = f"'Release income {builder.CANDIDATE[:12]} to production'"
    assert f"next: git add -A releases environments && git commit -m {message}" in told


def test_a_release_that_changes_nothing(proposal: Proposal) -> None:
    assert lines(release_report.as_text(proposal, ()))[-1] == "✓ nothing changes: the files say so already"
    assert json.loads(release_report.as_json(proposal, ()))["written"] == []


def test_a_denied_release_says_so(proposal: Proposal) -> None:
    denied = replace(proposal, findings=(finding("FAIR-001", Strictness.DENY, "production/income"),))
    text = lines(release_report.as_text(denied, ()))
    assert "  ✗ deny FAIR-001 Requests are logged (high)" in text
    assert text[-1] == "✗ the policy denies this release: nothing is written"
    assert not json.loads(release_report.as_json(denied, ()))["ok"]
