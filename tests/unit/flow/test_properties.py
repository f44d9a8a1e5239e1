"""The algebra of plan and apply: plan(apply(plan)) is empty from any start, and so it is after any crash."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from releasectl.plan import plan
from tests.unit.flow.applies import killed_at
from tests.unit.flow.fake_pachyderm import commit_id
from tests.unit.flow.fakes import FakeCluster
from tests.unit.flow.world import (
    HOLDOUT,
    Wish,
    World,
    add_model,
    manifest,
    rendered_environment,
    rendered_pipelines,
    spec,
)

MODELS = ("model 1", "model 2", "model 3")
DATASETS = tuple(commit_id(f"dataset {number}") for number in range(3))

wishes = st.builds(
    Wish,
    model=st.sampled_from(MODELS),
    replicas=st.integers(0, 3),
    explainer=st.sampled_from(["anchor-tabular", "none"]),
    detectors=st.sampled_from([(), ("drift",), ("outlier",), ("drift", "outlier")]),
)
named = st.dictionaries(st.sampled_from(["income", "churn", "fraud"]), wishes, max_size=3)
specs = st.builds(
    lambda image, cmd, evaluated, copied: [
        spec("income_training", "income_data", image=image, cmd=cmd),
        *([spec("income_evaluation", "income_training", "income_holdout")] if evaluated else []),
        *([spec("copy_models", "income_training", "income_data")] if copied else []),
    ],
    st.sampled_from(["trainers:1", "trainers:2"]),
    st.sampled_from(["train", "train_better"]),
    st.booleans(),
    st.booleans(),
)
dags = st.tuples(specs, st.sampled_from(DATASETS))


def fresh_world() -> World:
    world = World()
    for model in MODELS:
        add_model(world.cluster, model)
    for dataset in DATASETS:
        world.cluster.data.add("income_data", "incoming", dataset, {"/data.csv": dataset.encode()})
    world.cluster.data.add("income_holdout", "master", HOLDOUT, {"/holdout.csv": b"h"})
    foreign = manifest("foreign", world.repository().environments["production"], Wish())
    foreign["metadata"]["annotations"] = {"team": "another"}
    world.cluster.serving.create("creditco-production", foreign)
    return world


def environment_of(world: World, releases: Mapping[str, Wish]):
    wished = {"production": releases}
    repository = world.repository(wished)
    return "production", repository, rendered_environment(repository, wished)


def pipelines_of(world: World, dag):
    return "pipelines", world.repository(dataset=dag[1]), rendered_pipelines(dag[0])


def state_of(cluster: FakeCluster):
    """Everything that a target is about, without its history."""
    serving, data = cluster.serving, cluster.data
    deployed = {
        key: [manifest["metadata"].get("annotations"), manifest["spec"]]
        for key, manifest in serving.objects.items()
    }
    kept = {key: detectors for key, detectors in serving.kept.items() if detectors}
    heads = {repo: heads for repo, heads in data.heads.items() if repo not in {"deployments", *data.live}}
    pinned = {branch: head for branch, head in data.heads["copy_models"].items() if branch != "master"}
    specs = {
        name: {key: value for key, value in state.spec.items() if key != "salt"}
        for name, state in data.live.items()
    }
    return deployed, kept, heads | {"copy_models": pinned}, specs


def assert_settled_by_one_apply(world: World, target) -> None:
    world.apply(*target)
    assert plan(*target, world.cluster.ports).empty
    world.cluster.forget_writes()
    world.apply(*target)
    assert world.cluster.writes == []


@given(before=named, after=named)
def test_plan_after_apply_is_empty_for_environments(before, after) -> None:
    world = fresh_world()
    for releases in (before, after):
        assert_settled_by_one_apply(world, environment_of(world, releases))
    direct = fresh_world()
    direct.apply(*environment_of(direct, after))
    assert state_of(world.cluster) == state_of(direct.cluster)
    assert ("creditco-production", "foreign") in world.cluster.serving.objects


@given(before=dags, after=dags)
def test_plan_after_apply_is_empty_for_pipelines(before, after) -> None:
    world = fresh_world()
    for dag in (before, after):
        assert_settled_by_one_apply(world, pipelines_of(world, dag))
    assert {job[0].state for job in world.cluster.data.runs.values()} == {"success"}


def survives_death_at_every_call(start, goal, target_of) -> None:
    """Dies before and after every single call of an apply; the next apply always gets to the same end."""
    undisturbed = fresh_world()
    for state in (start, goal):
        undisturbed.apply(*target_of(undisturbed, state))
    for after, dead in product((False, True), repeat=2):
        call = 0
        alive = False
        while not alive:
            call += 1
            world = fresh_world()
            world.apply(*target_of(world, start))
            target = target_of(world, goal)
            alive = not killed_at(call, world, target, after=after, dead=dead)
            world.apply(*target)
            assert state_of(world.cluster) == state_of(undisturbed.cluster), f"died at call {call}"
            assert plan(*target, world.cluster.ports).empty
        assert call >= 10


def test_an_environment_survives_death_at_every_call() -> None:
    before = {"income": Wish(), "churn": Wish()}
    after = {"income": Wish(model="model 2", detectors=("drift",)), "fraud": Wish(explainer="none")}
    survives_death_at_every_call(before, after, environment_of)


def test_an_empty_environment_survives_death_at_every_call() -> None:
    survives_death_at_every_call({"income": Wish()}, {}, environment_of)


def test_pipelines_survive_death_at_every_call() -> None:
    before = ([spec("income_training", "income_data"), spec("old", "income_training")], DATASETS[0])
    after = (
        [spec("income_training", "income_data", image="trainers:2"), spec("copy", "income_training")],
        DATASETS[1],
    )
    survives_death_at_every_call(before, after, pipelines_of)


@settings(max_examples=25, deadline=None)
@given(before=named, after=named, call=st.integers(1, 60), late=st.booleans(), dead=st.booleans())
def test_any_environment_survives_one_death(before, after, call, late, dead) -> None:
    world, undisturbed = fresh_world(), fresh_world()
    for each in (world, undisturbed):
        each.apply(*environment_of(each, before))
    target = environment_of(world, after)
    killed_at(call, world, target, after=late, dead=dead)
    world.apply(*target)
    undisturbed.apply(*environment_of(undisturbed, after))
    assert state_of(world.cluster) == state_of(undisturbed.cluster)
