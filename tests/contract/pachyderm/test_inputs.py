"""Datums: how inputs combine, and what is known of each datum."""

from __future__ import annotations

import pytest
from python_pachyderm.service import pps_proto

from tests.contract.pachyderm.lab import NOT_FOUND, Lab, only_sandbox, pfs, refused, sh, until

State = pps_proto.DatumState
SEE = 'echo $(cd /pfs; ls */* | grep -v out/) > "/pfs/out/$PACH_DATUM_ID"'


@pytest.fixture
def two(lab: Lab) -> tuple[str, str]:
    """Two repositories with keys in their file names."""
    left, right = lab.repo("left"), lab.repo("right")
    lab.put(left, {"/l-1": b"1", "/l-2": b"2", "/l-3": b"3"})
    lab.put(right, {"/r-1-a": b"1", "/r-1-b": b"1", "/r-2-a": b"2", "/r-4-a": b"4"})
    return left, right


def datums(lab: Lab, input: pps_proto.Input) -> list[str]:
    """What each datum of a pipeline sees; the ids must be those that the server lists for the input."""
    pipeline = lab.pipeline("see", SEE, input=input)
    assert lab.last_job(pipeline).state == pps_proto.JobState.JOB_SUCCESS
    listed = {info.datum.id for info in lab.client.list_datum(input=input)}
    files = lab.files(pipeline)
    assert {path.lstrip("/") for path in files} == listed
    return sorted(
        content.decode().replace("/", " ").replace("l ", "").replace("r ", "").strip()
        for content in files.values()
    )


def test_cross(lab: Lab, two: tuple[str, str]) -> None:
    left, right = two
    found = datums(lab, pps_proto.Input(cross=[pfs(left, name="l"), pfs(right, "/r-1-*", name="r")]))
    assert found == [f"l-{n} r-1-{m}" for n in (1, 2, 3) for m in "ab"]


def test_union(lab: Lab, two: tuple[str, str]) -> None:
    left, right = two
    found = datums(lab, pps_proto.Input(union=[pfs(left, name="l"), pfs(right, "/r-1-*", name="r")]))
    assert found == ["l-1", "l-2", "l-3", "r-1-a", "r-1-b"]


@pytest.mark.parametrize(
    ("outer", "expected"),
    [
        ((False, False), ["l-1 r-1-a", "l-1 r-1-b", "l-2 r-2-a"]),
        ((True, False), ["l-1 r-1-a", "l-1 r-1-b", "l-2 r-2-a", "l-3"]),
        ((True, True), ["l-1 r-1-a", "l-1 r-1-b", "l-2 r-2-a", "l-3", "r-4-a"]),
    ],
)
def test_join(lab: Lab, two: tuple[str, str], outer: tuple[bool, bool], expected: list[str]) -> None:
    left, right = two
    members = [
        pfs(left, "/l-@(*)", name="l", join_on="$1", outer_join=outer[0]),
        pfs(right, "/r-@(*)-*", name="r", join_on="$1", outer_join=outer[1]),
    ]
    assert datums(lab, pps_proto.Input(join=members)) == expected


def test_group(lab: Lab, two: tuple[str, str]) -> None:
    left, right = two
    members = [
        pfs(left, "/l-@(*)", name="l", group_by="$1"),
        pfs(right, "/r-@(*)-*", name="r", group_by="$1"),
    ]
    assert datums(lab, pps_proto.Input(group=members)) == ["l-1 r-1-a r-1-b", "l-2 r-2-a", "l-3", "r-4-a"]


def test_nested(lab: Lab, two: tuple[str, str]) -> None:
    left, right = two
    union = pps_proto.Input(union=[pfs(right, "/r-2-*", name="r"), pfs(right, "/r-4-*", name="r")])
    found = datums(lab, pps_proto.Input(cross=[pfs(left, "/l-1", name="l"), union]))
    assert found == ["l-1 r-2-a", "l-1 r-4-a"]


def test_folders_are_datums_with_all_they_hold(lab: Lab) -> None:
    repo = lab.repo()
    lab.put(repo, {"/a/1": b"1", "/a/2": b"2", "/b/3": b"3"})
    pipeline = lab.pipeline("p", 'ls $in > "/pfs/out/$(basename $in)"', input=pfs(repo, "/*/", name="in"))
    lab.last_job(pipeline)
    assert lab.files(pipeline) == {"/a": b"1\n2\n", "/b": b"3\n"}


def test_join_keys_reach_the_worker(lab: Lab, two: tuple[str, str]) -> None:
    left, right = two
    members = [pfs(left, "/l-@(*)", name="l", join_on="$1"), pfs(right, "/r-@(2)-*", name="r", join_on="$1")]
    script = 'echo "$PACH_DATUM_l_JOIN_ON $PACH_DATUM_r_JOIN_ON" > /pfs/out/keys'
    pipeline = lab.pipeline("p", script, input=pps_proto.Input(join=members))
    lab.last_job(pipeline)
    assert lab.files(pipeline) == {"/keys": b"2 2\n"}


