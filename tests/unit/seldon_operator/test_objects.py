"""What the API server keeps of what it is sent: pruning, stamping, generations."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.roundtrip import malformed
from releasectl.sandbox.seldon import objects
from releasectl.sandbox.seldon.answers import Refused
from releasectl.sandbox.seldon.prune import pruned
from tests.unit.seldon_operator.manifests import changed, explained, manifest, predictor

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def admitted(**metadata: Any) -> dict[str, Any]:
    document = manifest(explained())
    document["metadata"] |= metadata
    return dict(objects.admitted("credit", document))


def test_fields_of_no_schema_are_dropped_and_known_ones_kept() -> None:
    document = manifest(explained())
    noisy = changed(document, "spec.predictors.0.graph.modelURI", "s3://x")
    noisy = changed(noisy, "spec.predictors.0.componentSpecs.0.spec.containers.0.zzz", {"a": 1})
    noisy = changed(noisy, "spec.predictors.0.explainer.config", None)
    noisy = changed(noisy, "spec.predictors.0.componentSpecs.0.spec.hostUsers", True)
    assert pruned(noisy) == document


@given(key=st.text(), value=JSON)
def test_what_is_pruned_once_stays_as_it_is(key: str, value: Any) -> None:
    document = manifest(predictor(**{key: value}) if key else predictor())
    once = pruned(document)
    assert pruned(once) == once
    words = "does not know this field"
    assert not [each for each in malformed(once) if words in each.message]


def test_children_beyond_the_tenth_level_are_dropped() -> None:
    node: dict[str, Any] = {"name": "n11"}
    for level in range(10, -1, -1):
        node = {"name": f"n{level}", "children": [node]}
    kept = pruned(manifest({**predictor(), "graph": node}))["spec"]["predictors"][0]["graph"]
    depth = 0
    while kept.get("children"):
        kept, depth = kept["children"][0], depth + 1
    assert depth == 10


def test_only_the_server_sets_what_is_the_servers() -> None:
    new = objects.created(admitted(uid="mine", generation=7, resourceVersion="9", managedFields=[]))
    assert new["metadata"]["uid"] != "mine"
    assert new["metadata"]["generation"] == 1
    assert "managedFields" not in new["metadata"]
    assert new["apiVersion"] == "machinelearning.seldon.io/v1"


def test_an_update_keeps_identity_and_counts_specs() -> None:
    old = objects.created(admitted())
    old["metadata"]["resourceVersion"] = "5"
    assert objects.updated(old, admitted(), {}) is None
    labelled = objects.updated(old, admitted(labels={"a": "b"}), {})
    assert labelled is not None
    assert labelled["metadata"] == {**old["metadata"], "labels": {"a": "b"}}
    document = copy.deepcopy(admitted())
    document["spec"]["predictors"][0]["replicas"] = 2
    new = objects.updated(old, document, {"metadata": {"resourceVersion": "5"}})
    assert new is not None
    assert new["metadata"]["generation"] == 2
    with pytest.raises(Refused) as caught:
        objects.updated(old, document, {"metadata": {"resourceVersion": "4"}})
    assert caught.value.code == 409


def test_older_versions_are_stored_as_v1_and_unknown_ones_refused() -> None:
    document = manifest()
    older = objects.admitted("credit", {**document, "apiVersion": "machinelearning.seldon.io/v1alpha2"})
    assert older["apiVersion"] == objects.API_VERSION
    for wrong in ({"apiVersion": "v1"}, {"kind": "Pod"}, {"spec": None}, {"spec": []}):
        with pytest.raises(Refused) as caught:
            objects.admitted("credit", {**document, **wrong})
        assert caught.value.code == 422
