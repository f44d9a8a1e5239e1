"""Finds the rows that the messages of PFS name."""

from __future__ import annotations

from typing import Any

from releasectl.sandbox.pachd import commits, repos
from releasectl.sandbox.pachd.records import Commit, Repo
from releasectl.sandbox.pachd.store.db import Conn


def repo_of(conn: Conn, message: Any) -> Repo:
    return repos.get(conn, message.project.name, message.name, message.type)


def commit_of(conn: Conn, message: Any) -> Commit:
    """Requests name the repository in Commit.branch.repo; Commit.repo is accepted too."""
    where = message.branch.repo if message.branch.repo.name else message.repo
    return commits.resolve(conn, repo_of(conn, where), message.branch.name, message.id)
