"""Changing a DAG through the adapter, and what can be learned of its runs."""

from __future__ import annotations

import pytest

from releasectl.errors import InvalidInput, PlatformRefused
from releasectl.model import PipelineVersion, Upstream
from releasectl.ports import PipelineChange

pytestmark = pytest.mark.processes
COPY = "cp $source/* /pfs/out/"


@pytest.fixture(autouse=True)
def tidy(data, repo):
    """The community edition takes 16 pipelines, and so does the sandbox."""
    yield
    data.change(PipelineChange(delete_pipelines=tuple(n for n in data.pipelines() if repo in n)))


@pytest.fixture
def dag(data, repo, spec):
    """A source with data on a side branch, and two pipelines in a row that nothing has triggered yet."""
    commit = data.put(repo, "incoming", {"/data.csv": b"1\n"}, "v1")
    first, second = f"{repo}_first", f"{repo}_second"
    change = PipelineChange(
        move_heads=((repo, "master", commit),),
        pipelines=(
            spec(first, repo, COPY, "echo first read it"),
            spec(second, first, COPY),
        ),
    )
    return commit, first, second, change


def test_one_transaction_is_one_commit_set(data, dag, repo, settled):
    commit, first, second, change = dag
    data.change(change)
    done = settled(second)
    assert (done.state, done.reason, done.datums_done, done.datums_total) == ("success", "", 1, 1)
    (first_job,), (second_job,) = data.jobs(first), data.jobs(second)
    assert first_job.id == second_job.id == data.branches(second)["master"]
    assert data.branches(repo)["master"] == commit
    assert data.read(second, done.id, "/data.csv") == b"1\n"
    assert data.commit(second, done.id).finished


def test_pipelines_are_told_as_specs(data, dag, repo, settled):
    _, first, _, change = dag
    data.change(change)
    settled(first)
    live = data.pipelines()[first]
    assert (live.name, live.version, live.state, live.reason) == (first, 1, "running", "")
    assert live.spec["pipeline"]["name"] == first
    assert live.spec["transform"]["image"] == "debian:12-slim"
    assert live.spec["input"]["pfs"]["repo"] == repo
    assert live.spec["datum_tries"] == 3  # a number, though protobuf's JSON would write "3"
    assert not live.spec.keys() & {"salt", "created_at", "update", "workers_requested"}


def test_numbers_of_a_spec_stay_numbers(data, repo, spec):
    toleration = {"key": "gpu", "operator": "EXISTS", "effect": "NO_SCHEDULE", "toleration_seconds": 30}
    fields = {
        "parallelism_spec": {"constant": 2},
        "datum_set_spec": {"number": 3},
        "datum_timeout": "300s",
        "resource_limits": {"cpu": 0.1, "memory": "1Gi"},
        "tolerations": [toleration],
        "metadata": {"annotations": {"constant": "2"}},
    }
    data.change(PipelineChange(create_repos=(repo,), pipelines=(spec(f"{repo}_p", repo, COPY, **fields),)))
    live = data.pipelines()[f"{repo}_p"].spec
    assert {name: live[name] for name in fields if name != "resource_limits"} == {
        name: value for name, value in fields.items() if name != "resource_limits"
    }
    assert live["resource_limits"]["cpu"] == 0.1


def test_what_is_told_can_be_sent_back(data, dag, settled):
    _, first, second, change = dag
    data.change(change)
    settled(second)
    data.change(PipelineChange(pipelines=(data.pipelines()[first].spec,)))
    assert data.pipelines()[first].version == 2


def test_logs_are_what_the_user_code_printed(data, dag, settled):
    _, first, _, change = dag
    data.change(change)
    assert list(data.logs(first, settled(first).id)) == ["first read it"]


def test_lineage_reaches_the_data_and_names_the_version_that_made_each(data, dag, repo, spec, settled):
    commit, first, second, change = dag
    data.change(change)
    old = settled(second)
    newer = spec(first, repo, COPY)
    newer["transform"]["image"] = "debian:13-slim"
    data.change(PipelineChange(pipelines=(newer,)))
    new = settled(second, newer_than=old)

    def made(job: str, version: int, image: str) -> tuple[Upstream, ...]:
        return (
            Upstream(repo, "incoming", commit),
            Upstream(first, "master", job, PipelineVersion(first, version, image)),
            Upstream(second, "master", job, PipelineVersion(second, 1, "debian:12-slim")),
        )

    assert data.lineage(second, new.id) == made(new.id, 2, "debian:13-slim")
    assert data.lineage(second, old.id) == made(old.id, 1, "debian:12-slim")
    assert data.lineage(repo, commit) == (Upstream(repo, "incoming", commit),)


def test_jobs_of_every_version_newest_first(data, dag, repo, spec, settled):
    _, first, _, change = dag
    data.change(change)
    old = settled(first)
    data.change(PipelineChange(pipelines=(spec(first, repo, COPY),)))
    new = settled(first, newer_than=old)
    assert [job.id for job in data.jobs(first)] == [new.id, old.id]
    assert not data.jobs(f"{first}_nosuch")


def test_a_failed_job_says_why(data, dag, repo, spec, settled):
    _, first, second, change = dag
    broken = spec(first, repo, "echo cannot parse row 7 >&2", "exit 3", datum_tries=1)
    data.change(PipelineChange(move_heads=change.move_heads, pipelines=(broken, change.pipelines[1])))
    failed = settled(first)
    assert failed.state == "failure"
    assert failed.reason
    assert "cannot parse row 7" in list(data.logs(first, failed.id))
    assert settled(second).state == "unrunnable"
    assert data.commit(first, failed.id).error
    assert data.lineage(first, failed.id)[-1].pipeline == PipelineVersion(first, 1, "debian:12-slim")


def test_a_change_that_is_refused_changes_nothing(data, client, dag, repo, spec):
    _, first, _, change = dag
    bad = spec("of_" + repo, "nosuch_" + repo, COPY)
    pending = {info.transaction.id for info in client.list_transaction()}
    with pytest.raises(PlatformRefused):
        data.change(
            PipelineChange(
                create_repos=(f"{repo}_new",),
                move_heads=change.move_heads,
                pipelines=(*change.pipelines, bad),
            )
        )
    assert f"{repo}_new" not in data.repos()
    assert first not in data.pipelines()
    assert "master" not in data.branches(repo)
    assert {info.transaction.id for info in client.list_transaction()} == pending


def test_what_is_no_spec_is_refused_before_anything_is_sent(data, dag, spec, repo):
    change = dag[3]
    wrong = spec(f"{repo}_wrong", repo, COPY, unknown_field=1)
    with pytest.raises(InvalidInput, match="unknown_field"):
        data.change(PipelineChange(move_heads=change.move_heads, pipelines=(wrong,)))
    assert "master" not in data.branches(repo)


def test_a_repository_that_is_there_already_is_no_error(data, repo):
    commit = data.put(repo, "master", {"/a": b""}, "first")
    data.change(PipelineChange(create_repos=(repo, f"{repo}_more")))
    assert {repo, f"{repo}_more"} <= set(data.repos())
    assert data.branches(repo) == {"master": commit}


def test_pipelines_are_deleted_readers_first(data, dag, repo):
    _, first, second, change = dag
    data.change(change)
    data.change(PipelineChange(delete_pipelines=(first, second, f"{repo}_nosuch")))
    assert not {first, second} & data.pipelines().keys()
    assert not {first, second} & set(data.repos())


def test_an_empty_change_does_nothing(data, client):
    before = len(list(client.list_transaction()))
    data.change(PipelineChange())
    assert len(list(client.list_transaction())) == before
