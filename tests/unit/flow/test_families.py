"""Each family is trained in a transaction of its own, so that no two share the commit id of a model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releasectl.model import Dag, Repository, Training
from releasectl.plan import plan
from releasectl.plan.families import families
from releasectl.plan.values import ChangePipelines
from releasectl.status import PipelinesStatus, status
from tests.unit.flow.fake_pachyderm import commit_id
from tests.unit.flow.world import DATASET, SPECS, World, rendered_pipelines, source, spec, world_with_data

CUSTOMERS = commit_id("customers")
CHURN = (spec("churn_training", "churn_data", "income_holdout"), spec("churn_models", "churn_training"))
BOTH = (*SPECS, *CHURN)


def with_churn(
    world: World, repo: str = "churn_data", commit: str = CUSTOMERS, branch: str = "master"
) -> Repository:
    found = world.repository()
    training = Training(repo, branch, commit, source("pipelines/churn/training.yaml"))
    churn = Dag("churn", "pipelines/churn/dag.jsonnet", training)
    return replace(found, dags={**found.dags, "churn": churn})


@pytest.fixture
def world() -> World:
    found = world_with_data()
    found.cluster.data.add("churn_data", "incoming", CUSTOMERS, {"/data.csv": b"c"})
    return found


def ids(world: World, *pipelines: str) -> set[str]:
    return {world.cluster.data.runs[name][0].id for name in pipelines}


def test_two_families_get_two_commit_ids_by_one_apply(world: World) -> None:
    repository, specs = with_churn(world), rendered_pipelines(BOTH)
    found = plan("pipelines", repository, specs, world.cluster.ports)
    assert [[change.resource for change in step.changes] for step in found.steps if step.changes] == [
        ["pipeline churn_training", "pipeline churn_models", "branch churn_data@master"],
        ["pipeline income_training", "pipeline income_evaluation", "pipeline copy_models",
         "branch income_data@master"],
    ]  # fmt: skip
    assert [change.note for change in found.changes if change.note] == ["starts 2 jobs", "starts 3 jobs"]
    assert world.apply("pipelines", repository, specs).result == "applied"
    assert world.cluster.writes == ["change pipelines"] * 2
    income, churn = ids(world, "income_training", "copy_models"), ids(world, "churn_training", "churn_models")
    assert (len(income), len(churn), len(income | churn)) == (1, 1, 2)
    world.cluster.forget_writes()
    assert world.apply("pipelines", repository, specs).result == "unchanged"


def test_what_one_family_changes_leaves_the_other_alone(world: World) -> None:
    world.apply("pipelines", with_churn(world), rendered_pipelines(BOTH))
    newer = commit_id("more customers")
    world.cluster.data.add("churn_data", "incoming", newer, {"/data.csv": b"d"})
    before = ids(world, "copy_models")
    world.apply("pipelines", with_churn(world, commit=newer), rendered_pipelines(BOTH))
    assert ids(world, "copy_models") == before


@pytest.mark.parametrize(("branch", "transactions"), [("master", 1), ("churn", 2)])
def test_families_hang_together_that_train_on_the_same_branch(
    world: World, branch: str, transactions: int
) -> None:
    training = spec("churn_training", "income_data")
    training["input"]["pfs"]["branch"] = branch
    repository = with_churn(world, "income_data", DATASET, branch)
    specs = rendered_pipelines((*SPECS, training, CHURN[1]))
    found = plan("pipelines", repository, specs, world.cluster.ports)
    assert len([step for step in found.steps if isinstance(step.action, ChangePipelines)]) == transactions


def test_what_nobody_asks_for_goes_in_the_last_of_the_changes(world: World) -> None:
    repository = with_churn(world)
    world.apply("pipelines", repository, rendered_pipelines((*BOTH, spec("income_old", "income_data"))))
    later = (*SPECS, spec("churn_training", "churn_data", cmd="anew"), CHURN[1])
    for specs, wanted in (
        (BOTH, [["pipeline income_old"]]),
        (later, [["pipeline churn_training", "pipeline income_old"]]),
    ):
        found = plan("pipelines", repository, rendered_pipelines(specs), world.cluster.ports)
        assert [
            [change.resource for change in step.changes] for step in found.steps if step.changes
        ] == wanted


def test_a_chain_of_pipelines_is_one_family_in_any_order() -> None:
    chain = [spec("c", "b"), spec("a", "data"), spec("b", "a"), spec("z", "other")]
    for specs in (chain, chain[::-1]):
        assert set(families(specs, ["data@master", "data@alone"])) == {
            frozenset({"a", "b", "c", "data@master"}), frozenset({"z"}), frozenset({"data@alone"}),
        }  # fmt: skip


def test_the_status_tells_one_family_after_the_other(world: World) -> None:
    world.apply("pipelines", with_churn(world), rendered_pipelines(BOTH))
    files = [replace(each, path=each.path.replace("income", "churn")) for each in rendered_pipelines(CHURN)]
    rendered = [*rendered_pipelines(SPECS), *files]
    found = status("pipelines", with_churn(world), rendered, world.cluster.ports)
    assert isinstance(found, PipelinesStatus)
    names = [row.name for row in found.pipelines]
    assert names == ["churn_training", "churn_models", "income_training", "income_evaluation", "copy_models"]
