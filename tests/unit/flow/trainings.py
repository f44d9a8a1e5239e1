"""Pipelines and the dataset they train on, planned and applied in a world."""

from __future__ import annotations

from releasectl.plan import plan
from tests.unit.flow.fake_pachyderm import commit_id
from tests.unit.flow.world import DATASET, SPECS, World, rendered_pipelines, world_with_data

NEW_DATA = commit_id("new dataset")


def replan(world: World, specs=SPECS, dataset=DATASET, **options):
    return plan(
        "pipelines",
        world.repository(dataset=dataset),
        rendered_pipelines(specs),
        world.cluster.ports,
        **options,
    )


def reapply(world: World, specs=SPECS, dataset=DATASET, **options):
    return world.apply("pipelines", world.repository(dataset=dataset), rendered_pipelines(specs), **options)


def applied() -> World:
    world = world_with_data()
    reapply(world)
    world.cluster.data.add("income_data", "incoming", NEW_DATA, {"/data.csv": b"b"})
    world.cluster.forget_writes()
    return world
