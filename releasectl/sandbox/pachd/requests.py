"""The requests that may be part of a transaction: run at once, or queued under a `pach-transaction`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf import empty_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2
from python_pachyderm.proto.v2.transaction import transaction_pb2

from releasectl.sandbox.pachd import branches, commits, convert, jobs, lifecycle, removal, repos
from releasectl.sandbox.pachd.errors import PachError, not_found, unimplemented
from releasectl.sandbox.pachd.lookup import commit_of, repo_of
from releasectl.sandbox.pachd.pps import manage
from releasectl.sandbox.pachd.records import DEFAULT_PROJECT, now
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.transactions import transaction
from releasectl.sandbox.pachd.txn import Store, Txn

HEADER = "pach-transaction"


def _create_repo(txn: Txn, request: Any) -> None:
    repo = request.repo
    repos.create(txn, repo.project.name, repo.name, repo.type, request.description, update=request.update)


def _delete_repo(txn: Txn, request: Any) -> None:
    repo = request.repo
    repos.delete(txn, repo.project.name or DEFAULT_PROJECT, repo.name, repo.type, force=request.force)


def _start_commit(txn: Txn, request: Any) -> Any:
    repo = repo_of(txn.conn, request.branch.repo)
    parent = None
    if request.parent.id or request.parent.branch.name:
        parent = commits.resolve(txn.conn, repo, request.parent.branch.name, request.parent.id)
    commit = lifecycle.start(txn, repo, request.branch.name, parent=parent, description=request.description)
    return convert.commit(repo, commit)


def _finish_commit(txn: Txn, request: Any) -> None:
    commit = commit_of(txn.conn, request.commit)
    repo = repos.by_row(txn.conn, commit.repo)
    lifecycle.finish(txn, repo, commit, description=request.description, error=request.error)


def _squash_commit_set(txn: Txn, request: Any) -> None:
    removal.squash(txn, request.commit_set.id)


def _create_branch(txn: Txn, request: Any) -> None:
    repo = repo_of(txn.conn, request.branch.repo)
    head = None
    if request.head.id or request.head.branch.name:
        where = request.head.branch.repo
        source = repo_of(txn.conn, where) if where.name else repo
        head = commits.resolve(txn.conn, source, request.head.branch.name, request.head.id)
    above = [branches.ensure(txn, repo_of(txn.conn, b.repo), b.name).row for b in request.provenance]
    trigger = request.trigger.SerializeToString() or None
    branches.create(txn, repo, request.branch.name, head=head, provenance=above, trigger=trigger)


def _delete_branch(txn: Txn, request: Any) -> None:
    repo = repo_of(txn.conn, request.branch.repo)
    branches.delete(txn, repo, request.branch.name, force=request.force)


def _stop_job(txn: Txn, request: Any) -> None:
    pipeline = request.job.pipeline
    job = jobs.get(txn.conn, pipeline.project.name or DEFAULT_PROJECT, pipeline.name, request.job.id)
    jobs.stop(txn, job, request.reason or "job stopped")


def _update_job_state(_txn: Txn, _request: Any) -> None:
    raise unimplemented("job states are the sandbox's own business")


EXECUTORS: dict[str, Callable[[Txn, Any], Any]] = {
    "create_repo": _create_repo,
    "delete_repo": _delete_repo,
    "start_commit": _start_commit,
    "finish_commit": _finish_commit,
    "squash_commit_set": _squash_commit_set,
    "create_branch": _create_branch,
    "delete_branch": _delete_branch,
    "update_job_state": _update_job_state,
    "create_pipeline": manage.create,
    "stop_job": _stop_job,
}


def handler(field: str) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
    """The RPC for one kind of request; `field` is its name in transaction_v2.TransactionRequest."""

    def run(server: Any, request: Any, context: grpc.ServicerContext) -> Any:
        header = dict(context.invocation_metadata()).get(HEADER)
        if header:
            response = append(server.store, str(header), {field: request})
        else:
            with transaction(server.store) as txn:
                response = EXECUTORS[field](txn, request)
        return empty_pb2.Empty() if response is None else response

    run.__name__ = field
    return run


def start(store: Store) -> Any:
    """An empty transaction, kept until it is finished or deleted."""
    with transaction(store) as txn:
        info = transaction_pb2.TransactionInfo(
            transaction=transaction_pb2.Transaction(id=txn.id), started=convert.timestamp(txn.now)
        )
        txn.conn.execute("INSERT INTO txn VALUES (?, ?, ?)", (txn.id, txn.now, info.SerializeToString()))
    return info


def load(conn: Conn, id_: str) -> Any:
    row = conn.execute("SELECT requests FROM txn WHERE id = ?", (id_,)).fetchone()
    if row is None:
        raise not_found(f"transaction {id_} not found")
    return transaction_pb2.TransactionInfo.FromString(row["requests"])


def _run(txn: Txn, requests: Any) -> list[Any]:
    """Run the requests in order; the answers of start_commit are kept, the others are empty."""
    answers = []
    for request in requests:
        fields = [field.name for field, _ in request.ListFields()]
        if len(fields) != 1:
            raise PachError("a transaction request must hold exactly one request")
        answer = EXECUTORS[fields[0]](txn, getattr(request, fields[0]))
        is_commit = isinstance(answer, pfs_pb2.Commit)
        answers.append(transaction_pb2.TransactionResponse(commit=answer if is_commit else None))
    return answers


def append(store: Store, id_: str, request: dict[str, Any]) -> Any:
    """Queue a request, after a trial run of everything queued so far; returns the answer of the trial."""
    with store.db.write() as conn:
        info = load(conn, id_)
        info.requests.add(**request)
        conn.execute("SAVEPOINT trial")
        answers = _run(Txn(conn, store, id_, now()), info.requests)
        conn.execute("ROLLBACK TO trial")
        info.responses.append(answers[-1])
        info.version += 1
        conn.execute("UPDATE txn SET requests = ? WHERE id = ?", (info.SerializeToString(), id_))
    return answers[-1].commit if answers[-1].HasField("commit") else None


def finish(store: Store, id_: str) -> Any:
    with transaction(store, id_) as txn:
        info = load(txn.conn, id_)
        del info.responses[:]
        info.responses.extend(_run(txn, info.requests))
        txn.conn.execute("DELETE FROM txn WHERE id = ?", (id_,))
    return info


def batch(store: Store, requests: Any) -> Any:
    with transaction(store) as txn:
        return transaction_pb2.TransactionInfo(
            transaction=transaction_pb2.Transaction(id=txn.id),
            started=convert.timestamp(txn.now),
            requests=requests,
            responses=_run(txn, requests),
        )
