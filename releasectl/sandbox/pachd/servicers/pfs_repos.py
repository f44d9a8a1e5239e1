"""PFS: projects, repositories and branches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf import empty_pb2

from releasectl.sandbox.pachd import branches, convert, repos, requests
from releasectl.sandbox.pachd.lookup import repo_of
from releasectl.sandbox.pachd.records import USER
from releasectl.sandbox.pachd.servicers.table import Server
from releasectl.sandbox.pachd.transactions import transaction

Context = grpc.ServicerContext
EMPTY = empty_pb2.Empty


def create_project(server: Server, request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        repos.create_project(txn, request.project.name, request.description, update=request.update)
    return EMPTY()


def inspect_project(server: Server, request: Any, _: Context) -> Any:
    with server.store.db.read() as conn:
        return convert.project_info(repos.get_project(conn, request.project.name))


def list_project(server: Server, _request: Any, _: Context) -> Iterator[Any]:
    with server.store.db.read() as conn:
        found = repos.all_projects(conn)
    yield from map(convert.project_info, found)


def delete_project(server: Server, request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        repos.delete_project(txn, request.project.name, force=request.force)
    return EMPTY()


def inspect_repo(server: Server, request: Any, _: Context) -> Any:
    with server.store.db.read() as conn:
        return convert.repo_info(server.store, conn, repo_of(conn, request.repo))


def list_repo(server: Server, request: Any, _: Context) -> Iterator[Any]:
    projects = tuple(project.name or "default" for project in request.projects)
    with server.store.db.read() as conn:
        found = [convert.repo_info(server.store, conn, r) for r in repos.all_of(conn, request.type, projects)]
    yield from found


def delete_all(server: Server, _request: Any, _: Context) -> Any:
    with transaction(server.store) as txn:
        for repo in repos.all_of(txn.conn, USER):
            repos.delete(txn, repo.project, repo.name, USER, force=True)
    return EMPTY()


def inspect_branch(server: Server, request: Any, _: Context) -> Any:
    with server.store.db.read() as conn:
        repo = repo_of(conn, request.branch.repo)
        return convert.branch_info(conn, repo, branches.get(conn, repo, request.branch.name))


def list_branch(server: Server, request: Any, _: Context) -> Iterator[Any]:
    with server.store.db.read() as conn:
        repo = repo_of(conn, request.repo)
        found = branches.of_repo(conn, repo.row)
        if not request.reverse:
            found.reverse()
        infos = [convert.branch_info(conn, repo, branch) for branch in found]
    yield from infos


HANDLERS = {
    "CreateProject": create_project,
    "InspectProject": inspect_project,
    "ListProject": list_project,
    "DeleteProject": delete_project,
    "CreateRepo": requests.handler("create_repo"),
    "InspectRepo": inspect_repo,
    "ListRepo": list_repo,
    "DeleteRepo": requests.handler("delete_repo"),
    "DeleteAll": delete_all,
    "CreateBranch": requests.handler("create_branch"),
    "InspectBranch": inspect_branch,
    "ListBranch": list_branch,
    "DeleteBranch": requests.handler("delete_branch"),
}
