"""What servers do to an object is no difference; everything else is."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_pachyderm import parse_dict_pipeline_spec
from python_pachyderm.proto.v2.pps import pps_pb2 as pps

from releasectl import normalise
from releasectl.fields import ABSENT, FieldChange, diff
from releasectl.model import Missing
from releasectl.platforms.pachyderm_messages import spec_json

SPEC = {
    "pipeline": {"name": "income_evaluation"},
    "description": "measures the model",
    "metadata": {"annotations": {"releasectl/dag": "income"}},
    "input": {
        "cross": [
            {"pfs": {"repo": "income_training", "glob": "/"}},
            {"pfs": {"repo": "income_holdout", "branch": "master", "glob": "*/", "name": "holdout"}},
        ]
    },
    "transform": {
        "image": "creditco/evaluation:1.0.0",
        "cmd": ["python", "-m", "trainers.evaluation"],
        "env": {"SEED": "7", "camelCase": "kept", "EMPTY": ""},
        "accept_return_code": [0, 3],
    },
    "parallelism_spec": {"constant": 2},
    "resource_requests": {"cpu": 0.1, "memory": "512Mi", "disk": "1Gi"},
    "datum_timeout": "300s",
    "job_timeout": "1.500s",
    "datum_tries": 1,
}


def as_stored(spec: dict) -> dict:
    """What pachd would keep and the adapter read back: through the messages, with the defaults filled in."""
    request = parse_dict_pipeline_spec(spec)
    request.input.cross.sort(key=lambda member: member.pfs.name or member.pfs.repo)
    for member in request.input.cross:
        member.pfs.name = member.pfs.name or member.pfs.repo
        member.pfs.branch = member.pfs.branch or "master"
        member.pfs.repo_type, member.pfs.project = "user", "default"
        member.pfs.glob = "/" + member.pfs.glob.strip("/")
    request.output_branch = request.output_branch or "master"
    request.reprocess_spec = request.reprocess_spec or "until_success"
    request.datum_tries = request.datum_tries or 3
    request.salt = "0a1b2c"
    details = pps.PipelineInfo.Details()
    for field, value in request.ListFields():
        if field.name in pps.PipelineInfo.Details.DESCRIPTOR.fields_by_name:
            target = getattr(details, field.name)
            if hasattr(target, "CopyFrom"):
                target.CopyFrom(value)
            else:
                setattr(details, field.name, value)
    details.created_at.GetCurrentTime()
    details.workers_requested = 1
    pipeline = {"name": request.pipeline.name, "project": {"name": "default"}}
    return {"pipeline": pipeline, **spec_json(details)}


def test_a_spec_equals_what_the_server_makes_of_it() -> None:
    assert diff(normalise.pipeline(as_stored(SPEC)), normalise.pipeline(SPEC)) == ()


def test_normalising_twice_changes_nothing() -> None:
    once = normalise.pipeline(SPEC)
    assert normalise.pipeline(once) == once


def test_the_input_is_left_alone() -> None:
    before = copy.deepcopy(SPEC)
    normalise.pipeline(SPEC)
    assert before == SPEC


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (("transform", "image"), "creditco/evaluation:1.0.1"),
        (("transform", "env", "SEED"), "8"),
        (("transform", "env", "EMPTY"), "no longer"),
        (("transform", "cmd"), ["sh"]),
        (("input", "cross"), [{"pfs": {"repo": "income_training", "glob": "/"}}]),
        (("parallelism_spec", "constant"), 3),
        (("resource_requests", "memory"), "1Gi"),
        (("datum_timeout",), "301s"),
        (("datum_tries",), 3),
        (("output_branch",), "other"),
        (("metadata", "annotations", "releasectl/dag"), "outcome"),
        (("service",), {"internal_port": 80}),
    ],
)
def test_a_real_difference_is_one(pointer, value) -> None:
    changed = copy.deepcopy(SPEC)
    *path, last = pointer
    node = changed
    for part in path:
        node = node[part]
    node[last] = value
    assert diff(normalise.pipeline(as_stored(SPEC)), normalise.pipeline(changed)) != ()


@pytest.mark.parametrize(
    "changed",
    [
        {**SPEC, "parallelism_spec": {"constant": "2"}},
        {**SPEC, "datum_timeout": "300.000s"},
        {**SPEC, "salt": "x", "update": True, "reprocess": True},
        {**SPEC, "output_branch": "master", "reprocess_spec": "until_success"},
        {**SPEC, "s3_out": False, "autoscaling": False, "tolerations": []},
        {**SPEC, "pipeline": {"name": "income_evaluation", "project": {"name": "default"}}},
        {**SPEC, "input": {"cross": list(reversed(SPEC["input"]["cross"]))}},
        {**SPEC, "metadata": {"annotations": {"releasectl/dag": "income", "releasectl/git-commit": "abc"}}},
        {**{key: value for key, value in SPEC.items() if key != "datum_tries"}, "datumTries": "1"},
    ],
)
def test_other_words_for_the_same_are_no_difference(changed) -> None:
    assert diff(normalise.pipeline(changed), normalise.pipeline(SPEC)) == ()


def test_default_resources_are_the_same_whether_said_or_not() -> None:
    plain = {key: value for key, value in SPEC.items() if key != "resource_requests"}
    said = {**plain, "resource_requests": {"cpu": 1, "memory": "256Mi", "disk": "1Gi"}}
    assert normalise.pipeline(plain) == normalise.pipeline(said)


DEPLOYMENT = {
    "metadata": {
        "name": "income",
        "namespace": "creditco",
        "annotations": {"releasectl/owner": "credit-ml", "seldon.io/x": "1"},
    },
    "spec": {
        "predictors": [
            {"name": "default", "replicas": 0, "traffic": 0, "graph": {"name": "income", "children": []}}
        ]
    },
}


def live(**metadata) -> dict:
    found = copy.deepcopy(DEPLOYMENT)
    found["metadata"] |= {"uid": "1", "resourceVersion": "2", "managedFields": []}
    found["metadata"]["annotations"] |= metadata
    found["status"] = {"state": "Available"}
    return found


def same(found: dict) -> bool:
    return not diff(normalise.deployment(found, known=DEPLOYMENT), normalise.deployment(DEPLOYMENT))


def test_bookkeeping_of_a_server_is_no_difference() -> None:
    found = live(**{"argocd.argoproj.io/x": "theirs", "releasectl/git-commit": "abc"})
    found["spec"]["predictors"][0] |= {"explainer": None, "labels": {}, "shadow": False}
    del found["spec"]["predictors"][0]["traffic"]
    found["spec"]["predictors"][0]["componentSpecs"] = []
    assert same(found)


def test_ours_count_even_when_nothing_asks_for_them_any_more() -> None:
    assert not same(live(**{"releasectl/stale": "x"}))
    assert not same(live(**{"seldon.io/x": "2"}))
    assert not same(live(**{"seldon.io/rest-timeout": "1"}))  # the operator obeys it, whoever wrote it


def test_replicas_of_zero_are_not_left_out() -> None:
    found = live()
    del found["spec"]["predictors"][0]["replicas"]
    assert not same(found)


def test_a_detector_is_compared_in_what_was_asked_for() -> None:
    wanted = {"name": "d", "config": {"basic": {"storage_uri": "s3://a", "drift_batch_size": "200"}}}
    filled = copy.deepcopy(wanted)
    filled["config"]["deployment"] = {"http_port": "8080"}
    filled["config"]["basic"]["project"] = "default"
    assert normalise.detector(filled, known=wanted) == normalise.detector(wanted)
    filled["config"]["basic"]["storage_uri"] = "s3://b"
    assert normalise.detector(filled, known=wanted) != normalise.detector(wanted)


def test_list_members_are_matched_by_name() -> None:
    old = {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    new = {"env": [{"name": "A", "value": "1"}, {"name": "C", "value": "3"}]}
    assert [(change.path, change.old, change.new) for change in diff(old, new)] == [
        ("env[B]", {"name": "B", "value": "2"}, ABSENT),
        ("env[C]", ABSENT, {"name": "C", "value": "3"}),
    ]
    swapped = {"env": list(reversed(old["env"]))}
    assert [change.path for change in diff(old, swapped)] == ["env (order)"]


def test_positions_count_where_there_are_no_names() -> None:
    assert diff({"cmd": ["a", "b"]}, {"cmd": ["a", "c", "d"]}) == (
        FieldChange("cmd[1]", "b", "c"),
        FieldChange("cmd[2]", ABSENT, "d"),
    )


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_nothing_differs_from_itself(value) -> None:
    assert diff(value, copy.deepcopy(value)) == ()


@given(values, values)
def test_a_difference_is_found_both_ways(one, other) -> None:
    there, back = diff(one, other), diff(other, one)
    assert {change.path for change in there} == {change.path for change in back}
    assert bool(there) == (json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))


def test_absence_is_no_value() -> None:
    assert diff({"a": None}, {}) == (FieldChange("a", None, Missing("absent")),)
