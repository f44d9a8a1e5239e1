"""What is refused of a spec, what is accepted all the same, and what only a cluster runs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from python_pachyderm import parse_dict_pipeline_spec
from python_pachyderm.service import pps_proto

from tests.contract.pachyderm.lab import EXISTS, NOT_FOUND, Lab, only_sandbox, pfs, refused

Change = Callable[[dict[str, Any]], Any]


def base(lab: Lab, repo: str) -> dict[str, Any]:
    return {
        "pipeline": {"name": lab.name("p")},
        "transform": {"cmd": ["true"]},
        "input": {"pfs": {"repo": repo, "glob": "/*"}},
    }


def with_pfs(**fields: Any) -> Change:
    return lambda spec: spec["input"]["pfs"].update(fields)


def with_spec(**fields: Any) -> Change:
    return lambda spec: spec.update(fields)


def with_name(name: str) -> Change:
    return lambda spec: spec["pipeline"].update(name=name)


def together(kind: str, **fields: Any) -> Change:
    """The input twice, the second time with other fields."""

    def change(spec: dict[str, Any]) -> None:
        first = spec["input"]
        second = copy.deepcopy(first)
        second["pfs"].update(fields)
        spec["input"] = {kind: [first, second]}

    return change


REJECTED: dict[str, tuple[Change, str, grpc.StatusCode | None]] = {
    "no name": (with_name(""), "cannot be empty|invalid", None),
    "charset": (with_name("a.b"), "only alphanumeric characters, underscores, and dashes are allowed", None),
    "long name": (with_name("a" * 52), "longer than the 51 max", None),
    "first character": (with_name("-p"), "alphanumeric", None),
    "tf_job": (with_spec(tf_job={"tf_job": "{}"}), "tf_job|tensorflow", None),
    "s3_out of a service": (
        with_spec(s3_out=True, service={"internal_port": 80, "external_port": 30080}),
        "s3",
        None,
    ),
    "s3_out of a spout": (with_spec(s3_out=True, spout={}), "s3", None),
    "no transform": (lambda spec: spec.pop("transform"), "transform", None),
    "reprocess_spec": (with_spec(reprocess_spec="sometimes"), "reprocess", None),
    "spout and autoscaling": (with_spec(spout={}, autoscaling=True), "autoscaling", None),
    "toleration without operator": (with_spec(tolerations=[{"key": "k"}]), "operator", None),
    "no repo": (with_pfs(repo=""), "repo", None),
    "repo named out": (with_pfs(repo="out"), "out", None),
    "input named out": (with_pfs(name="out"), "out", None),
    "input named .env": (with_pfs(name=".env"), "env", None),
    "same name twice": (together("cross"), "more than once|unique", None),
    "no glob": (with_pfs(glob=""), "glob", None),
    "s3 with a glob": (with_pfs(s3=True, glob="/*"), "glob", None),
    "s3 and lazy": (with_pfs(s3=True, glob="/", lazy=True), "lazy", None),
    "s3 and empty_files": (with_pfs(s3=True, glob="/", empty_files=True), "empty_files", None),
    "a commit": (with_pfs(commit="0" * 12 + "4" + "0" * 19), "commit", None),
    "s3 in a join": (together("join", name="b", s3=True, glob="/"), "s3", None),
    "s3 in a group": (together("group", name="b", s3=True, glob="/"), "s3", None),
    "s3 in a union": (together("union", name="b", s3=True, glob="/"), "s3", None),
    "two kinds": (
        lambda spec: spec["input"].update(cron={"name": "c", "spec": "@never"}),
        "multiple input",
        None,
    ),
    "an empty input": (with_spec(input={"cross": []}), "no input", None),
    "no input": (lambda spec: spec.pop("input"), "input", None),
    "a bad schedule": (with_spec(input={"cron": {"name": "c", "spec": "every day"}}), "cron|parse", None),
    "a service with two workers": (
        with_spec(service={"internal_port": 80, "external_port": 30080}, parallelism_spec={"constant": 2}),
        "parallelism",
        None,
    ),
    "a bad service type": (
        with_spec(service={"internal_port": 80, "external_port": 30080, "type": "Tunnel"}),
        "Tunnel",
        None,
    ),
    "pod_spec": (with_spec(pod_spec="{"), "pod_?spec|json", None),
    "pod_patch": (with_spec(pod_patch="["), "pod_?patch|json", None),
    "a spout with input": (with_spec(spout={}), "input", None),
    "SQL egress without a key": (
        with_spec(egress={"sql_database": {"url": "postgres://h/d", "secret": {"name": "s"}}}),
        "secret",
        None,
    ),
    "a missing secret": (
        with_spec(transform={"cmd": ["true"], "secrets": [{"name": "nowhere", "key": "k", "env_var": "K"}]}),
        "secret",
        None,
    ),
    "a missing repo": (with_pfs(repo="nowhere"), "not found", NOT_FOUND),
    "a missing project": (with_pfs(project="nowhere"), "not found", NOT_FOUND),
}


@pytest.mark.parametrize("case", REJECTED)
def test_rejected(lab: Lab, case: str) -> None:
    change, text, code = REJECTED[case]
    spec = base(lab, lab.repo())
    change(spec)
    with refused(text, code):
        lab.client.create_pipeline_from_request(parse_dict_pipeline_spec(spec))
    assert spec["pipeline"]["name"] not in [info.pipeline.name for info in lab.client.list_pipeline()]


@only_sandbox  # limits of the community edition
def test_too_many_workers_are_rejected(lab: Lab) -> None:
    with refused("workers"):
        lab.pipeline(
            "p", "true", input=pfs(lab.repo()), parallelism_spec=pps_proto.ParallelismSpec(constant=9)
        )


@only_sandbox
def test_too_many_pipelines_are_rejected(lab: Lab) -> None:
    repo = lab.repo()
    with refused("16 pipelines"):
        for number in range(17):
            lab.pipeline(f"p{number}", "true", input=pfs(repo))


@only_sandbox  # valid on a cluster
@pytest.mark.parametrize(
    "change",
    [
        {"spout": {}, "input": None},
        {"egress": {"URL": "s3://bucket/dir"}},
        {"s3_out": True},
    ],
    ids=["spout", "egress", "s3_out"],
)
def test_what_the_sandbox_cannot_run_says_so(lab: Lab, change: dict[str, Any]) -> None:
    spec = {**base(lab, lab.repo()), **change}
    with refused("sandbox", grpc.StatusCode.UNIMPLEMENTED):
        lab.client.create_pipeline_from_request(parse_dict_pipeline_spec(spec))


def test_names_that_are_taken(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo))
    with refused("already exists", EXISTS):
        lab.pipeline("p", "true", input=pfs(repo))
    with refused("repo with the same name"):
        lab.pipeline("data", "true", input=pfs(repo))
    with refused("pipeline"):
        lab.client.delete_repo(pipeline)


def test_own_output_is_not_an_input(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo))
    with refused():
        lab.pipeline("p", "true", input=pfs(pipeline), update=True)
    cross = pps_proto.Input(cross=[pfs(repo, "/"), pfs(repo, "/", branch="side", name="side")])
    with refused("multiple branches"):
        lab.pipeline("q", "true", input=cross)


ACCEPTED: dict[str, Change] = {
    "lazy and empty_files": with_pfs(lazy=True, empty_files=True),
    "a join without join_on": together("join", name="second"),
    "per_worker with number": with_spec(datum_set_spec={"number": 1, "per_worker": 1}),
    "the most of everything": with_spec(
        description="all of it",
        metadata={"annotations": {"git": "abc"}, "labels": {"team": "ml"}},
        datum_timeout="1.5s",
        job_timeout="300s",
        resource_limits={"cpu": 2, "memory": "1Gi", "gpu": {"type": "nvidia.com/gpu", "number": 1}},
        scheduling_spec={"node_selector": {"disk": "ssd"}, "priority_class_name": "high"},
        tolerations=[{"key": "k", "operator": "EQUAL", "value": "v", "effect": "NO_SCHEDULE"}],
        pod_patch="[]",
        autoscaling=True,
    ),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(lab: Lab, case: str) -> None:
    repo = lab.repo()
    spec = base(lab, repo)
    ACCEPTED[case](spec)
    lab.own_pipeline(spec["pipeline"]["name"])
    lab.client.create_pipeline_from_request(parse_dict_pipeline_spec(spec))
    (info,) = lab.client.inspect_pipeline(spec["pipeline"]["name"], details=True)
    assert info.version == 1
    assert info.details.description == spec.get("description", "")
