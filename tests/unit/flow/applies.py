"""Releases as wishes, planned and applied in a world."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from releasectl import lock as locks
from releasectl.model import Lock
from releasectl.plan import plan
from releasectl.ports import Cluster
from tests.unit.flow.fake_pachyderm import commit_id
from tests.unit.flow.fake_seldon import FakeInference
from tests.unit.flow.fakes import Fuse, Killed
from tests.unit.flow.world import Wish, World, rendered_environment, world_with_models

MODEL_1, MODEL_2 = commit_id("model 1"), commit_id("model 2")


def applied(wishes, world=None):
    """A world in which `wishes` are live and no write is remembered."""
    world = world or world_with_models("model 1", "model 2")
    repository = world.repository(wishes)
    rendered = rendered_environment(repository, wishes)
    for target in wishes:
        world.apply(target, repository, rendered)
    world.cluster.forget_writes()
    return world, repository, rendered


def replan(world: World, wishes, target="production", **options):
    repository = world.repository(wishes)
    return plan(target, repository, rendered_environment(repository, wishes), world.cluster.ports, **options)


def reapply(world: World, wishes, target="production", **options):
    repository = world.repository(wishes)
    return world.apply(target, repository, rendered_environment(repository, wishes), **options)


ONE = {"production": {"income": Wish()}}
TWO = {"production": {"income": Wish(model="model 2")}}
NONE: dict = {"production": {}}


def forged(lock: Lock, **changes: Any) -> Lock:
    """A lock with other contents and a digest that fits them; evidence is changed kind by kind."""
    evidence = {**lock.evidence, **changes.pop("evidence", {})}
    return locks.load(locks.dump(replace(lock, evidence=evidence, **changes)), locks.path_of(lock.commit))


def killed_at(call: int, world: World, target, *, after: bool, dead: bool) -> bool:
    """Run an apply that is stopped at its nth call; False when it got to its end before."""
    fuse = Fuse(call, after, dead)
    data, serving = fuse.guard(world.cluster.data), fuse.guard(world.cluster.serving)
    try:
        world.apply(*target, ports=Cluster(data, serving, FakeInference(world.cluster.serving)))
    except Killed:
        return True
    return False
