"""Asking what is deployed: classes by name, the model's commit, and a detector that may be silent."""

from __future__ import annotations

from typing import Any

import pytest

from releasectl.ask import Asked, Live, explain, live, predict
from releasectl.errors import BackendUnreachable, InvalidInput
from releasectl.model import Json, Missing
from tests.unit.flow.fake_pachyderm import commit_id
from tests.unit.flow.world import Wish, World, rendered_environment, world_with_models

ROWS = [[30.0, 0.0], [60.0, 1.0]]
ANCHOR = {"anchor": ["age > 50"], "precision": [0.97], "coverage": 0.25, "raw": {"prediction": [1]}}


class Scripted:
    """Answers what a model, its explainer and its detector would; `silent` names who does not."""

    def __init__(self, silent: str = "", outputs: tuple[str, ...] = ("predict", "predict_proba")) -> None:
        self.silent, self.outputs = silent, outputs

    def infer(self, namespace: str, name: str, model: str, request: Json) -> Json:
        assert (namespace, name, model) == ("creditco-production", "income", "income")
        assert request["inputs"][0]["data"] == [30.0, 0.0, 60.0, 1.0]
        data = {"predict": [0, 1], "predict_proba": [0.9, 0.1, 0.2, 0.8]}
        outputs = [{"name": each, "shape": [2, -1], "data": data[each]} for each in self.outputs]
        return {"model_version": commit_id("model 1"), "outputs": outputs}

    def explain(self, namespace: str, name: str, predictor: str, request: Json) -> Json:
        assert (namespace, name, predictor) == ("creditco-production", "income", "default")
        assert request["inputs"][0]["shape"] == [1, 2]
        return {"data": ANCHOR, "model_version": commit_id("model 1")}

    def detect(self, namespace: str, name: str, detector: str, request: Json) -> Json:
        assert (namespace, name, request["inputs"][0]["shape"]) == ("creditco-production", "income", [2, 2])
        if self.silent == detector:
            raise BackendUnreachable.at(detector, "does not answer", "start it")
        return {"is_outlier": [0, 1]}


def asked(inference: Any, *, explained: bool = True, **wish: Any) -> Asked:
    repository = World().repository({"production": {"income": Wish(**wish)}})
    (release,) = repository.releases
    environment = repository.environments["production"]
    return Asked(release, environment, repository.locks[release.model], inference, explained)


def test_an_answer_has_classes_probabilities_and_the_commit() -> None:
    found = predict(asked(Scripted()), ROWS)
    assert (found.deployment, found.model_version) == ("production/income", commit_id("model 1"))
    assert [(row.label, row.probability, row.positive) for row in found.rows] == [
        ("no", 0.9, 0.1),
        ("yes", 0.8, 0.8),
    ]
    assert [row.features for row in found.rows] == [{"age": 30.0, "job": "a"}, {"age": 60.0, "job": "b"}]
    assert [row.outlier for row in found.rows] == [False, True]


def test_a_silent_detector_costs_its_column_only() -> None:
    found = predict(asked(Scripted(silent="income-outlier")), ROWS)
    assert [row.outlier for row in found.rows] == [Missing("does not answer")] * 2
    assert [row.label for row in found.rows] == ["no", "yes"]


def test_without_a_detector_nobody_is_asked() -> None:
    found = predict(asked(Scripted(silent="income-outlier"), detectors=("drift",)), ROWS)
    assert {row.outlier for row in found.rows} == {Missing("the release has no outlier detector")}


def test_a_model_without_probabilities_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="has no output 'predict_proba'"):
        predict(asked(Scripted(outputs=("predict",))), ROWS)


def test_an_explanation_is_that_of_alibi() -> None:
    found = explain(asked(Scripted()), ROWS[1])
    assert (found.label, found.conditions, found.features) == (
        "yes",
        ("age > 50",),
        {"age": 60.0, "job": "b"},
    )
    assert (found.precision, found.coverage) == (0.97, 0.25)
    assert found.model_version == commit_id("model 1")


@pytest.mark.parametrize(
    ("explainer", "what", "remedy"),
    [
        ("none", "its file says `explainer: none`", "name one in releases/production/income.yaml"),
        ("anchor-tabular", "what is live has no explainer yet", "releasectl apply production"),
    ],
)
def test_without_an_explainer_nobody_is_asked_for_an_explanation(
    explainer: str, what: str, remedy: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        explain(asked(None, explained=False, explainer=explainer), ROWS[0])
    (problem,) = caught.value.problems
    assert problem.where == "production/income"
    assert what in problem.what
    assert remedy in problem.remedy


def test_what_is_live_says_whether_it_is_explained() -> None:
    """The file asks for an explainer that nobody has applied yet, or no longer for one that still answers."""
    for deployed, wanted in (("none", "anchor-tabular"), ("anchor-tabular", "none")):
        world = world_with_models("model 1")
        before = {"production": {"income": Wish(explainer=deployed)}}
        world.apply(
            "production", world.repository(before), rendered_environment(world.repository(before), before)
        )
        (release,) = world.repository({"production": {"income": Wish(explainer=wanted)}}).releases
        environment = world.repository(before).environments["production"]
        found = live(world.cluster.serving, environment, release)
        assert found.explained == (deployed != "none")


def test_the_model_that_is_live_is_asked_not_that_of_the_file() -> None:
    """Before an apply the file is ahead of the cluster, and the two may take different columns."""
    world = world_with_models("model 1", "model 2")
    older, newer = ({"production": {"income": Wish(model)}} for model in ("model 1", "model 2"))
    repository = world.repository(newer)
    (release,), environment = repository.releases, repository.environments["production"]
    before = world.repository(older)
    world.apply("production", before, rendered_environment(before, older))
    assert live(world.cluster.serving, environment, release) == Live(commit_id("model 1"), explained=True)


def test_what_is_not_deployed_is_told_as_such_and_not_asked() -> None:
    world = world_with_models("model 1")
    repository = world.repository({"production": {"income": Wish()}})
    (release,), environment = repository.releases, repository.environments["production"]
    with pytest.raises(InvalidInput) as caught:
        live(world.cluster.serving, environment, release)
    (problem,) = caught.value.problems
    assert str(problem).startswith(
        "production/income: nothing is deployed under this name in creditco-production"
    )
    assert "releasectl apply production" in problem.remedy


def test_the_commit_of_the_file_is_taken_where_nobody_can_say_what_is_live() -> None:
    class Deaf:
        def deployment(self, *_: str) -> None:
            raise BackendUnreachable.at("Seldon Deploy", "does not answer", "start it")

    repository = World().repository({"production": {"income": Wish()}})
    (release,), environment = repository.releases, repository.environments["production"]
    wanted = Live(commit_id("model 1"), explained=True)
    assert live(Deaf(), environment, release) == wanted  # type: ignore[arg-type]
