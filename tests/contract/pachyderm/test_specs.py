"""Pipeline specs: what is refused, what the server adds, and what an update does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from python_pachyderm import parse_dict_pipeline_spec
from python_pachyderm.service import pfs_proto, pps_proto

from tests.contract.pachyderm.lab import EXISTS, NOT_FOUND, Lab, only_sandbox, pfs, refused, sh, until

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


def test_members_of_a_union_may_share_a_name(lab: Lab) -> None:
    repo, other = lab.repo(), lab.repo("other")
    lab.put(repo, {"/a": b"1"})
    lab.put(other, {"/b": b"2"})
    union = pps_proto.Input(union=[pfs(repo, name="in"), pfs(other, name="in")])
    pipeline = lab.pipeline("p", "cp /pfs/in/* /pfs/out/", input=union)
    lab.last_job(pipeline)
    assert lab.files(pipeline) == {"/a": b"1", "/b": b"2"}


def test_own_output_is_not_an_input(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo))
    with refused():
        lab.pipeline("p", "true", input=pfs(pipeline), update=True)
    cross = pps_proto.Input(cross=[pfs(repo, "/"), pfs(repo, "/", branch="side", name="side")])
    with refused("multiple branches"):
        lab.pipeline("q", "true", input=cross)


def test_a_missing_input_branch_is_made(lab: Lab) -> None:
    repo = lab.repo()
    lab.pipeline("p", "true", input=pfs(repo, branch="incoming"))
    (head,) = lab.client.inspect_commit((repo, "incoming"))
    assert head.HasField("finished")


def test_the_server_fills_in_what_was_left_out(lab: Lab) -> None:
    zoo, ant = lab.repo("zoo"), lab.repo("ant")
    cross = pps_proto.Input(cross=[pfs(zoo, "*"), pfs(ant, "/dir/")])
    pipeline = lab.pipeline("p", "true", input=cross, metadata=pps_proto.Metadata(annotations={"git": "abc"}))
    (info,) = lab.client.inspect_pipeline(pipeline, details=True)
    details = info.details
    assert [(m.pfs.name, m.pfs.glob, m.pfs.branch) for m in details.input.cross] == [
        (ant, "/dir", "master"),
        (zoo, "/*", "master"),
    ]
    assert {m.pfs.repo_type for m in details.input.cross} == {"user"}
    assert (details.output_branch, details.datum_tries, details.reprocess_spec) == (
        "master",
        3,
        "until_success",
    )
    assert details.parallelism_spec.constant == 1
    assert details.resource_requests.cpu == 1
    assert details.salt
    assert details.metadata.annotations == {"git": "abc"}
    assert info.version == 1
    (bare,) = lab.client.inspect_pipeline(pipeline)
    assert not bare.HasField("details")
    assert info.spec_commit.repo.type == "spec"


def test_an_update_always_makes_a_version_and_a_job(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    pipeline = lab.pipeline("p", "echo one > /pfs/out/$(basename $input)", input=pfs(repo, name="input"))
    first = lab.last_job(pipeline)
    lab.pipeline("p", "echo two > /pfs/out/$(basename $input)", input=pfs(repo, name="input"), update=True)
    second = lab.last_job(pipeline)
    assert second.job.id != first.job.id
    assert (second.pipeline_version, second.data_skipped, second.data_processed) == (2, 1, 0)
    assert lab.files(pipeline) == {"/a": b"one\n"}  # same salt: the datum is not run again
    again = {"input": pfs(repo, name="input"), "update": True, "reprocess": True}
    lab.pipeline("p", "echo two > /pfs/out/$(basename $input)", **again)
    assert lab.last_job(pipeline).data_processed == 1
    assert lab.files(pipeline) == {"/a": b"two\n"}


def test_history_is_kept(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo))
    lab.last_job(pipeline)
    lab.pipeline("p", "true", input=pfs(repo), update=True, description="the second")
    lab.last_job(pipeline)
    infos = list(lab.client.inspect_pipeline(pipeline, history=-1, details=True))
    assert [(info.version, info.details.description) for info in infos] == [(2, "the second"), (1, "")]
    assert len(list(lab.client.list_job(pipeline))) == 1
    assert len(list(lab.client.list_job(pipeline, history=-1))) == 2
    (listed,) = [i for i in lab.client.list_pipeline() if i.pipeline.name == pipeline]
    assert listed.HasField("details")


def test_missing_pipelines_and_jobs(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo))
    nowhere = lab.name("nowhere")
    with refused("not found", NOT_FOUND):
        lab.client.inspect_pipeline(nowhere)
    with refused("not found", NOT_FOUND):
        list(lab.client.inspect_job("0" * 12 + "4" + "0" * 19, pipeline))
    with refused("not found", NOT_FOUND):
        lab.client.stop_pipeline(nowhere)


def test_a_trigger_input_makes_its_own_branch(lab: Lab) -> None:
    repo = lab.repo()
    trigger = pfs_proto.Trigger(commits=2)
    pipeline = lab.pipeline("p", "cp /pfs/in/* /pfs/out", input=pfs(repo, name="in", trigger=trigger))
    (info,) = lab.client.inspect_pipeline(pipeline, details=True)
    own = info.details.input.pfs
    assert (own.branch, own.trigger.branch) == (f"{pipeline}-trigger-1", "master")
    lab.put(repo, {"/a": b"1"})
    commit = lab.put(repo, {"/b": b"2"})
    lab.wait(commit)
    assert lab.head(repo, own.branch) == commit
    lab.last_job(pipeline)
    assert set(lab.files(pipeline)) == {"/a", "/b"}


def test_secrets(lab: Lab) -> None:
    name = lab.name("login").replace("_", "-")
    lab.client.create_secret(name, {"user": "ann", "password": b"\x01b"})
    assert lab.client.inspect_secret(name).secret.name == name
    assert name in [info.secret.name for info in lab.client.list_secret()]
    wanted = [
        pps_proto.SecretMount(name=name, key="user", env_var="LOGIN"),
        pps_proto.SecretMount(name=name, mount_path="/login"),
    ]
    script = ["echo $LOGIN > /pfs/out/user", "cat /login/password > /pfs/out/password"]
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    pipeline = lab.pipeline("p", input=pfs(repo), transform=sh(*script, secrets=wanted))
    lab.last_job(pipeline)
    assert lab.files(pipeline) == {"/user": b"ann\n", "/password": b"\x01b"}
    lab.client.delete_secret(name)
    with refused("not found"):
        lab.client.inspect_secret(name)


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


def test_an_idle_pipeline_that_scales_stands_by(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo), autoscaling=True)
    lab.last_job(pipeline)

    def state() -> int:
        (info,) = lab.client.inspect_pipeline(pipeline)
        return int(info.state)

    until(lambda: state() == pps_proto.PipelineState.PIPELINE_STANDBY)


def test_a_stopped_pipeline_stays_stopped_when_updated(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo))
    lab.last_job(pipeline)
    lab.client.stop_pipeline(pipeline)
    lab.pipeline("p", "true", input=pfs(repo), update=True)
    (info,) = lab.client.inspect_pipeline(pipeline)
    assert (info.version, info.stopped, info.state) == (2, True, pps_proto.PipelineState.PIPELINE_PAUSED)
    assert list(lab.client.list_job(pipeline)) == []
    lab.client.start_pipeline(pipeline)
    assert lab.last_job(pipeline).pipeline_version == 2


def test_another_output_branch(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo))
    lab.last_job(pipeline)
    lab.pipeline("p", "true", input=pfs(repo), update=True, output_branch_name="results")
    job = lab.last_job(pipeline)
    assert lab.head(pipeline, "results") == job.job.id
    assert not lab.client.inspect_branch(pipeline, "master").provenance
