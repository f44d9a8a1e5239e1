"""Jobs: provenance, skipping, failures, timeouts, services, and what stops them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from google.protobuf import duration_pb2
from python_pachyderm.service import pfs_proto, pps_proto

from tests.contract.pachyderm.lab import NOT_FOUND, Lab, only_sandbox, pfs, refused, sh, until

SUCCESS, FAILURE = pps_proto.JobState.JOB_SUCCESS, pps_proto.JobState.JOB_FAILURE
KILLED, RUNNING = pps_proto.JobState.JOB_KILLED, pps_proto.JobState.JOB_RUNNING
UNRUNNABLE = pps_proto.JobState.JOB_UNRUNNABLE
COPY = "cp /pfs/in/* /pfs/out/"


def seconds(value: float) -> Any:
    return duration_pb2.Duration(seconds=int(value), nanos=int(value % 1 * 1e9))


def running(lab: Lab, pipeline: str, job: str, line: str) -> Any:
    """Whether the user code of the job has come to print `line`."""
    return lambda: line in lab.logs(pipeline, job)


def test_a_new_pipeline_has_a_job_at_once(lab: Lab) -> None:
    pipeline = lab.pipeline("p", COPY, input=pfs(lab.repo(), name="in"))
    job = lab.last_job(pipeline)
    assert (job.state, job.data_total) == (SUCCESS, 0)
    assert lab.files(pipeline) == {}


def test_a_commit_makes_a_job_of_the_same_id(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", COPY, input=pfs(repo, name="in"))
    commit = lab.put(repo, {"/a": b"1", "/b": b"2"})
    job = lab.job(pipeline, commit)
    assert (job.state, job.data_total, job.data_processed, job.reason) == (SUCCESS, 2, 2, "")
    assert job.output_commit.id == commit
    assert job.details.input.pfs.commit == commit
    assert job.stats.download_bytes == 2
    assert job.stats.upload_bytes == 2
    assert job.HasField("finished")
    assert lab.files(pipeline) == {"/a": b"1", "/b": b"2"}
    (info,) = lab.client.inspect_commit((pipeline, commit))
    assert {(up.repo.name, up.repo.type) for up in info.direct_provenance} == {
        (repo, "user"),
        (pipeline, "spec"),
    }
    assert info.origin.kind == pfs_proto.OriginKind.AUTO


def test_downstream_commits_open_with_the_first(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", COPY, input=pfs(repo, name="in"))
    commit = lab.client.start_commit(repo, "master")
    (info,) = lab.client.inspect_commit((pipeline, commit.id))
    assert not info.HasField("finishing")
    (job,) = lab.client.inspect_job(commit.id, pipeline)
    assert job.state < RUNNING
    lab.client.finish_commit(commit)
    assert lab.job(pipeline, commit.id).state == SUCCESS


def test_unchanged_datums_are_skipped_and_gone_ones_removed(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", COPY, input=pfs(repo, name="in"))
    lab.put(repo, {"/a": b"1", "/b": b"2"})
    with lab.client.commit(repo, "master") as commit:
        lab.client.put_file_bytes(commit, "/c", b"3")
        lab.client.delete_file(commit, "/a")
    job = lab.job(pipeline, commit.id)
    assert (job.data_total, job.data_skipped, job.data_processed) == (2, 1, 1)
    assert lab.files(pipeline) == {"/b": b"2", "/c": b"3"}


def test_every_job_runs_every_datum_when_told_to(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", COPY, input=pfs(repo, name="in"), reprocess_spec="every_job")
    lab.put(repo, {"/a": b"1"})
    job = lab.job(pipeline, lab.put(repo, {"/b": b"2"}))
    assert (job.data_total, job.data_skipped) == (2, 0)


def test_links_to_empty_files_become_copies_of_the_originals(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/model/weights": b"w" * 100_000, "/model/sub/card": b"c", "/top": b"t"})
    script = [
        "test ! -s /pfs/in/model/weights",
        "mkdir -p /pfs/out/release",
        "ln -s /pfs/in/model /pfs/out/release/model",
        "ln -s ../in/top /pfs/out/renamed",
        "echo real > /pfs/out/real",
    ]
    pipeline = lab.pipeline("gather", *script, input=pfs(repo, "/", name="in", empty_files=True))
    assert lab.last_job(pipeline).state == SUCCESS
    assert lab.files(pipeline) == {
        "/release/model/weights": b"w" * 100_000,
        "/release/model/sub/card": b"c",
        "/renamed": b"t",
        "/real": b"real\n",
    }


@pytest.mark.parametrize(
    ("link", "files"),
    [
        ("ln -s /pfs/in/a /pfs/out/l", {"/l": b"1"}),
        ("ln -s /pfs/in /pfs/out/l", {"/l/a": b"1"}),
        ("echo x > /pfs/.scratch/f; ln -s /pfs/out/f /pfs/out/l", None),
        ("ln -s /pfs/in/nothing /pfs/out/l", None),
        ("ln -s /nowhere/at/all /pfs/out/l", None),
    ],
)
def test_links_to_ordinary_inputs_are_followed(lab: Lab, link: str, files: dict[str, bytes] | None) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    pipeline = lab.pipeline("p", link, input=pfs(repo, "/", name="in"), datum_tries=1)
    job = lab.last_job(pipeline)
    assert job.state == (FAILURE if files is None else SUCCESS)
    if files is not None:
        assert lab.files(pipeline) == files


def test_inputs_are_copies(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"x" * 100_000})
    lab.last_job(
        lab.pipeline("p", "chmod u+w /pfs/in/a; echo broken > /pfs/in/a", input=pfs(repo, "/", name="in"))
    )
    assert lab.files(repo) == {"/a": b"x" * 100_000}


def test_a_worker_knows_where_it_is(lab: Lab) -> None:
    repo = lab.repo()
    commit = lab.put(repo, {"/dir/a": b"1"})
    wanted = [
        "in",
        "in_COMMIT",
        "PACH_JOB_ID",
        "PACH_OUTPUT_COMMIT_ID",
        "PPS_PIPELINE_NAME",
        "PPS_PROJECT_NAME",
    ]
    wanted += ["PACH_IN_WORKER", "EXTRA"]
    script = [f'echo "${name}" >> /pfs/out/env' for name in wanted]
    transform = sh(*script, "ls /pfs > /pfs/out/ls", "test -n $PACH_DATUM_ID", env={"EXTRA": "more"})
    pipeline = lab.pipeline("p", input=pfs(repo, "/*/*", name="in"), transform=transform)
    job = lab.last_job(pipeline).job.id
    files = lab.files(pipeline)
    assert files["/env"].decode().split() == [
        "/pfs/in/dir/a",
        commit,
        job,
        job,
        pipeline,
        "default",
        "true",
        "more",
    ]
    assert files["/ls"].decode().split() == ["in", "out"]


def test_a_moved_head_makes_a_new_job_on_an_old_commit(lab: Lab) -> None:
    repo = lab.repo()
    first = lab.put(repo, {"/a": b"1"}, "incoming")
    lab.put(repo, {"/a": b"2"}, "incoming")
    script = ["cp /pfs/in/a /pfs/out/a", "echo $in_COMMIT > /pfs/out/commit"]
    pipeline = lab.pipeline("p", *script, input=pfs(repo, "/", name="in"))
    lab.client.create_branch(repo, "master", (repo, first))
    job = lab.last_job(pipeline)
    assert job.job.id != first
    assert lab.files(pipeline) == {"/a": b"1", "/commit": first.encode() + b"\n"}
    (info,) = lab.client.inspect_commit((pipeline, job.job.id))
    assert (repo, first) in {(up.repo.name, up.id) for up in info.direct_provenance}
    lab.client.create_branch(repo, "master", (repo, "incoming"))
    lab.last_job(pipeline)
    assert lab.files(pipeline)["/a"] == b"2"
    lab.client.create_branch(repo, "master", (repo, first))  # roll back
    assert lab.last_job(pipeline).data_processed == 1
    assert lab.files(pipeline)["/a"] == b"1"
    jobs = len(list(lab.client.list_job(pipeline)))
    lab.client.create_branch(repo, "master", (repo, first))  # not idempotent
    assert len(list(lab.client.list_job(pipeline))) == jobs + 1


def test_lineage_of_a_diamond(lab: Lab) -> None:
    data, holdout = lab.repo("data"), lab.repo("holdout")
    held = lab.put(holdout, {"/h": b"h"})
    train = lab.pipeline("train", COPY, input=pfs(data, "/", name="in"))
    judge = lab.pipeline(
        "judge", "true", input=pps_proto.Input(cross=[pfs(train, "/"), pfs(data, "/"), pfs(holdout, "/")])
    )
    commit = lab.put(data, {"/d": b"d"})
    found = {name: info.commit.id for name, info in lab.wait(commit).items()}
    assert found == {data: commit, train: commit, judge: commit, holdout: held}
    (info,) = lab.client.inspect_commit((holdout, commit))  # an id of a set finds what the set was made from
    assert info.commit.id == held


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


def test_colliding_outputs_fail_the_job(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "echo $in > /pfs/out/same", input=pfs(repo, name="in"))
    commit = lab.put(repo, {"/a": b"1", "/b": b"2"})
    job = lab.job(pipeline, commit)
    assert job.state == FAILURE
    assert "duplicate path" in job.reason


def test_bad_output_paths_fail_the_datum(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    pipeline = lab.pipeline("p", "touch '/pfs/out/a*b'", input=pfs(repo), datum_tries=1)
    assert lab.last_job(pipeline).state == FAILURE


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
    assert time.monotonic() - started < 20


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


def test_a_deleted_pipeline_may_run_meanwhile(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "echo started", "sleep 60", input=pfs(repo))
    commit = lab.put(repo, {"/a": b"1"})
    until(running(lab, pipeline, commit, "started"))
    lab.client.delete_pipeline(pipeline)
    assert pipeline not in [info.repo.name for info in lab.client.list_repo()]


def test_output_branches_are_not_written_by_hand(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo), output_branch_name="results")
    lab.last_job(pipeline)
    assert lab.head(pipeline, "results")
    with refused("output branch"):
        lab.client.start_commit(pipeline, "results")
    with refused("output branch"):
        lab.client.put_file_bytes((pipeline, "results"), "/a", b"1")


def test_jobs_by_input_and_by_set(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "true", input=pfs(repo))
    after = lab.pipeline("after", "true", input=pfs(pipeline))
    commit = lab.put(repo, {"/a": b"1"})
    lab.wait(commit)
    assert [j.job.id for j in lab.client.list_job(pipeline, input_commit=(repo, commit))] == [commit]
    jobs = list(lab.client.inspect_job(commit, wait=True))
    assert [j.job.pipeline.name for j in jobs] == [pipeline, after]
    sets = [s for s in lab.client.list_job() if s.job_set.id == commit]
    assert len(sets[0].jobs) == 2
    lab.client.delete_job(commit, after)
    assert len(list(lab.client.inspect_job(commit))) == 1


@only_sandbox  # slots of a cluster are another matter
def test_datums_run_side_by_side(lab: Lab) -> None:
    repo = lab.repo()
    meet = [
        "mkdir -p $MEET; touch $MEET/$(basename $in)",
        "for i in $(seq 100); do test $(ls $MEET | wc -l) -ge 2 && exit 0; sleep 0.05; done; exit 1",
    ]
    transform = sh(*meet, env={"MEET": f"/tmp/{lab.tag}"})
    two = pps_proto.ParallelismSpec(constant=2)
    pipeline = lab.pipeline(
        "p", input=pfs(repo, name="in"), transform=transform, parallelism_spec=two, datum_tries=1
    )
    commit = lab.put(repo, {"/a": b"1", "/b": b"2"})
    assert lab.job(pipeline, commit).state == SUCCESS


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


@only_sandbox  # needs an S3 client in the image
def test_s3_inputs_are_buckets_of_the_job(lab: Lab) -> None:
    repo = lab.repo()
    first = lab.put(repo, {"/dir/a": b"content"})
    script = [
        "import boto3, os",
        "s3 = boto3.client('s3', endpoint_url=os.environ['S3_ENDPOINT'], region_name='any')",
        "keys = [o['Key'] for o in s3.list_objects(Bucket='in')['Contents']]",
        "body = s3.get_object(Bucket='in', Key='dir/a')['Body'].read().decode()",
        "print(keys, body, os.listdir('/pfs/in'), os.environ['in_COMMIT'])",
    ]
    transform = pps_proto.Transform(cmd=["python", "-"], stdin=script)
    pipeline = lab.pipeline("p", transform=transform, input=pfs(repo, "/", name="in", s3=True), datum_tries=1)
    job = lab.last_job(pipeline)
    assert lab.logs(pipeline, job.job.id) == [f"['dir/a'] content [] {first}"]
    assert job.state == SUCCESS


@pytest.mark.parametrize("script", ["rm -r /pfs/out", "mkfifo /pfs/out/pipe", "ln -s /pfs/out /pfs/out/loop"])
def test_outputs_that_cannot_be_uploaded(lab: Lab, script: str) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a": b"1"})
    pipeline = lab.pipeline("p", script, input=pfs(repo), datum_tries=1)
    job = lab.last_job(pipeline)
    assert job.state == FAILURE
    assert job.reason.startswith("datum ")


def test_a_job_reads_what_its_branch_pointed_at(lab: Lab) -> None:
    """Not another commit of the same repository that happens to have the id of the job."""
    repo = lab.repo()
    old = lab.put(repo, {"/old": b"1"}, "incoming")
    pipeline = lab.pipeline("p", COPY, input=pfs(repo, "/", name="in"))
    lab.last_job(pipeline)
    with lab.client.transaction() as transaction:
        lab.client.create_branch(repo, "master", (repo, old))
        lab.client.start_commit(repo, "incoming")
    assert lab.job(pipeline, transaction.id).state == SUCCESS
    assert lab.files(pipeline) == {"/old": b"1"}


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


def test_staging_and_production_are_dags_of_their_own(lab: Lab) -> None:
    """The way of a release: heads of an output repository are moved, and only what reads them runs."""
    repo = lab.repo()
    gather = lab.pipeline("gather", COPY, input=pfs(repo, "/", name="in"))
    readers = {
        branch: lab.pipeline(branch, COPY, input=pfs(gather, "/", name="in", branch=branch))
        for branch in ("staging", "production")
    }
    first = lab.put(repo, {"/model": b"1"})
    lab.wait(first)
    lab.client.create_branch(gather, "staging", (gather, first))
    lab.last_job(readers["staging"])
    assert lab.files(readers["staging"]) == {"/model": b"1"}
    assert lab.files(readers["production"]) == {}
    lab.client.create_branch(gather, "production", (gather, "staging"))
    lab.last_job(readers["production"])
    assert lab.head(gather, "production") == first
    found = {
        info.commit.repo.name: info.commit.id
        for info in lab.client.inspect_commit(lab.head(readers["production"]))
    }
    assert found[repo] == found[gather] == first
