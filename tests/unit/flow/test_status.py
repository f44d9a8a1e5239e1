"""Status and lineage of a world in memory."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest

from releasectl.errors import BackendUnreachable, InvalidInput
from releasectl.lineage import lineage
from releasectl.model import Missing
from releasectl.render import render
from releasectl.report.status import as_text
from releasectl.status import status
from tests.story import Story, house, quick, story  # noqa: F401  (fixtures)
from tests.unit.flow.applies import MODEL_1, MODEL_2, NONE, ONE, TWO, applied
from tests.unit.flow.fake_pachyderm import commit_id
from tests.unit.flow.trainings import NEW_DATA
from tests.unit.flow.trainings import applied as pipelines_applied
from tests.unit.flow.world import DATASET, GIT, HOLDOUT, SPECS, rendered_environment, rendered_pipelines


def of(world, wishes):
    repository = world.repository(wishes)
    return status("production", repository, rendered_environment(repository, wishes), world.cluster.ports)


def test_what_is_live_is_current() -> None:
    world, _, _ = applied(ONE)
    found = of(world, ONE)
    row = found.releases[0]
    assert (row.desired, row.live, row.current, row.state, row.ready) == (
        MODEL_1,
        MODEL_1,
        True,
        "Available",
        True,
    )
    assert row.git_commit == GIT.commit
    assert found.ok
    assert found.last_apply.result == "applied"


def test_what_is_live_and_not_desired_shows() -> None:
    world, _, _ = applied(ONE)
    row = of(world, TWO).releases[0]
    assert (row.desired, row.live, row.current) == (MODEL_2, MODEL_1, False)
    row = of(world, NONE).releases[0]
    assert row.desired == Missing("no release file asks for it")
    assert not of(world, NONE).ok


def test_what_is_desired_and_not_live_shows() -> None:
    world, _, _ = applied(NONE)
    found = of(world, ONE)
    assert (found.releases[0].live, found.releases[0].state) == (Missing("it is not deployed"), "absent")
    assert isinstance(found.last_apply, Missing)


def test_a_pachyderm_that_does_not_answer_leaves_what_serves_to_be_told() -> None:
    world, repository, _ = applied(ONE)

    class Deaf:
        def __getattr__(self, name: str):
            raise BackendUnreachable.at("pachd at 127.0.0.1:1", "no connection", "start it")

    ports = replace(world.cluster.ports, data=Deaf())
    found = status("production", repository, rendered_environment(repository, ONE), ports)
    assert found.releases[0].ready
    assert found.last_apply == Missing("no connection")
    assert [problem.where for problem in found.problems] == ["pachd at 127.0.0.1:1"]
    assert not found.ok


def test_pipelines_tell_heads_versions_and_jobs() -> None:
    world = pipelines_applied()
    rendered = rendered_pipelines(SPECS)
    found = status("pipelines", world.repository(), rendered, world.cluster.ports)
    assert found.ok
    assert found.training[0].live == DATASET
    assert [row.name for row in found.pipelines] == ["income_training", "income_evaluation", "copy_models"]
    assert {row.job_state for row in found.pipelines} == {"success"}
    assert not status("pipelines", world.repository(dataset=NEW_DATA), rendered, world.cluster.ports).ok


def test_lineage_is_that_of_the_live_object() -> None:
    world, repository, _ = applied(ONE)
    found = lineage(repository.environments["production"], "income", world.cluster.ports)
    assert found.git_commit == GIT.commit
    descent = found.descents[0]
    assert (descent.predictor, descent.repo, descent.commit) == ("default", "copy_models", MODEL_1)
    assert [(each.repo, each.commit) for each in descent.upstreams] == [
        ("income_data", commit_id("dataset of model 1")),
        ("income_holdout", HOLDOUT),
        ("copy_models", MODEL_1),
    ]


def test_lineage_of_nothing_says_what_to_do() -> None:
    world, repository, _ = applied(ONE)
    with pytest.raises(InvalidInput, match="nothing is deployed under this name"):
        lineage(repository.environments["production"], "other", world.cluster.ports)


def test_a_trial_shows(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Who is on trial, with which share, and whether the very same is live."""
    monkeypatch.setenv("COLUMNS", "80")

    def told() -> list[str]:
        repository = story.load()
        found = status("production", repository, render(repository), story.cluster.ports)
        words = click.unstyle(as_text([found])).splitlines()
        return [line for line in words if "income " in line or "candidate" in line]

    story.released("one")
    story.released("two", strategy="canary")
    story.apply()
    one, two = commit_id("one")[:12], commit_id("two")[:12]
    trial, candidate = told()
    assert trial.split()[:6] == ["income", one, one, "Available", "canary", "10"]
    assert candidate.split() == ["candidate", two, two]
    story.step("abort")
    assert told()[1].split() == ["candidate", "-", two], "not applied yet"
    story.apply()
    (alone,) = told()
    assert "direct" in alone


def test_an_endpoint_is_told_whole() -> None:
    world, _, _ = applied(ONE)
    (row,) = of(world, ONE).releases
    url = f"http://ingress/{'long/' * 40}income"
    found = replace(of(world, ONE), releases=(replace(row, endpoint=url),))
    assert f"  {url}" in click.unstyle(as_text([found])).splitlines()
