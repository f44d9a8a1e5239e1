"""Services, and the life of a pipeline: stopped, started, deleted."""

from __future__ import annotations

from typing import Any

from python_pachyderm.service import pfs_proto, pps_proto

from tests.contract.pachyderm.lab import NOT_FOUND, Lab, only_sandbox, pfs, refused, until

SUCCESS, FAILURE = pps_proto.JobState.JOB_SUCCESS, pps_proto.JobState.JOB_FAILURE


KILLED, RUNNING = pps_proto.JobState.JOB_KILLED, pps_proto.JobState.JOB_RUNNING


COPY = "cp /pfs/in/* /pfs/out/"


def running(lab: Lab, pipeline: str, job: str, line: str) -> Any:
    """Whether the user code of the job has come to print `line`."""
    return lambda: line in lab.logs(pipeline, job)


def test_a_stopped_pipeline_sleeps_until_it_is_started(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", COPY, input=pfs(repo, name="in"))
    lab.last_job(pipeline)
    lab.client.stop_pipeline(pipeline)
    (info,) = lab.client.inspect_pipeline(pipeline)
    assert info.stopped
    assert info.state == pps_proto.PipelineState.PIPELINE_PAUSED
    before = len(list(lab.client.list_job(pipeline)))
    lab.put(repo, {"/a": b"1"})
    assert len(list(lab.client.list_job(pipeline))) == before
    lab.client.start_pipeline(pipeline)
    assert lab.last_job(pipeline).data_processed == 1
    assert lab.files(pipeline) == {"/a": b"1"}


def test_deleting_a_pipeline(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", COPY, input=pfs(repo, name="in"))
    after = lab.pipeline("after", "true", input=pfs(pipeline))
    lab.wait(lab.put(repo, {"/a": b"1"}))
    with refused("subvenance"):
        lab.client.delete_pipeline(pipeline)
    lab.client.delete_pipeline(after)
    lab.client.delete_pipeline(pipeline, keep_repo=True)
    lab.own_repo(pipeline)
    assert lab.files(pipeline) == {"/a": b"1"}
    with refused("not found", NOT_FOUND):
        lab.client.inspect_pipeline(pipeline)
    lab.put(pipeline, {"/mine": b"2"})  # a source repository from now on


def test_output_branches_are_not_written_by_hand(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo), output_branch_name="results")
    lab.last_job(pipeline)
    assert lab.head(pipeline, "results")
    with refused("output branch"):
        lab.client.start_commit(pipeline, "results")
    with refused("output branch"):
        lab.client.put_file_bytes((pipeline, "results"), "/a", b"1")


def service(lab: Lab, repo: str, *script: str) -> str:
    port = pps_proto.Service(internal_port=8080, external_port=30080, type="ClusterIP")
    return lab.pipeline("svc", *script, input=pfs(repo, "/", name="in"), service=port)


def test_a_service_runs_until_the_next_commit(lab: Lab) -> None:
    repo = lab.repo()
    first = lab.put(repo, {"/a": b"1"})
    pipeline = service(lab, repo, "echo serving $in_COMMIT", "sleep 60")
    job = next(iter(lab.client.list_job(pipeline))).job.id
    until(running(lab, pipeline, job, f"serving {first}"))
    second = lab.put(repo, {"/a": b"2"})
    until(running(lab, pipeline, second, f"serving {second}"))
    assert lab.job(pipeline, job).state == SUCCESS
    (info,) = lab.client.inspect_job(second, pipeline)
    assert info.state == RUNNING


@only_sandbox  # whether user code that exits is run again is not settled
def test_a_service_that_ends_well_is_left_alone(lab: Lab) -> None:
    repo = lab.repo()
    commit = lab.put(repo, {"/a": b"1"})
    pipeline = service(lab, repo, "echo done $in_COMMIT")
    job = next(iter(lab.client.list_job(pipeline))).job.id
    until(running(lab, pipeline, job, f"done {commit}"))
    lab.put(repo, {"/a": b"2"})
    assert lab.job(pipeline, job).state == SUCCESS


def test_a_service_has_one_datum(lab: Lab) -> None:
    repo = lab.repo()
    port = pps_proto.Service(internal_port=8080, external_port=30081, type="ClusterIP")
    lab.put(repo, {"/a": b"1", "/b": b"2"})
    pipeline = lab.pipeline("svc", "sleep 60", input=pfs(repo, "/*"), service=port)
    job = lab.last_job(pipeline)
    assert job.state == FAILURE
    assert "single datum" in job.reason


def test_other_branches_of_an_output_repo_have_no_jobs(lab: Lab) -> None:
    repo, other = lab.repo(), lab.repo("other")
    pipeline = lab.pipeline("p", "true", input=pfs(repo))
    lab.last_job(pipeline)
    lab.client.create_branch(other, "master")
    upstream = pfs_proto.Branch(repo=pfs_proto.Repo(name=other, type="user"), name="master")
    lab.client.create_branch(pipeline, "side", provenance=[upstream])
    commit = lab.put(other, {"/a": b"1"})
    assert lab.head(pipeline, "side") == commit
    assert len(list(lab.client.list_job(pipeline, history=-1))) == 1
    lab.client.finish_commit((pipeline, "side"))
