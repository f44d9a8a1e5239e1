"""Pipeline specs: what the server adds, and what an update does."""

from __future__ import annotations

from python_pachyderm.service import pfs_proto, pps_proto

from tests.contract.pachyderm.lab import NOT_FOUND, Lab, pfs, refused, sh, until


def test_members_of_a_union_may_share_a_name(lab: Lab) -> None:
    repo, other = lab.repo(), lab.repo("other")
    lab.put(repo, {"/a": b"1"})
    lab.put(other, {"/b": b"2"})
    union = pps_proto.Input(union=[pfs(repo, name="in"), pfs(other, name="in")])
    pipeline = lab.pipeline("p", "cp /pfs/in/* /pfs/out/", input=union)
    lab.last_job(pipeline)
    assert lab.files(pipeline) == {"/a": b"1", "/b": b"2"}


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
