"""Jobs that do not succeed: failures, timeouts, and what stops them."""

from __future__ import annotations

import time
from typing import Any

from google.protobuf import duration_pb2
from python_pachyderm.service import pps_proto

from tests.contract.pachyderm.lab import PATIENCE, Lab, pfs, refused, sh, until

SUCCESS, FAILURE = pps_proto.JobState.JOB_SUCCESS, pps_proto.JobState.JOB_FAILURE


KILLED, RUNNING = pps_proto.JobState.JOB_KILLED, pps_proto.JobState.JOB_RUNNING


UNRUNNABLE = pps_proto.JobState.JOB_UNRUNNABLE


COPY = "cp /pfs/in/* /pfs/out/"


def seconds(value: float) -> Any:
    return duration_pb2.Duration(seconds=int(value), nanos=int(value % 1 * 1e9))


def running(lab: Lab, pipeline: str, job: str, line: str) -> Any:
    """Whether the user code of the job has come to print `line`."""
    return lambda: line in lab.logs(pipeline, job)


def test_a_failing_datum_fails_the_job_with_its_words(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "echo the column age is missing", "exit 3", input=pfs(repo), datum_tries=2)
    after = lab.pipeline("after", "true", input=pfs(pipeline))
    commit = lab.put(repo, {"/a": b"1"})
    job = lab.job(pipeline, commit)
    assert (job.state, job.data_failed) == (FAILURE, 1)
    (datum,) = lab.client.list_datum(pipeline, commit)
    assert datum.datum.id in job.reason
    assert lab.logs(pipeline, commit) == ["the column age is missing"] * 2
    (info,) = lab.client.wait_commit((pipeline, commit))
    assert info.error == job.reason
    unrunnable = lab.job(after, commit)
    assert unrunnable.state == UNRUNNABLE
    assert "upstream pipelines failed" in unrunnable.reason
    assert pipeline in unrunnable.reason


def test_the_job_after_a_failure_goes_on_from_the_last_success(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline(
        "p", "if grep -q bad /pfs/in/*; then exit 1; fi", COPY, input=pfs(repo, name="in")
    )
    lab.job(pipeline, lab.put(repo, {"/a": b"1"}))
    assert lab.job(pipeline, lab.put(repo, {"/b": b"bad"})).state == FAILURE
    job = lab.job(pipeline, lab.put(repo, {"/b": b"good"}))
    assert (job.state, job.data_skipped, job.data_processed) == (SUCCESS, 1, 1)
    assert lab.files(pipeline) == {"/a": b"1", "/b": b"good"}


def test_error_code_may_save_a_datum(lab: Lab) -> None:
    repo = lab.repo()
    transform = sh(
        "test $(basename $in) != bad", "cp $in /pfs/out/", err_cmd=["sh"], err_stdin=["echo saved"]
    )
    pipeline = lab.pipeline("p", input=pfs(repo, name="in"), transform=transform)
    commit = lab.put(repo, {"/good": b"1", "/bad": b"2"})
    job = lab.job(pipeline, commit)
    assert (job.state, job.data_processed, job.data_recovered) == (SUCCESS, 1, 1)
    assert lab.files(pipeline) == {"/good": b"1"}
    assert lab.logs(pipeline, commit) == ["saved"]


def test_other_exit_codes_can_be_accepted(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    pipeline = lab.pipeline("p", input=pfs(repo), transform=sh("exit 7", accept_return_code=[7]))
    assert lab.last_job(pipeline).state == SUCCESS


def test_a_slow_datum_is_stopped(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    script = ["echo started", "sleep 60 & sleep 60"]
    pipeline = lab.pipeline("p", *script, input=pfs(repo), datum_tries=1, datum_timeout=seconds(0.3))
    started = time.monotonic()
    assert lab.last_job(pipeline).state == FAILURE
    assert time.monotonic() - started < 20 * PATIENCE


def test_a_slow_job_is_killed(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    pipeline = lab.pipeline("p", "sleep 60", input=pfs(repo), job_timeout=seconds(0.3))
    assert lab.last_job(pipeline).state == KILLED


def test_a_command_that_does_not_exist(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    transform = pps_proto.Transform(cmd=["no-such-program"])
    pipeline = lab.pipeline("p", input=pfs(repo), transform=transform, datum_tries=1)
    job = lab.last_job(pipeline)
    assert job.state == FAILURE


def test_stopping_a_job(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "echo started", "sleep 60", input=pfs(repo))
    commit = lab.put(repo, {"/a": b"1"})
    until(running(lab, pipeline, commit, "started"))
    lab.client.stop_job(commit, pipeline, reason="wrong data")
    job = lab.job(pipeline, commit)
    assert job.state == KILLED
    assert "wrong data" in job.reason
    (info,) = lab.client.wait_commit((pipeline, commit))
    assert info.error
    with refused():
        lab.client.stop_job(commit, pipeline)


def test_an_update_kills_what_runs(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "echo started", "sleep 60", input=pfs(repo))
    commit = lab.put(repo, {"/a": b"1"})
    until(running(lab, pipeline, commit, "started"))
    lab.pipeline("p", "true", input=pfs(repo), update=True)
    job = lab.job(pipeline, commit)
    assert (job.state, job.reason) == (KILLED, "all jobs killed because pipeline was updated")
    assert lab.last_job(pipeline).state == SUCCESS


def test_a_deleted_pipeline_may_run_meanwhile(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "echo started", "sleep 60", input=pfs(repo))
    commit = lab.put(repo, {"/a": b"1"})
    until(running(lab, pipeline, commit, "started"))
    lab.client.delete_pipeline(pipeline)
    assert pipeline not in [info.repo.name for info in lab.client.list_repo()]
