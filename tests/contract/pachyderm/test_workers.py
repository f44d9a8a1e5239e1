"""What user code sees under /pfs, and what becomes of what it leaves in /pfs/out."""

from __future__ import annotations

import pytest
from python_pachyderm.service import pps_proto

from tests.contract.pachyderm.lab import Lab, only_sandbox, pfs, sh

SUCCESS, FAILURE = pps_proto.JobState.JOB_SUCCESS, pps_proto.JobState.JOB_FAILURE


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
