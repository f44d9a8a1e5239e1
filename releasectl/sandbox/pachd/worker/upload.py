"""What the user code left in /pfs/out: files are uploaded, links to inputs become copies inside the store."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from releasectl.sandbox.pachd.pps.datums import InputFile
from releasectl.sandbox.pachd.store import paths
from releasectl.sandbox.pachd.store.blobs import BlobBatch, Chunk
from releasectl.sandbox.pachd.store.draft import Draft
from releasectl.sandbox.pachd.store.trees import Dir, Item

Source = Callable[[InputFile, str], Item | None]  # an input's file or directory as it is in its commit


class UploadError(Exception):
    """The output cannot become a commit; the datum fails with this text."""


@dataclass
class Output:
    """Scans `pfs`/out. `source` finds the original of a link's target, `own` holds the inputs by name."""

    pfs: Path
    batch: BlobBatch
    own: dict[str, list[InputFile]]
    source: Source
    files: list[tuple[str, Chunk]] = field(default_factory=list)
    copies: list[tuple[str, Item]] = field(default_factory=list)

    def scan(self) -> None:
        out = self.pfs / "out"
        if out.is_symlink() or not out.is_dir():
            raise UploadError("/pfs/out is not a directory any more")
        for child in _children(out):
            self._add(child, f"/{child.name}", inside=True)

    @property
    def size(self) -> int:
        return sum(chunk.size for _, chunk in self.files)

    def write(self, draft: Draft, tag: str) -> None:
        for path, chunk in self.files:
            draft.append(path, tag, (chunk,))
        for path, item in self.copies:
            draft.copy(path, item, tag)

    def _add(self, host: Path, path: str, *, inside: bool) -> None:
        """`inside` /pfs/out links are links; what a link led to is read like any file."""
        try:
            mode = host.lstat().st_mode if inside else host.stat().st_mode
        except OSError as error:
            raise UploadError(f"{path}: the link points at nothing ({host.name})") from error
        if stat.S_ISLNK(mode):
            self._link(host, path)
        elif stat.S_ISDIR(mode):
            for child in _children(host):
                self._add(child, f"{path}/{child.name}", inside=inside)
        elif stat.S_ISREG(mode):
            if reason := paths.fault(path):
                raise UploadError(reason)
            self.files.append((path, self.batch.adopt(host) if inside else self.batch.copy(host)))
        else:
            raise UploadError(f"{path}: only files, directories and links can be uploaded")

    def _link(self, host: Path, path: str) -> None:
        target = str(host.readlink())
        if target == str(self.pfs) or target.startswith(f"{self.pfs}/"):
            target = "/pfs" + target.removeprefix(str(self.pfs))  # the path as the user code means it
        target = posixpath.normpath(posixpath.join("/pfs/out", posixpath.dirname(path.lstrip("/")), target))
        if not target.startswith("/pfs/"):
            self._add(Path(target), path, inside=False)
            return
        _, _, name, *rest = target.split("/")
        inputs = self.own.get(name)
        if inputs is None:
            raise UploadError(f"{path}: could not find input {name!r} of the link to {target}")
        real = self.pfs.joinpath(name, *rest)
        if not real.exists():
            raise UploadError(f"{path}: the link points at nothing ({target})")
        if inputs[0].lazy or inputs[0].empty_files:
            self._copy(inputs[0], "/" + "/".join(rest), path)
        else:
            self._add(real, path, inside=False)

    def _copy(self, source: InputFile, inner: str, path: str) -> None:
        item = self.source(source, inner)
        if item is None:
            raise UploadError(f"{path}: {inner} is not in {source.repo}@{source.commit_id}")
        if reason := paths.fault(path):
            raise UploadError(reason)
        if isinstance(item, Dir) and path == "/":
            raise UploadError("the root cannot be a link")
        self.copies.append((path, item))


def _children(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.iterdir()))
