"""Plan and apply of an environment, from its first release to its last."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releasectl.errors import InvalidInput, PlatformRefused
from releasectl.ledger import history
from releasectl.plan.values import Highlight, Verb
from tests.unit.flow.applies import MODEL_1, MODEL_2, NONE, ONE, TWO, applied, reapply, replan
from tests.unit.flow.fake_pachyderm import commit_id
from tests.unit.flow.world import GIT, Wish, manifest, rendered_environment, world_with_models


def test_first_apply_creates_everything_in_order() -> None:
    world = world_with_models("model 1")
    outcome = reapply(world, ONE)
    assert outcome.result == "applied"
    assert world.cluster.serving.writes == [
        "create creditco-production/income",
        "create detector creditco-production/income-drift",
        "create detector creditco-production/income-outlier",
    ]
    assert world.cluster.data.heads["copy_models"]["production"] == MODEL_1


def test_a_second_apply_writes_nothing() -> None:
    world, repository, rendered = applied(ONE)
    outcome = world.apply("production", repository, rendered)
    assert outcome.result == "unchanged"
    assert outcome.plan.empty
    assert world.cluster.writes == []
    assert world.cluster.data.writes == []


def test_a_new_git_commit_alone_is_no_change() -> None:
    world, repository, rendered = applied(ONE)
    world.revision = replace(GIT, commit="f" * 40)
    assert world.apply("production", repository, rendered).plan.empty
    assert world.cluster.writes == []


def test_a_new_model_is_told_in_a_reviewers_terms() -> None:
    world, _, _ = applied(ONE)
    change = replan(world, TWO).changes[0]
    assert (change.verb, change.resource) == (Verb.UPDATE, "SeldonDeployment creditco-production/income")
    highlights = {highlight.what: highlight for highlight in change.highlights}
    assert highlights["model commit"] == Highlight("model commit", MODEL_1, MODEL_2)
    datasets = commit_id("dataset of model 1"), commit_id("dataset of model 2")
    assert highlights["dataset income_data"] == Highlight("dataset income_data", *datasets)
    assert "dataset income_holdout" not in highlights
    # The lock of model 1 left with its release, so its metrics come from Pachyderm.
    assert highlights["accuracy"].old == 0.8
    assert highlights["accuracy"].new == 0.8 + len("model 2") / 1000
    paths = [each.path for each in change.fields]
    assert "spec.predictors[default].graph.modelUri" in paths


def test_an_update_brings_model_detectors_and_branch_together() -> None:
    world, _, _ = applied(ONE)
    reapply(world, TWO)
    assert world.cluster.writes == [
        f"move copy_models@production {MODEL_2}",
        "update creditco-production/income",
        "delete detector creditco-production/income-drift",
        "create detector creditco-production/income-drift",
        "delete detector creditco-production/income-outlier",
        "create detector creditco-production/income-outlier",
    ]


def test_replicas_alone_touch_nothing_else() -> None:
    world, _, _ = applied(ONE)
    wishes = {"production": {"income": Wish(replicas=2)}}
    change = replan(world, wishes).changes[0]
    assert change.highlights == (Highlight("replicas", 1, 2),)
    assert [(each.path, each.old, each.new) for each in change.fields] == [
        ("spec.predictors[default].replicas", 1, 2)
    ]
    reapply(world, wishes)
    assert world.cluster.writes == ["update creditco-production/income"]


def test_an_explainer_that_goes_is_told() -> None:
    world, _, _ = applied(ONE)
    change = replan(world, {"production": {"income": Wish(explainer="none")}}).changes[0]
    assert [highlight.what for highlight in change.highlights] == ["explainer"]


def test_the_last_release_takes_its_branch_along_and_warns() -> None:
    world, _, _ = applied(ONE)
    found = replan(world, NONE)
    assert [change.verb for change in found.changes] == [Verb.DELETE] * 4
    assert "deleted and stops serving" in found.warnings[0].what
    reapply(world, NONE)
    assert world.cluster.serving.objects == {}
    assert "production" not in world.cluster.data.heads["copy_models"]
    assert replan(world, NONE).empty


def test_a_revert_moves_everything_back() -> None:
    world, repository, rendered = applied(ONE)
    before = world.cluster.serving.objects["creditco-production", "income"]
    reapply(world, TWO)
    world.apply("production", repository, rendered)
    assert world.cluster.serving.objects["creditco-production", "income"] == before
    assert world.cluster.data.heads["copy_models"]["production"] == MODEL_1


def test_what_is_not_ours_is_never_touched() -> None:
    world, repository, rendered = applied(ONE)
    foreign = manifest("other", repository.environments["production"], Wish())
    foreign["metadata"]["annotations"] = {"team": "another"}
    world.cluster.serving.create("creditco-production", foreign)
    world.cluster.forget_writes()
    assert world.apply("production", repository, rendered).plan.empty
    with pytest.raises(InvalidInput) as caught:
        replan(world, {"production": {"income": Wish(), "other": Wish()}})
    assert "was not made by releasectl" in caught.value.problems[0].what


def test_labels_of_others_survive_an_update() -> None:
    world, _, _ = applied(ONE)
    live = world.cluster.serving.objects["creditco-production", "income"]
    live["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "x"
    assert replan(world, ONE).empty
    reapply(world, TWO)
    updated = world.cluster.serving.objects["creditco-production", "income"]["metadata"]["annotations"]
    assert updated["argocd.argoproj.io/tracking-id"] == "x"
    assert updated["releasectl/git-commit"] == GIT.commit


def test_an_object_edited_by_hand_is_put_right() -> None:
    world, _, _ = applied(ONE)
    live = world.cluster.serving.objects["creditco-production", "income"]
    live["spec"]["predictors"][0]["replicas"] = 7
    assert replan(world, ONE).changes[0].fields[0].old == 7
    reapply(world, ONE)
    assert replan(world, ONE).empty


def test_what_the_operator_would_obey_does_not_stay() -> None:
    """An annotation that no file asks for: a time limit, say, within which no model predicts."""
    world, _, _ = applied(ONE)
    live = world.cluster.serving.objects["creditco-production", "income"]
    live["metadata"]["annotations"]["seldon.io/rest-timeout"] = "1"
    (change,) = replan(world, ONE).changes
    assert [field.path for field in change.fields] == ["metadata.annotations.seldon.io/rest-timeout"]
    reapply(world, ONE)
    assert replan(world, ONE).empty


def test_detectors_of_a_person_stay_and_ours_go() -> None:
    world, _, _ = applied(ONE)
    kept = world.cluster.serving.kept["creditco-production", "income"]
    kept["mine"] = replace(kept["income-drift"], name="mine")
    world.cluster.serving.born["mine"] = 0
    wishes = {"production": {"income": Wish(detectors=("drift",))}}
    found = replan(world, wishes)
    assert [change.resource for change in found.changes] == [
        "outlier detector creditco-production/income-outlier"
    ]
    assert "was not made by releasectl" in found.warnings[0].what


def test_two_releases_of_one_repository_share_a_branch_and_say_so() -> None:
    world = world_with_models("model 1", "model 2")
    wishes = {"production": {"a": Wish(), "b": Wish(model="model 2")}}
    found = replan(world, wishes)
    assert "follows a" in found.warnings[0].what
    reapply(world, wishes)
    assert world.cluster.data.heads["copy_models"]["production"] == MODEL_1
    assert replan(world, wishes).empty


def test_environments_that_share_a_namespace_do_not_delete_each_other() -> None:
    wishes = {"staging": {"income-next": Wish()}, "production": {"income": Wish()}}
    world = world_with_models("model 1")
    repository = world.repository(wishes)
    shared = {
        name: replace(environment, namespace="creditco")
        for name, environment in repository.environments.items()
    }
    repository = replace(repository, environments=shared)
    rendered = rendered_environment(repository, wishes)
    for target in ("staging", "production", "staging"):
        world.apply(target, repository, rendered)
    assert {name for _, name in world.cluster.serving.objects} == {"income-next", "income"}


def test_records_tell_what_happened() -> None:
    world, _, _ = applied(ONE)
    world.cluster.serving.failing[MODEL_2] = "no memory"
    with pytest.raises(PlatformRefused):
        reapply(world, TWO)
    failed, first = history(world.cluster.data, "production")
    assert (first.result, first.git_commit, first.dirty, first.author) == (
        "applied", GIT.commit, False, GIT.author,
    )  # fmt: skip
    assert first.models == {"income": MODEL_1}
    assert failed.result == "failed"
    assert "no memory" in failed.problems[0]["what"]
    assert failed.path.startswith("/production/20260102T0304")
    assert failed.path.endswith("-9af1035af775.json")
