from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from releasectl import render as stage
from releasectl.errors import PendingChanges
from releasectl.model import Repository
from releasectl.render import render
from tests.builder import CANDIDATE, Mini, build, commit_id
from tests.golden_files import assert_golden
from tests.story import EVALUATE, quick  # noqa: F401  (a fixture)

GOLDEN = Path(__file__).parents[2] / "golden"
STRATEGIES = {
    "direct": "",
    "shadow": "strategy: {{type: shadow, candidate: {candidate}, mirror: 50}}\n",
    "canary": "strategy: {{type: canary, candidate: {candidate}}}\nreplicas: 3\n",
    "abtest": "strategy: {{type: abtest, candidate: {candidate}}}\nexplainer: none\n",
    "router": "strategy: {{type: abtest, candidate: {candidate}, router: true, traffic: 20}}\n",
}


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    mini = build(tmp_path)
    mini.lock(CANDIDATE)
    return mini


@pytest.mark.parametrize("name", STRATEGIES)
def test_golden_deployment(mini: Mini, name: str) -> None:
    mini.release("income", extra=STRATEGIES[name].format(candidate=CANDIDATE))
    texts = {file.path: file.text for file in render(mini.load())}
    assert_golden(GOLDEN / "deployments" / f"{name}.yaml", texts["environments/staging/rendered/income.yaml"])


@pytest.mark.parametrize(
    "path",
    [
        "environments/production/rendered/income.detectors.yaml",
        "pipelines/income/rendered/income_training.yaml",
    ],
)
def test_golden_others(mini: Mini, path: str) -> None:
    texts = {file.path: file.text for file in render(mini.load())}
    assert_golden(GOLDEN / "files" / Path(path).name, texts[path])


def test_the_stable_predictor_never_restarts(mini: Mini) -> None:
    """Seldon restarts pods for any change of a predictor but its traffic, replicas and explainer."""

    def stable(extra: str) -> object:
        mini.release("income", extra=extra.format(candidate=CANDIDATE))
        texts = {file.path: file.documents for file in render(mini.load())}
        predictor = dict(texts["environments/staging/rendered/income.yaml"][0]["spec"]["predictors"][0])
        return {key: predictor[key] for key in predictor.keys() - {"traffic", "replicas", "explainer"}}

    shapes = [stable(STRATEGIES[name]) for name in ("direct", "shadow", "canary", "abtest")]
    assert all(shape == shapes[0] for shape in shapes)


def test_documents_are_what_the_text_says(mini: Mini) -> None:
    for file in render(mini.load()):
        if file.path == "policies/README.md":
            assert file.documents == ()
        elif file.path.endswith(".detectors.yaml"):
            assert yaml.safe_load(file.text) == list(file.documents)
        else:
            assert yaml.safe_load(file.text) == file.documents[0]


def test_write_makes_check_pass_and_repeats_nothing(mini: Mini) -> None:
    rendered = render(mini.load())
    with pytest.raises(PendingChanges) as caught:
        stage.check(mini.root, rendered)
    assert len(caught.value.problems) == len(rendered)
    assert set(stage.write(mini.root, rendered)) == {file.path for file in rendered}
    stage.check(mini.root, rendered)
    assert stage.write(mini.root, rendered) == ()
    assert not list(mini.root.rglob(".*"))  # no temporary file is left


@pytest.mark.parametrize(
    ("content", "told"),
    [("kind: SeldonDeployment\n", "-kind: SeldonDeployment"), ("", "it is empty, and nothing generates it")],
)
def test_a_stale_file_is_found_and_removed(mini: Mini, content: str, told: str) -> None:
    rendered = render(mini.load())
    stage.write(mini.root, rendered)
    old = mini.write("environments/staging/rendered/old.yaml", content)
    with pytest.raises(PendingChanges, match=r"rendered/old\.yaml") as caught:
        stage.check(mini.root, rendered)
    assert told in str(caught.value)
    assert stage.write(mini.root, rendered) == ("environments/staging/rendered/old.yaml",)
    assert not old.exists()


def test_an_edit_of_a_generated_file_is_shown(mini: Mini) -> None:
    rendered = render(mini.load())
    stage.write(mini.root, rendered)
    path = mini.root / "environments/staging/rendered/income.yaml"
    path.write_text(path.read_text().replace("mode: all", "mode: request"))
    with pytest.raises(PendingChanges) as caught:
        stage.check(mini.root, rendered)
    assert "-        mode: request\n+        mode: all\n" in str(caught.value)


def test_a_release_in_two_environments_differs_by_namespace_only(mini: Mini) -> None:
    files = {file.path: file.documents[0] for file in render(mini.load()) if file.documents}
    staging, production = (
        files[f"environments/{name}/rendered/income.yaml"] for name in ("staging", "production")
    )
    assert staging["metadata"].pop("namespace") == "creditco-staging"
    assert production["metadata"].pop("namespace") == "creditco-production"
    assert staging == production


def shuffled(repository: Repository, seed: int) -> Repository:
    """The same repository, read in another order."""
    order = random.Random(seed)

    def mix(mapping: dict) -> dict:  # type: ignore[type-arg]
        items = list(mapping.items())
        order.shuffle(items)
        return dict(items)

    releases = list(repository.releases)
    order.shuffle(releases)
    return replace(
        repository,
        releases=tuple(releases),
        environments=mix(dict(repository.environments)),
        locks=mix(dict(repository.locks)),
        dags=mix(dict(repository.dags)),
    )


def test_rendering_is_deterministic_and_order_free(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("_jsonnet.evaluate_snippet", EVALUATE)
    for number in range(3):
        mini.lock(commit_id(str(number)))
        mini.release(f"other-{number}", "production", commit_id(str(number)))
    repository = mini.load()
    rendered = render(repository)
    for seed in range(8):
        assert render(shuffled(repository, seed)) == rendered
