"""What the S3 gateway may ask of the store: read-only, no gRPC, safe to call from any thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import BinaryIO, NamedTuple, Protocol


class Entry(NamedTuple):
    """A regular file of a commit; `path` starts with a slash, `hash` is hex and opaque, `mtime` is in UTC."""

    path: str
    size: int
    hash: str
    mtime: datetime


class Reader(Protocol):
    """Absence is None, an empty answer, or FileNotFoundError from `open`; never a gRPC error."""

    def repos(self) -> Sequence[str]:
        """Names of the user repositories of the default project, sorted."""

    def branches(self, repo: str) -> Mapping[str, str]:
        """Head commit id by branch name; empty when the repository does not exist."""

    def resolve(self, repo: str, branch: str, commit: str | None) -> str | None:
        """The commit that `commit`, or else the head of `branch`, stands for, if it can be read now."""

    def entries(self, repo: str, commit: str, prefix: str = "") -> Sequence[Entry]:
        """Every regular file whose path starts with `prefix` ("" or "/..."), sorted by path."""

    def open(self, repo: str, commit: str, path: str) -> BinaryIO:
        """A seekable stream of one file's content, never held in memory as a whole."""