def test_datums_are_listed_filtered_and_paged(lab: Lab) -> None:
    repo = lab.repo()
    pipeline = lab.pipeline("p", "cp $in /pfs/out", input=pfs(repo, name="in"))
    lab.put(repo, {"/a": b"1", "/b": b"2"})
    job = lab.put(repo, {"/c": b"3"})
    assert lab.job(pipeline, job).data_total == 3
    infos = list(lab.client.list_datum(pipeline, job))
    assert {info.data[0].file.path: info.state for info in infos} == {
        "/a": State.SKIPPED,
        "/b": State.SKIPPED,
        "/c": State.SUCCESS,
    }
    one = next(info for info in infos if info.state == State.SUCCESS)
    assert one.datum.job.id == job
    assert one.data[0].size_bytes == 1
    assert one.stats.upload_bytes == 1
    assert one.pfs_state.commit.repo.type == "meta"
    assert lab.client.inspect_datum(pipeline, job, one.datum.id).data[0].file.path == "/c"
    wanted = pps_proto.ListDatumRequest.Filter(state=[State.SUCCESS])
    assert [info.datum.id for info in lab.client.list_datum(pipeline, job, datum_filter=wanted)] == [
        one.datum.id
    ]
    assert len(list(lab.client.list_datum(pipeline, job, number=2))) == 2
    with refused("not found", NOT_FOUND):
        lab.client.inspect_datum(pipeline, job, "0" * 64)


def test_logs_can_be_narrowed(lab: Lab) -> None:
    repo = lab.repo()
    script = ["echo begin $(basename $in)", "echo to stderr >&2", "cat $in"]
    pipeline = lab.pipeline("p", *script, input=pfs(repo, name="in"))
    job = lab.put(repo, {"/a": b"first\nsecond\n", "/b": b"third"})
    lab.job(pipeline, job)
    client = lab.client

    def lines(**narrow: object) -> list[str]:
        return [line.message for line in client.get_job_logs(pipeline, job, **narrow) if line.user]

    assert sorted(lines()) == sorted(
        ["begin a", "to stderr", "first", "second", "begin b", "to stderr", "third"]
    )
    assert lines(data_filters=["/a"]) == ["begin a", "to stderr", "first", "second"]
    assert lines(data_filters=["/nowhere"]) == []
    (of_b,) = [d for d in client.list_datum(pipeline, job) if d.data[0].file.path == "/b"]
    assert lines(data_filters=[of_b.data[0].hash.hex()])[-1] == "third"
    line = next(found for found in client.get_job_logs(pipeline, job) if found.user)
    assert (line.pipeline_name, line.job_id, line.project_name) == (pipeline, job, "default")
    assert line.datum_id
    assert line.ts.seconds > 0
    assert [file.path for file in line.data] in (["/a"], ["/b"])
    assert len(list(client.get_pipeline_logs(pipeline, tail=2))) == 2


def test_logs_of_what_is_not_there(lab: Lab) -> None:
    pipeline = lab.pipeline("p", "true", input=pfs(lab.repo()))
    with refused("not found", NOT_FOUND):
        list(lab.client.get_pipeline_logs(lab.name("nowhere")))
    with refused("not found", NOT_FOUND):
        list(lab.client.get_job_logs(pipeline, "0" * 12 + "4" + "0" * 19))


@only_sandbox  # the worker must see a file of this machine
def test_logs_can_be_followed(lab: Lab) -> None:
    repo = lab.repo()
    gate = "until test -e $GATE; do sleep 0.05; done"
    transform = sh("echo one", gate, "echo two", "rm $GATE", env={"GATE": f"/tmp/{lab.tag}"})
    pipeline = lab.pipeline("p", input=pfs(repo), transform=transform)
    job = lab.put(repo, {"/a": b"1"})
    stream = (line.message for line in lab.client.get_job_logs(pipeline, job, follow=True) if line.user)
    assert next(stream) == "one"
    with open(f"/tmp/{lab.tag}", "w"):  # noqa: PTH123
        pass
    assert list(stream) == ["two"]  # and the stream ends with the job


def test_a_datum_can_be_run_again(lab: Lab) -> None:
    repo = lab.repo()
    once = "if mkdir $MARK; then echo hangs; sleep 60; fi"
    transform = sh(once, "cp $in /pfs/out", "rmdir $MARK", env={"MARK": f"/tmp/{lab.tag}"})
    pipeline = lab.pipeline("p", input=pfs(repo, name="in"), transform=transform)
    job = lab.put(repo, {"/a": b"1"})
    until(lambda: "hangs" in lab.logs(pipeline, job))
    with refused():
        lab.client.restart_datum(pipeline, job, ["/nowhere"])
    lab.client.restart_datum(pipeline, job, ["/a"])
    assert lab.job(pipeline, job).data_processed == 1
    assert lab.files(pipeline) == {"/a": b"1"}
