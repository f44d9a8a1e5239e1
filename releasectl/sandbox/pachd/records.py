"""The rows of the store as frozen values, and the enums of the protocol that they hold."""

from __future__ import annotations

import re
import sqlite3
import time
import uuid
from dataclasses import dataclass
from enum import IntEnum

DEFAULT_PROJECT = "default"
USER, META, SPEC = "user", "meta", "spec"
COMMIT_ID = re.compile(r"[0-9a-f]{12}4[0-9a-f]{19}")
NAME = re.compile(r"[a-zA-Z0-9_-]+")


class Origin(IntEnum):
    """Why a commit exists."""

    ANY = 0
    USER = 1
    AUTO = 2
    FSCK = 3


class CommitState(IntEnum):
    """How far a commit has come; a wait names the least it wants."""

    UNKNOWN = 0
    STARTED = 1
    READY = 2
    FINISHING = 3
    FINISHED = 4


def now() -> int:
    return time.time_ns()


def new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Repo:
    row: int
    project: str
    name: str
    type: str
    description: str
    created: int

    def __str__(self) -> str:
        return f"{self.project}/{self.name}" + ("" if self.type == USER else f".{self.type}")


@dataclass(frozen=True)
class Branch:
    row: int
    repo: int
    name: str
    head: int | None
    trigger: bytes | None


@dataclass(frozen=True)
class Commit:
    row: int
    repo: int
    id: str
    branch: str
    origin: int
    description: str
    parent: int | None
    started: int
    finishing: int | None
    finished: int | None
    error: str
    tree: str | None


def repo_of(row: sqlite3.Row) -> Repo:
    return Repo(*(row[name] for name in Repo.__dataclass_fields__))


def branch_of(row: sqlite3.Row) -> Branch:
    return Branch(*(row[name] for name in Branch.__dataclass_fields__))


def commit_of(row: sqlite3.Row) -> Commit:
    return Commit(*(row[name] for name in Commit.__dataclass_fields__))
