"""Transactions: one id, all or nothing."""

from __future__ import annotations

import pytest
from python_pachyderm import parse_dict_pipeline_spec
from python_pachyderm.errors import InvalidTransactionOperation
from python_pachyderm.service import pfs_proto, pps_proto, transaction_proto

from tests.contract.pachyderm.lab import EXISTS, NOT_FOUND, Lab, pfs, refused


def test_everything_shares_the_id_of_the_transaction(lab: Lab) -> None:
    a, b = lab.name("a"), lab.name("b")
    lab.own_repo(a)
    lab.own_repo(b)
    with lab.client.transaction() as transaction:
        lab.client.create_repo(a)
        lab.client.create_repo(b)
        commits = [lab.client.start_commit(repo, "master") for repo in (a, b)]
    assert {commit.id for commit in commits} == {transaction.id}
    assert {lab.head(a), lab.head(b)} == {transaction.id}
    for commit in commits:
        lab.client.put_file_bytes(commit, "/x", b"1")
        lab.client.finish_commit(commit)
    assert set(lab.wait(transaction.id)) == {a, b}


def test_nothing_happens_before_the_end(lab: Lab) -> None:
    name = lab.name("a")
    lab.own_repo(name)
    transaction = lab.client.start_transaction()
    lab.client.transaction_id = transaction.id
    lab.client.create_repo(name)
    lab.client.transaction_id = None
    info = lab.client.inspect_transaction(transaction)
    assert [request.create_repo.repo.name for request in info.requests] == [name]
    assert transaction.id in [found.transaction.id for found in lab.client.list_transaction()]
    with refused("not found", NOT_FOUND):
        lab.client.inspect_repo(name)
    lab.client.finish_transaction(transaction)
    assert lab.client.inspect_repo(name).repo.name == name
    with refused("not found"):
        lab.client.inspect_transaction(transaction)


def test_an_error_leaves_nothing(lab: Lab) -> None:
    taken, fresh = lab.repo("taken"), lab.name("fresh")
    with refused("already exists", EXISTS), lab.client.transaction():
        lab.client.create_repo(fresh)
        lab.client.create_repo(taken)
    with refused("not found", NOT_FOUND):
        lab.client.inspect_repo(fresh)
    with pytest.raises(RuntimeError), lab.client.transaction():  # noqa: PT012
        lab.client.create_repo(fresh)
        raise RuntimeError("changed my mind")
    with refused("not found", NOT_FOUND):
        lab.client.inspect_repo(fresh)


def test_the_end_may_fail_too(lab: Lab) -> None:
    """What was fine when it was queued may not be any more."""
    name = lab.name("a")
    transaction = lab.client.start_transaction()
    lab.client.transaction_id = transaction.id
    lab.client.create_repo(name)
    lab.client.create_repo(lab.name("b"))
    lab.client.transaction_id = None
    lab.client.create_repo(name)
    lab.own_repo(name)
    with refused("already exists", EXISTS):
        lab.client.finish_transaction(transaction)
    with refused("not found", NOT_FOUND):
        lab.client.inspect_repo(lab.name("b"))
    lab.client.delete_transaction(transaction)


def test_a_dag_in_one_transaction(lab: Lab) -> None:
    """Repositories, a moved head and pipelines: one commit set, and one job for each pipeline."""
    data, new = lab.repo("data"), lab.name("new")
    lab.own_repo(new)
    old = lab.put(data, {"/a": b"1"}, "incoming")
    with lab.client.transaction() as transaction:
        lab.client.create_repo(new)
        lab.client.create_branch(data, "master", (data, old))
        first = lab.pipeline("first", "cp /pfs/in/* /pfs/out", input=pfs(data, name="in"))
        cross = pps_proto.Input(cross=[pfs(first, "/", name="in"), pfs(data, "/")])
        second = lab.pipeline("second", "cp /pfs/in/* /pfs/out", input=cross)
    infos = lab.wait(transaction.id)
    assert {name: info.commit.id for name, info in infos.items()} == {
        data: old,
        first: transaction.id,
        second: transaction.id,
    }
    assert lab.files(second) == {"/a": b"1"}
    assert [len(list(lab.client.list_job(name))) for name in (first, second)] == [1, 1]


def test_updating_two_pipelines_makes_one_job_of_each(lab: Lab) -> None:
    data = lab.repo("data")
    first = lab.pipeline("first", "true", input=pfs(data))
    second = lab.pipeline("second", "true", input=pfs(first))
    lab.wait(lab.put(data, {"/a": b"1"}))
    with lab.client.transaction() as transaction:
        lab.pipeline("first", "true", input=pfs(data), update=True)
        lab.pipeline("second", "true", input=pfs(first), update=True)
    lab.wait(transaction.id)
    for name in (first, second):
        assert [job.job.id for job in lab.client.list_job(name)] == [transaction.id]


def test_a_bad_pipeline_spoils_the_transaction(lab: Lab) -> None:
    data, fresh = lab.repo("data"), lab.name("fresh")
    with refused("glob"), lab.client.transaction():
        lab.client.create_repo(fresh)
        lab.pipeline("p", "true", input=pfs(data, ""))
    with refused("not found", NOT_FOUND):
        lab.client.inspect_repo(fresh)


def test_two_branches_of_one_repo_are_found_at_the_end(lab: Lab) -> None:
    data, fresh = lab.repo("data"), lab.name("fresh")
    first = lab.pipeline("first", "true", input=pfs(data))
    cross = pps_proto.Input(cross=[pfs(first, "/"), pfs(data, "/", branch="side")])
    with refused("multiple branches"), lab.client.transaction():
        lab.client.create_repo(fresh)
        lab.pipeline("second", "true", input=cross)
    with refused("not found", NOT_FOUND):
        lab.client.inspect_repo(fresh)


def test_batches(lab: Lab) -> None:
    name = lab.name("a")
    lab.own_repo(name)
    repo = pfs_proto.Repo(name=name, type="user")
    where = pfs_proto.Branch(repo=repo, name="master")
    spec = {
        "pipeline": {"name": lab.name("p")},
        "transform": {"cmd": ["true"]},
        "input": {"pfs": {"repo": name, "glob": "/"}},
    }
    lab.own_pipeline(lab.name("p"))
    info = lab.client.batch_transaction(
        [
            transaction_proto.TransactionRequest(create_repo=pfs_proto.CreateRepoRequest(repo=repo)),
            transaction_proto.TransactionRequest(start_commit=pfs_proto.StartCommitRequest(branch=where)),
            transaction_proto.TransactionRequest(create_pipeline=parse_dict_pipeline_spec(spec)),
        ]
    )
    assert info.responses[1].commit.id == lab.head(name) == lab.head(lab.name("p"))


def test_a_deleted_transaction_is_gone(lab: Lab) -> None:
    transaction = lab.client.start_transaction()
    lab.client.delete_transaction(transaction)
    with refused("not found", NOT_FOUND):
        lab.client.finish_transaction(transaction)


def test_files_have_no_part_in_it(lab: Lab) -> None:
    repo = lab.repo()
    with pytest.raises(InvalidTransactionOperation), lab.client.transaction():
        lab.client.put_file_bytes((repo, "master"), "/a", b"1")
