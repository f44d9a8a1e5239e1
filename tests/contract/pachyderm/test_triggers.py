"""Deferred processing: triggers, and schedules."""

from __future__ import annotations

import time
from typing import Any

import pytest
from python_pachyderm.service import pfs_proto, pps_proto

from tests.contract.pachyderm.lab import Lab, pfs, refused, until


def trigger(lab: Lab, repo: str, name: str = "release", watched: str = "master", **condition: Any) -> None:
    """The watched branch need not be there yet."""
    lab.client.create_branch(repo, name, trigger=pfs_proto.Trigger(branch=watched, **condition))


def put(lab: Lab, repo: str, path: str, content: bytes) -> str:
    """The commit, once its consequences are there."""
    commit = lab.put(repo, {path: content})
    lab.client.wait_commit((repo, commit))
    return commit


def test_commits(lab: Lab) -> None:
    repo = lab.repo()
    trigger(lab, repo, commits=2)
    empty = lab.head(repo, "release")
    put(lab, repo, "/a", b"1")
    assert lab.head(repo, "release") == empty
    second = put(lab, repo, "/b", b"2")
    until(lambda: lab.head(repo, "release") == second)  # the same commit: a head move, not a copy
    put(lab, repo, "/c", b"3")
    assert lab.head(repo, "release") == second


def test_size(lab: Lab) -> None:
    repo = lab.repo()
    trigger(lab, repo, size="1K")
    put(lab, repo, "/a", b"x" * 600)
    first = lab.head(repo, "release")
    big = put(lab, repo, "/b", b"x" * 600)
    until(lambda: lab.head(repo, "release") == big)
    assert first != big


def test_one_condition_is_enough_unless_all_are_wanted(lab: Lab) -> None:
    repo = lab.repo()
    trigger(lab, repo, "any", commits=1, size="1M")
    trigger(lab, repo, "every", commits=1, size="1M", all=True)
    commit = put(lab, repo, "/a", b"1")
    until(lambda: lab.head(repo, "any") == commit)
    assert lab.head(repo, "every") != commit


def test_rate_limit(lab: Lab) -> None:
    repo = lab.repo()
    trigger(lab, repo, rate_limit_spec="@every 1h")
    first = lab.head(repo, "release")
    put(lab, repo, "/a", b"1")
    assert lab.head(repo, "release") == first


def test_chains(lab: Lab) -> None:
    repo = lab.repo()
    trigger(lab, repo, "staging", commits=1)
    trigger(lab, repo, "production", "staging", commits=1)
    commit = put(lab, repo, "/a", b"1")
    until(lambda: lab.head(repo, "production") == commit)


def test_a_moved_head_triggers_nothing(lab: Lab) -> None:
    repo = lab.repo()
    commit = put(lab, repo, "/a", b"1")
    trigger(lab, repo, "release", "staging", commits=1)
    empty = lab.head(repo, "release")
    lab.client.create_branch(repo, "staging", (repo, commit))
    assert lab.head(repo, "release") == empty


def test_a_failed_commit_triggers_nothing(lab: Lab) -> None:
    repo = lab.repo()
    trigger(lab, repo, commits=1)
    empty = lab.head(repo, "release")
    commit = lab.client.start_commit(repo, "master")
    lab.client.finish_commit(commit, error="broken")
    lab.client.wait_commit((repo, commit.id))
    assert lab.head(repo, "release") == empty


def test_a_trigger_runs_what_is_downstream(lab: Lab) -> None:
    repo = lab.repo()
    trigger(lab, repo, commits=1)
    pipeline = lab.pipeline("p", "cp /pfs/in/* /pfs/out", input=pfs(repo, name="in", branch="release"))
    lab.last_job(pipeline)
    commit = put(lab, repo, "/a", b"1")
    until(lambda: lab.head(repo, "release") == commit)
    job = lab.last_job(pipeline)
    assert job.job.id != commit
    assert lab.files(pipeline) == {"/a": b"1"}


def test_a_trigger_stays_when_the_head_is_moved(lab: Lab) -> None:
    repo = lab.repo()
    trigger(lab, repo, commits=1)
    commit = put(lab, repo, "/a", b"1")
    lab.client.create_branch(repo, "release", (repo, commit))
    assert lab.client.inspect_branch(repo, "release").trigger.commits == 1


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ({"branch": "", "commits": 1}, "branch"),
        ({"size": "much"}, "size"),
        ({"rate_limit_spec": "sometimes"}, ""),
        ({"cron_spec": "sometimes"}, ""),
        ({"cron_spec": "@hourly", "commits": 1}, ""),
        ({"commits": -1}, "negative"),
        ({"branch": "release", "commits": 1}, "loop"),
    ],
)
def test_bad_triggers(lab: Lab, condition: dict[str, Any], text: str) -> None:
    repo = lab.repo()
    with refused(text):
        lab.client.create_branch(
            repo, "release", trigger=pfs_proto.Trigger(**{"branch": "master", **condition})
        )


def test_loops_and_provenance(lab: Lab) -> None:
    repo, other = lab.repo(), lab.repo("other")
    trigger(lab, repo, "b", "a", commits=1)
    with refused("loop"):
        lab.client.create_branch(repo, "a", trigger=pfs_proto.Trigger(branch="b", commits=1))
    lab.client.create_branch(other, "master")
    upstream = pfs_proto.Branch(repo=pfs_proto.Repo(name=other, type="user"), name="master")
    with refused("both"):
        lab.client.create_branch(
            repo, "c", provenance=[upstream], trigger=pfs_proto.Trigger(branch="a", commits=1)
        )


def test_a_branch_follows_on_a_schedule(lab: Lab) -> None:
    repo = lab.repo()
    trigger(lab, repo, cron_spec="@every 1s")
    commit = put(lab, repo, "/a", b"1")
    until(lambda: lab.head(repo, "release") == commit)


def cron(name: str = "tick", spec: str = "@never", **fields: Any) -> Any:
    return pps_proto.Input(cron=pps_proto.CronInput(name=name, spec=spec, **fields))


def test_ticks_on_request(lab: Lab) -> None:
    pipeline = lab.pipeline("p", "ls /pfs/tick > /pfs/out/$(ls /pfs/tick | tr -d :)", input=cron())
    assert lab.last_job(pipeline).data_total == 0
    lab.client.run_cron(pipeline)
    assert lab.last_job(pipeline).data_processed == 1
    (tick,) = lab.client.list_file((f"{pipeline}_tick", "master"), "/")
    assert time.strptime(tick.file.path, "/%Y-%m-%dT%H:%M:%SZ")
    lab.own_repo(f"{pipeline}_tick")


def test_ticks_by_the_clock(lab: Lab) -> None:
    pipeline = lab.pipeline("p", "true", input=cron(spec="@every 1s", overwrite=True))
    repo = f"{pipeline}_tick"
    lab.own_repo(repo)
    until(lambda: len(list(lab.client.list_commit(repo))) >= 2)
    assert len(list(lab.client.list_file((repo, "master"), "/"))) == 1
    lab.client.stop_pipeline(pipeline)


def test_only_cron_pipelines_tick(lab: Lab) -> None:
    pipeline = lab.pipeline("p", "true", input=pfs(lab.repo()))
    with refused("cron"):
        lab.client.run_cron(pipeline)
