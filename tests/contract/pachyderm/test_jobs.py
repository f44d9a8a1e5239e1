"""Jobs: one per commit, skipping, provenance, moved heads."""

from __future__ import annotations

from python_pachyderm.service import pfs_proto, pps_proto

from tests.contract.pachyderm.lab import Lab, pfs

SUCCESS, FAILURE = pps_proto.JobState.JOB_SUCCESS, pps_proto.JobState.JOB_FAILURE


KILLED, RUNNING = pps_proto.JobState.JOB_KILLED, pps_proto.JobState.JOB_RUNNING


COPY = "cp /pfs/in/* /pfs/out/"


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
