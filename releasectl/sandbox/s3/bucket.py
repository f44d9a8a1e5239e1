"""Pachyderm's bucket names: `[commit.]branch.repo[.project]`, or `repo` alone for its master branch."""

from __future__ import annotations

import re
from typing import NamedTuple

COMMIT = re.compile(r"[0-9a-f]{12}4[0-9a-f]{19}")  # a version-4 UUID without dashes
DEFAULT_PROJECT = "default"


class Bucket(NamedTuple):
    """What a bucket name stands for; without a `commit` it is the head of `branch`."""

    repo: str
    branch: str = "master"
    commit: str | None = None
    project: str = DEFAULT_PROJECT


def parse(name: str) -> Bucket:
    """Never fails: a name that fits nothing is a repository that does not exist."""
    first, *rest = name.split(".", 3)
    if not rest:
        return Bucket(repo=first)
    if COMMIT.fullmatch(first) and len(rest) > 1:
        return Bucket(rest[1], branch=rest[0], commit=first, project=(rest[2:] or [DEFAULT_PROJECT])[0])
    return Bucket(rest[0], branch=first, project=".".join(rest[1:]) or DEFAULT_PROJECT)


def name_of(branch: str, repo: str) -> str:
    return f"{branch}.{repo}"
