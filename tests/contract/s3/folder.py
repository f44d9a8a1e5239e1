"""The least that can stand behind the S3 gateway: commits as folders."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from releasectl.sandbox.pachd.reader import Entry


class FolderReader:
    """A `Reader` over folders named <repo>/<commit>."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.heads: dict[str, dict[str, str]] = {}
        self._listed: dict[tuple[str, str], Sequence[Entry]] = {}

    def commit(self, repo: str, branch: str, files: Mapping[str, bytes]) -> str:
        commit = uuid.uuid4().hex
        for path, content in files.items():
            file = self.root / repo / commit / path.removeprefix("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        (self.root / repo / commit).mkdir(parents=True, exist_ok=True)
        self.heads.setdefault(repo, {})[branch] = commit
        return commit

    def repos(self) -> Sequence[str]:
        return sorted(self.heads)

    def branches(self, repo: str) -> Mapping[str, str]:
        return self.heads.get(repo, {})

    def resolve(self, repo: str, branch: str, commit: str | None) -> str | None:
        found = commit or self.branches(repo).get(branch)
        return found if found and (self.root / repo / found).is_dir() else None

    def entries(self, repo: str, commit: str, prefix: str = "") -> Sequence[Entry]:
        if (repo, commit) not in self._listed:  # a commit stays as it is
            top = self.root / repo / commit
            files = [file for file in top.rglob("*") if file.is_file()]
            found = (self.entry(file, f"/{file.relative_to(top).as_posix()}") for file in files)
            self._listed[repo, commit] = sorted(found)
        return [entry for entry in self._listed[repo, commit] if entry.path.startswith(prefix)]

    def entry(self, file: Path, path: str) -> Entry:
        status = file.stat()
        digest = hashlib.sha256(f"{file}{status.st_size}".encode()).hexdigest()
        return Entry(path, status.st_size, digest, datetime.fromtimestamp(status.st_mtime, UTC))

    def open(self, repo: str, commit: str, path: str) -> BinaryIO:
        return (self.root / repo / commit / path.removeprefix("/")).open("rb")
