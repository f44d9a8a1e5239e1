"""A tree being changed: deletes, appends and copies in order, then saved as new nodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from releasectl.sandbox.pachd.store.blobs import Chunk
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.store.trees import EMPTY_DIR, Dir, File, Item, Node, Trees, append


@dataclass
class _Folder:
    files: dict[str, File]
    dirs: dict[str, Dir | _Folder]


class Draft:
    """Starts from the tree `root`; loads only the directories that it touches. Paths are clean."""

    def __init__(self, trees: Trees, conn: Conn, root: str = EMPTY_DIR.key) -> None:
        self._trees = trees
        self._conn = conn
        self._root = self._open(root)

    def _open(self, key: str) -> _Folder:
        node = self._trees.load(self._conn, key)
        return _Folder(dict(node.files), dict(node.dirs))

    def _folder(self, names: Iterable[str], *, create: bool) -> _Folder | None:
        folder = self._root
        for name in names:
            below = folder.dirs.get(name)
            if below is None:
                if not create:
                    return None
                below = _Folder({}, {})
            elif isinstance(below, Dir):
                below = self._open(below.key)
            folder.dirs[name] = below
            folder = below
        return folder

    def append(self, path: str, tag: str, chunks: Iterable[Chunk]) -> None:
        *parents, name = path.strip("/").split("/")
        folder = self._folder(parents, create=True)
        assert folder is not None
        folder.files[name] = append(folder.files.get(name), tag, chunks)

    def delete(self, path: str, tag: str) -> None:
        """A path that ends with a slash is a subtree, of every tag; otherwise one tag of one file."""
        if path == "/":
            self._root = _Folder({}, {})
            return
        *parents, name = path.strip("/").split("/")
        folder = self._folder(parents, create=False)
        if folder is None:
            return
        if path.endswith("/"):
            folder.dirs.pop(name, None)
        elif file := folder.files.pop(name, None):
            rest = tuple(part for part in file.parts if part[0] != tag)
            if rest:
                folder.files[name] = File(rest)

    def copy(self, path: str, item: Item, tag: str) -> None:
        """Append a file, or every file of a directory, under `path`."""
        if isinstance(item, File):
            self.append(path, tag, item.chunks)
            return
        base = path.rstrip("/") + "/"
        for name, file in self._trees.files(self._conn, item.key, base):
            self.append(name, tag, file.chunks)

    def merge(self, root: str) -> None:
        """Lay another tree over this one; paths in both get the parts of both."""
        self._merge(self._root, self._trees.load(self._conn, root))

    def _merge(self, folder: _Folder, node: Node) -> None:
        for name, file in node.files.items():
            merged = folder.files.get(name)
            for tag, chunks in file.parts:
                merged = append(merged, tag, chunks)
            if merged is not None:
                folder.files[name] = merged
        for name, directory in node.dirs.items():
            mine = folder.dirs.get(name)
            if mine is None:
                folder.dirs[name] = directory
                continue
            opened = self._open(mine.key) if isinstance(mine, Dir) else mine
            folder.dirs[name] = opened
            self._merge(opened, self._trees.load(self._conn, directory.key))

    def save(self) -> Dir:
        return self._save(self._root)

    def _save(self, folder: _Folder) -> Dir:
        saved = {n: d if isinstance(d, Dir) else self._save(d) for n, d in folder.dirs.items()}
        return self._trees.save(self._conn, Node(folder.files, {n: d for n, d in saved.items() if d.count}))
