"""Plan and apply of the target `pipelines`: one transaction, its jobs, and what happens when one fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releasectl.clock import Patience
from releasectl.errors import InvalidInput, PlatformRefused
from releasectl.ledger import history
from releasectl.plan import plan
from releasectl.plan.values import Highlight, Verb
from tests.unit.flow.fake_pachyderm import commit_id
from tests.unit.flow.trainings import NEW_DATA, applied, reapply, replan
from tests.unit.flow.world import (
    DATASET,
    SPECS,
    lock_of,
    rendered_pipelines,
    spec,
    world_with_data,
    world_with_models,
)


def test_first_apply_is_one_transaction_and_one_commit_set() -> None:
    world = world_with_data()
    found = replan(world)
    assert [change.resource for change in found.changes] == [
        "pipeline income_training",
        "pipeline income_evaluation",
        "pipeline copy_models",
        "branch income_data@master",
    ]
    assert found.changes[-1].note == "starts 3 jobs"
    reapply(world)
    assert world.cluster.writes == ["change pipelines"]
    assert len({jobs[0].id for jobs in world.cluster.data.runs.values()}) == 1
    assert {len(jobs) for jobs in world.cluster.data.runs.values()} == {1}


def test_a_second_apply_writes_nothing_and_starts_no_job() -> None:
    world = applied()
    assert reapply(world).result == "unchanged"
    assert world.cluster.data.writes == []
    assert {len(jobs) for jobs in world.cluster.data.runs.values()} == {1}


def test_a_new_dataset_moves_the_head_and_nothing_else() -> None:
    world = applied()
    found = replan(world, dataset=NEW_DATA)
    assert [(change.verb, change.resource) for change in found.changes] == [
        (Verb.MOVE, "branch income_data@master")
    ]
    assert found.changes[0].highlights == (Highlight("dataset income_data", DATASET, NEW_DATA),)
    reapply(world, dataset=NEW_DATA)
    assert world.cluster.data.heads["income_data"]["master"] == NEW_DATA
    assert {state.version for state in world.cluster.data.live.values()} == {1}


def test_changed_code_is_processed_again_and_a_changed_timeout_is_not() -> None:
    world = applied()
    image = (spec("income_training", "income_data", image="creditco/trainers:1.1.0"), *SPECS[1:])
    step = replan(world, image).steps[0]
    assert step.action.change.pipelines[0]["reprocess"] is True
    assert step.changes[0].highlights == (
        Highlight("version", 1, 2),
        Highlight("image", "creditco/trainers:1.0.0", "creditco/trainers:1.1.0"),
    )
    timeout = ({**SPECS[0], "job_timeout": "300s"}, *SPECS[1:])
    step = replan(world, timeout).steps[0]
    assert "reprocess" not in step.action.change.pipelines[0]
    assert [field.path for field in step.changes[0].fields] == ["job_timeout"]


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda data: data.states.pop(("income_data", NEW_DATA)), "Pachyderm has no commit"),
        (lambda data: _alter(data, finished=False), "is still open"),
        (lambda data: _alter(data, error="duplicate path"), "failed: duplicate path"),
    ],
)
def test_a_training_commit_that_cannot_train_is_refused_at_its_place(prepare, words) -> None:
    world = applied()
    prepare(world.cluster.data)
    with pytest.raises(InvalidInput) as caught:
        reapply(world, dataset=NEW_DATA)
    problem = caught.value.problems[0]
    assert words in problem.what
    assert problem.where.startswith("pipelines/income/training.yaml")
    assert world.cluster.writes == []


def _alter(data, **changes) -> None:
    data.states["income_data", NEW_DATA] = replace(data.states["income_data", NEW_DATA], **changes)


def test_a_training_commit_of_another_repo_is_named() -> None:
    world = applied()
    other = commit_id("holdout")
    with pytest.raises(InvalidInput) as caught:
        reapply(world, dataset=other)
    assert f"commit {other} belongs to income_holdout, not to income_data" in caught.value.problems[0].what


def test_a_source_repo_without_data_is_created_with_a_warning() -> None:
    world = world_with_data()
    del world.cluster.data.heads["income_holdout"]
    found = replan(world)
    assert found.changes[0].resource == "repo income_holdout"
    assert "created empty" in found.warnings[0].what
    reapply(world)
    assert replan(world).empty


def test_a_failed_job_is_told_in_its_own_words_and_not_restarted() -> None:
    world = applied()
    data = world.cluster.data
    data.failing["income_training"] = "datum 7 failed"
    with pytest.raises(PlatformRefused) as caught:
        reapply(world, dataset=NEW_DATA)
    job = data.runs["income_training"][0].id
    assert caught.value.problems[0].where == f"job income_training@{job}"
    data.printed["income_training", job] = [f"line {number}" for number in range(40)]
    data.writes.clear()
    found = replan(world, dataset=NEW_DATA)
    assert found.writes == 0
    assert (found.changes[0].verb, found.changes[0].note) == (Verb.FAILED, "failure: datum 7 failed")
    with pytest.raises(PlatformRefused) as caught:
        reapply(world, dataset=NEW_DATA)
    what = caught.value.problems[0].what
    assert "failure: datum 7 failed" in what
    assert "| line 39" in what
    assert "| line 24" not in what
    assert "--retry" in caught.value.problems[0].remedy
    assert world.cluster.writes == []
    assert [record.result for record in history(data, "pipelines")[:2]] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("pipeline", "line", "remedy"),
    [
        ("income_training", "error: /pfs/income_data/data.csv:7: no age -> mend", "push FILE --train`"),
        ("income_evaluation", "error: /pfs/income_holdout/holdout.csv:7: no age -> mend",
         "push FILE --repo income_holdout`"),
        ("income_evaluation", "error: /tmp/x/pfs/income_holdout/h.csv: no age", "--repo income_holdout`"),
        ("copy_models", "error: /pfs/income_training/model.joblib: no such file", "mend what its log names"),
        ("income_training", "ValueError: nothing", "mend what its log names"),
    ],
)  # fmt: skip
def test_the_remedy_is_that_of_the_input_that_the_log_names(pipeline: str, line: str, remedy: str) -> None:
    world = applied()
    data = world.cluster.data
    data.failing[pipeline] = "datum 7 failed"
    with pytest.raises(PlatformRefused):
        reapply(world, dataset=NEW_DATA)
    data.printed[pipeline, data.runs[pipeline][0].id] = [line]
    with pytest.raises(PlatformRefused) as caught:
        reapply(world, dataset=NEW_DATA)
    (problem,) = caught.value.problems
    assert remedy in problem.remedy
    assert "--retry" in problem.remedy


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("the sandbox could not run this job: [Errno 28] No space left on device", "trained on 7 rows"),
        ("datum 7 failed", "OSError: [Errno 28] No space left on device: '/pfs/out/model.joblib'"),
    ],
)
def test_what_the_platform_is_to_blame_for_is_run_again_by_the_same_command(reason: str, line: str) -> None:
    world = applied()
    data = world.cluster.data
    data.failing["income_evaluation"] = reason
    with pytest.raises(PlatformRefused):
        reapply(world, dataset=NEW_DATA)
    data.printed["income_evaluation", data.runs["income_evaluation"][0].id] = [line]
    (restart,) = replan(world, dataset=NEW_DATA).changes
    assert (restart.verb, restart.resource) == (Verb.RESTART, "pipeline income_evaluation")
    if reason.startswith("the sandbox"):
        with pytest.raises(PlatformRefused) as caught:
            reapply(world, dataset=NEW_DATA)
        assert "free space" in caught.value.problems[0].remedy
    data.failing.clear()
    reapply(world, dataset=NEW_DATA)
    assert replan(world, dataset=NEW_DATA).empty


def test_retry_runs_what_failed_and_what_waits_for_it() -> None:
    world = applied()
    data = world.cluster.data
    data.failing["income_evaluation"] = "out of memory"
    with pytest.raises(PlatformRefused):
        reapply(world, dataset=NEW_DATA)
    data.failing.clear()
    found = replan(world, dataset=NEW_DATA, retry=True)
    assert [(change.verb, change.resource) for change in found.changes] == [
        (Verb.RESTART, "pipeline income_evaluation")
    ]
    reapply(world, dataset=NEW_DATA, retry=True)
    assert replan(world, dataset=NEW_DATA).empty
    assert replan(world, dataset=NEW_DATA, retry=True).empty
    assert len(data.runs["income_training"]) == 2


def test_a_job_that_could_not_run_is_not_blamed() -> None:
    world = applied()
    data = world.cluster.data
    for name, state in (("copy_models", "unrunnable"), ("income_evaluation", "running")):
        data.runs[name][0] = replace(data.runs[name][0], state=state, datums_done=0)
    data.failing["income_evaluation"] = "no rows"
    with pytest.raises(PlatformRefused) as caught:
        reapply(world)
    assert [problem.where.partition("@")[0] for problem in caught.value.problems] == ["job income_evaluation"]


def test_jobs_that_an_earlier_apply_left_running_are_waited_for() -> None:
    world = world_with_data()
    world.cluster.data.looks_per_job = 100
    with pytest.raises(PlatformRefused) as caught:
        reapply(world, patience=Patience(limit=1))
    assert "time limit of 1 s" in caught.value.problems[0].what
    found = replan(world)
    assert {change.verb for change in found.changes} == {Verb.WAIT}
    assert reapply(world).result == "unchanged"
    assert world.cluster.writes == ["change pipelines"]
    assert [record.result for record in history(world.cluster.data, "pipelines")] == ["applied", "failed"]


def test_a_pipeline_that_cannot_start_is_not_waited_for() -> None:
    world = applied()
    data = world.cluster.data
    data.live["income_training"] = replace(
        data.live["income_training"], state="failure", reason="no such image"
    )
    data.runs["income_training"][0] = replace(data.runs["income_training"][0], state="created", datums_done=0)
    with pytest.raises(PlatformRefused) as caught:
        reapply(world)
    assert "pipeline failed: no such image" in caught.value.problems[0].what


def test_our_pipelines_go_with_their_file_and_others_are_named() -> None:
    world = applied()
    data = world.cluster.data
    assert [(change.verb, change.resource) for change in replan(world, SPECS[:2]).changes] == [
        (Verb.DELETE, "pipeline copy_models")
    ]
    foreign = {**spec("report", "copy_models"), "metadata": {}}
    data.live["report"] = replace(data.live["copy_models"], name="report", spec=foreign)
    assert "reads this DAG and is in no file" in replan(world).warnings[0].what
    found = replan(world, SPECS[:2])
    assert found.empty
    assert "report reads it" in found.warnings[0].what


def test_a_pipeline_whose_output_a_lock_names_is_kept() -> None:
    world = world_with_models("model 1")
    for repo, commit in (("income_data", DATASET), ("income_holdout", commit_id("holdout"))):
        world.cluster.data.add(repo, "incoming", commit, {})
    reapply(world)
    repository = world.repository()
    locked = replace(repository, locks={commit_id("model 1"): lock_of("model 1")})
    found = plan("pipelines", locked, rendered_pipelines(SPECS[:2]), world.cluster.ports)
    assert found.empty
    assert "a lock names its output" in found.warnings[0].what
