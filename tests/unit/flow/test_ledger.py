"""Records of applies: written before the first write, closed at the end, read back newest first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releasectl.errors import BackendUnreachable, PlatformRefused
from releasectl.git import Revision
from releasectl.ledger import history, latest
from releasectl.model import Missing
from tests.unit.flow.applies import ONE, TWO, killed_at, reapply
from tests.unit.flow.fake_pachyderm import FakeData, Metered, commit_id
from tests.unit.flow.world import rendered_environment, world_with_models


class Deaf(FakeData):
    """A Pachyderm that takes no records."""

    deaf = False

    def append(self, repo, branch, path, content):
        if self.deaf:
            raise BackendUnreachable.at("pachd", "does not answer", "start it")
        return super().append(repo, branch, path, content)


def test_nothing_is_recorded_when_nothing_changed() -> None:
    world = world_with_models("model 1")
    assert isinstance(latest(world.cluster.data, "production"), Missing)
    reapply(world, ONE)
    world.clock.sleep(60)
    reapply(world, ONE)
    assert len(history(world.cluster.data, "production")) == 1


def test_a_record_tells_who_what_and_when() -> None:
    world = world_with_models("model 1")
    world.revision = Revision("a" * 40, dirty=True, author="Eve")
    reapply(world, ONE)
    record = latest(world.cluster.data, "production")
    assert (record.author, record.git_commit, record.dirty) == ("Eve", "a" * 40, True)
    assert (record.finished - record.started).total_seconds() >= 1
    assert record.models == {"income": commit_id("model 1")}
    change = record.changes[0]
    assert (change["verb"], change["resource"]) == ("create", "SeldonDeployment creditco-production/income")
    assert change["highlights"][0]["new"] == commit_id("model 1")
    assert "fields" not in change


def test_a_repository_without_git_is_recorded_too() -> None:
    world = world_with_models("model 1")
    world.revision = Revision(Missing("no git here"), dirty=True, author="Eve")
    reapply(world, ONE)
    record = latest(world.cluster.data, "production")
    assert record.path.endswith("-nogit.json")
    assert record.git_commit == Missing("no git here")


def test_a_killed_apply_leaves_its_mark_and_its_successor_closes_it() -> None:
    world = world_with_models("model 1", "model 2")
    reapply(world, ONE)
    world.clock.sleep(1)
    repository = world.repository(TWO)
    target = "production", repository, rendered_environment(repository, TWO)
    for call in range(1, 100):
        alive = not killed_at(call, world, target, after=True, dead=True)
        if any(line.startswith("update") for line in world.cluster.serving.writes) or alive:
            break
    assert latest(world.cluster.data, "production").result == "started"
    world.clock.sleep(1)
    reapply(world, TWO)
    assert [record.result for record in history(world.cluster.data, "production")][0::2] == [
        "applied",
        "applied",
    ]
    assert history(world.cluster.data, "production")[1].result == "started"


def test_a_failure_that_cannot_be_recorded_does_not_hide_its_cause() -> None:
    world = world_with_models("model 1")
    data = world.cluster.data
    world.cluster.data = Deaf(**{name: getattr(data, name) for name in data.__dataclass_fields__})
    world.cluster.serving.failing[commit_id("model 1")] = "no memory"

    def deafen(line: str) -> None:
        world.cluster.data.deaf = True
        world.said.append(line)

    world.said = []
    world.lines = type("Lines", (list,), {"append": lambda _, line: deafen(line)})()
    with pytest.raises(PlatformRefused, match="no memory"):
        reapply(world, ONE)
    assert any("not recorded: does not answer" in line for line in world.said)


def test_files_of_others_in_the_repository_are_passed_over() -> None:
    world = world_with_models("model 1")
    reapply(world, ONE)
    data = world.cluster.data
    data.append("deployments", "master", "/production/zzz.json", b"not a record")
    data.append("deployments", "master", "/production/zzzz.json", b'{"target": 1}')
    assert latest(data, "production").result == "applied"
    assert len(history(data, "production")) == 1


def test_for_the_latest_record_no_other_is_read() -> None:
    world = world_with_models("model 1", "model 2")
    reapply(world, ONE)
    world.clock.sleep(60)
    reapply(world, TWO)
    data = Metered(heads=world.cluster.data.heads, contents=world.cluster.data.contents)
    newest = latest(data, "production")
    assert newest.models == {"income": commit_id("model 2")}
    assert data.reads == [newest.path]


def test_targets_have_their_own_history() -> None:
    world = world_with_models("model 1")
    reapply(world, ONE)
    reapply(world, {"staging": ONE["production"]}, target="staging")
    assert [record.target for record in history(world.cluster.data, "staging")] == ["staging"]


def test_a_dirty_tree_shows_in_the_signature() -> None:
    revision = Revision("b" * 40, dirty=True, author="Eve")
    assert revision.label == "b" * 40 + "-dirty"
    assert replace(revision, dirty=False).label == "b" * 40
    assert Revision(Missing("none"), dirty=True, author="Eve").label == "none"
