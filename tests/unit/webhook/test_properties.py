"""Whatever JSON comes in, the rules answer: no traceback, and the same verdict for the same manifest."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from generators.roundtrip import malformed
from releasectl.webhook import beyond, violations
from releasectl.webhook.names import deployment_names

KEYS = st.sampled_from([
    *("metadata", "name", "annotations", "labels", "spec", "protocol", "transport", "serverType"),
    *("predictors", "graph", "children", "implementation", "type", "methods", "modelUri", "endpoint"),
    *("logger", "mode", "traffic", "shadow", "explainer", "config", "componentSpecs", "containers"),
    *("resources", "requests", "limits", "svcOrchSpec", "env", "seldon.io/svc-name", "seldon.io/no-engine"),
])  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-200, 200),
    st.floats(allow_nan=False),
    st.sampled_from(["", "v2", "SKLEARN_SERVER", "RANDOM_ABTEST", "UNKNOWN_TYPE", "kafka", "a", "A_b"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)
NODE = st.fixed_dictionaries(
    {}, optional={"name": JSON, "implementation": JSON, "children": JSON, "logger": JSON}
)
PREDICTOR = st.fixed_dictionaries(
    {},
    optional={
        "name": JSON,
        "graph": st.one_of(JSON, NODE),
        "traffic": JSON,
        "shadow": JSON,
        "explainer": JSON,
        "componentSpecs": JSON,
        "annotations": JSON,
    },
)
MANIFEST = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {"spec": st.fixed_dictionaries({"predictors": st.lists(st.one_of(PREDICTOR, JSON), max_size=3)})},
        optional={"metadata": JSON},
    ),
)


@given(MANIFEST)
def test_any_json_is_judged_without_a_traceback_and_left_as_it_was(manifest: object) -> None:
    before = copy.deepcopy(manifest)
    found = (violations(manifest), beyond(manifest), malformed(manifest))
    assert found == (violations(manifest), beyond(manifest), malformed(manifest))
    assert all(each.field and each.message and each.remedy for each in found[0] + found[1] + found[2])
    assert all(len(name) <= 63 for names in deployment_names(manifest).values() for name in names)
    assert manifest == before


@given(st.lists(st.integers(-50, 150), min_size=2, max_size=4))
def test_only_shares_between_0_and_100_that_sum_to_100_pass_both(shares: list[int]) -> None:
    predictors = [
        {"name": f"p{index}", "traffic": share, "graph": {"name": "n", "implementation": "SKLEARN_SERVER"}}
        for index, share in enumerate(shares)
    ]
    manifest = {"metadata": {"name": "income"}, "spec": {"protocol": "v2", "predictors": predictors}}
    objections = [each for each in violations(manifest) + beyond(manifest) if "raffic" in each.message]
    objections += [each for each in beyond(manifest) if each.field.endswith(".traffic")]
    assert (not objections) == (sum(shares) == 100 and all(0 <= share <= 100 for share in shares))
