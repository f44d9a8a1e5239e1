"""What a strategy may change of the stable predictor: its weight, and nothing that restarts a process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from releasectl.errors import InvalidInput
from releasectl.render import render
from tests.builder import CANDIDATE, Mini, build

SHARES = {"canary": ("traffic", 0, 100), "abtest": ("traffic", 1, 99), "shadow": ("mirror", 1, 100)}


def predictors(mini: Mini, strategy: str) -> dict[str, Any]:
    mini.release("income", extra=strategy)
    documents = {file.path: file.documents for file in render(mini.load())}
    (deployment,) = documents["environments/staging/rendered/income.yaml"]
    return {predictor["name"]: predictor for predictor in deployment["spec"]["predictors"]}


def choice(kind: str, share: int) -> str:
    return f"strategy: {{type: {kind}, candidate: {CANDIDATE}, {SHARES[kind][0]}: {share}}}\n"


@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_stable_predictor_is_the_same_but_for_its_traffic(tmp_path: Path, data: st.DataObject) -> None:
    mini = build(tmp_path)
    mini.lock(CANDIDATE)
    kind = data.draw(st.sampled_from(sorted(SHARES)))
    share = data.draw(st.integers(*SHARES[kind][1:]))
    alone, together = predictors(mini, ""), predictors(mini, choice(kind, share))
    stable = together["default"]
    assert stable == alone["default"] | {"traffic": stable["traffic"]}
    other = next(predictor for name, predictor in together.items() if name != "default")
    assert other["traffic"] == share
    if kind == "shadow":
        assert (stable["traffic"], other["shadow"]) == (100, True)
        assert "explainer" not in other
    else:
        assert stable["traffic"] + share == 100
        assert CANDIDATE in other["explainer"]["modelUri"]


@pytest.mark.parametrize(("share", "ratio"), [(1, "0.99"), (33, "0.67"), (50, "0.50"), (99, "0.01")])
def test_the_router_gets_the_share_of_the_model(tmp_path: Path, share: int, ratio: str) -> None:
    mini = build(tmp_path)
    mini.lock(CANDIDATE)
    strategy = f"strategy: {{type: abtest, candidate: {CANDIDATE}, traffic: {share}, router: true}}\n"
    (predictor,) = predictors(mini, strategy).values()
    graph = predictor["graph"]
    assert graph["implementation"] == "RANDOM_ABTEST"
    assert graph["parameters"] == [{"name": "ratioA", "type": "FLOAT", "value": ratio}]
    assert [CANDIDATE in child["modelUri"] for child in graph["children"]] == [False, True]
    assert "explainer" not in predictor


@pytest.mark.parametrize("share", [-1, 101, 0])
@pytest.mark.parametrize("kind", SHARES)
def test_a_share_out_of_range_is_refused(tmp_path: Path, kind: str, share: int) -> None:
    mini = build(tmp_path)
    mini.lock(CANDIDATE)
    _, low, high = SHARES[kind]
    if low <= share <= high:
        assert predictors(mini, choice(kind, share))
    else:
        with pytest.raises(InvalidInput, match="is out of range"):
            predictors(mini, choice(kind, share))
