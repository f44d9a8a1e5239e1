"""File trees as immutable nodes addressed by their hash, so that commits share what they have in common.

A file keeps its content per datum tag: two tags on one path are a fault that a finishing commit reports.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from releasectl.sandbox.pachd.store.blobs import Chunk
from releasectl.sandbox.pachd.store.db import Conn

DEFAULT_TAG = "default"
CACHED_NODES = 1024


def digest(data: bytes) -> str:
    """The key of a node or blob: BLAKE2b of 32 bytes, in hex."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


@dataclass(frozen=True)
class File:
    """`parts` maps a datum tag to its chunks in order; a valid file has exactly one tag."""

    parts: tuple[tuple[str, tuple[Chunk, ...]], ...]

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """Of all tags, in order."""
        return tuple(chunk for _, chunks in self.parts for chunk in chunks)

    @property
    def tag(self) -> str:
        """The first of its tags; a file that a datum wrote has no other."""
        return self.parts[0][0]

    @cached_property
    def size(self) -> int:
        """In bytes."""
        return sum(chunk.size for chunk in self.chunks)

    @cached_property
    def hash(self) -> str:
        if len(self.chunks) == 1:
            return self.chunks[0].hash
        return digest("".join(chunk.hash for chunk in self.chunks).encode())


@dataclass(frozen=True)
class Dir:
    """`key` finds the node; `hash` depends on names and contents only, not on datum tags."""

    key: str
    hash: str
    size: int
    count: int


Item = File | Dir


@dataclass(frozen=True)
class Node:
    """One directory. A name in both maps is a collision."""

    files: dict[str, File] = field(default_factory=dict)
    dirs: dict[str, Dir] = field(default_factory=dict)

    def sorted(self) -> Iterator[tuple[str, Item]]:
        """Children in the order of their full paths; directories end with a slash."""
        items: list[tuple[str, Item]] = [
            *self.files.items(),
            *((f"{name}/", d) for name, d in self.dirs.items()),
        ]
        return iter(sorted(items, key=lambda item: item[0]))


EMPTY_NODE = Node()
EMPTY_DIR = Dir(key="", hash=digest(b""), size=0, count=0)


def _encode(node: Node) -> bytes:
    return json.dumps(
        {
            "f": {name: node.files[name].parts for name in sorted(node.files)},
            "d": {name: (d.key, d.hash, d.size, d.count) for name, d in sorted(node.dirs.items())},
        },
        separators=(",", ":"),
    ).encode()


def _decode(data: bytes) -> Node:
    raw = json.loads(data)
    return Node(
        files={
            name: File(tuple((tag, tuple(Chunk(*chunk) for chunk in chunks)) for tag, chunks in parts))
            for name, parts in raw["f"].items()
        },
        dirs={name: Dir(*d) for name, d in raw["d"].items()},
    )


class Trees:
    """Loads and saves nodes; decoded nodes are cached."""

    def __init__(self) -> None:
        self._cache: OrderedDict[str, Node] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, conn: Conn, key: str) -> Node:
        """The node of that key, from memory if it was read lately."""
        if key == EMPTY_DIR.key:
            return EMPTY_NODE
        with self._lock:
            if node := self._cache.get(key):
                self._cache.move_to_end(key)
                return node
        row = conn.execute("SELECT data FROM node WHERE key = ?", (key,)).fetchone()
        node = _decode(row["data"])
        with self._lock:
            self._cache[key] = node
            if len(self._cache) > CACHED_NODES:
                self._cache.popitem(last=False)
        return node

    def save(self, conn: Conn, node: Node) -> Dir:
        """Write a node; the empty one is never stored."""
        if not node.files and not node.dirs:
            return EMPTY_DIR
        data = _encode(node)
        directory = self._describe(digest(data), node)
        conn.execute("INSERT OR IGNORE INTO node VALUES (?, ?)", (directory.key, data))
        return directory

    def root(self, conn: Conn, key: str) -> Dir:
        """The directory that a key stands for."""
        return EMPTY_DIR if key == EMPTY_DIR.key else self._describe(key, self.load(conn, key))

    @staticmethod
    def _describe(key: str, node: Node) -> Dir:
        content = "".join(f"{name}\0{item.hash}\0" for name, item in node.sorted())
        return Dir(
            key=key,
            hash=digest(content.encode()),
            size=sum(i.size for i in node.files.values()) + sum(i.size for i in node.dirs.values()),
            count=len(node.files) + sum(i.count for i in node.dirs.values()),
        )

    def find(self, conn: Conn, root: str, path: str) -> Item | None:
        """`path` is clean; a trailing slash asks for a directory, without one a file goes first."""
        node, names = self.load(conn, root), [name for name in path.split("/") if name]
        if not names:
            return self.root(conn, root)
        for name in names[:-1]:
            if name not in node.dirs:
                return None
            node = self.load(conn, node.dirs[name].key)
        if not path.endswith("/") and names[-1] in node.files:
            return node.files[names[-1]]
        return node.dirs.get(names[-1])

    def children(self, conn: Conn, key: str, base: str) -> Iterator[tuple[str, Item]]:
        """Direct children with full paths; `base` ends with a slash."""
        for name, item in self.load(conn, key).sorted():
            yield base + name, item

    def walk(self, conn: Conn, key: str, base: str) -> Iterator[tuple[str, Item]]:
        """Everything below, directories before what they hold, in the order of the paths."""
        for path, item in self.children(conn, key, base):
            yield path, item
            if isinstance(item, Dir):
                yield from self.walk(conn, item.key, path)

    def files(self, conn: Conn, key: str, base: str = "/") -> Iterator[tuple[str, File]]:
        """Every regular file below, with its full path."""
        for path, item in self.walk(conn, key, base):
            if isinstance(item, File):
                yield path, item

    def diff(
        self, conn: Conn, new: str, old: str, base: str = "/"
    ) -> Iterator[tuple[str, Item | None, Item | None]]:
        """What differs, as (path, new, old), directories included."""
        if new == old:
            return
        left, right = dict(self.load(conn, new).sorted()), dict(self.load(conn, old).sorted())
        for name in sorted({*left, *right}):
            a, b = left.get(name), right.get(name)
            if a is not None and b is not None and a.hash == b.hash:
                continue
            yield base + name, a, b
            if name.endswith("/"):
                keys = [item.key if isinstance(item, Dir) else EMPTY_DIR.key for item in (a, b)]
                yield from self.diff(conn, keys[0], keys[1], base + name)

    def fault(self, conn: Conn, key: str, trusted: str = "", base: str = "/") -> str:
        """The first reason why this tree may not become a commit; nodes that `trusted` holds too are good."""
        if key == trusted:
            return ""
        node, good = self.load(conn, key), self.load(conn, trusted)
        for name in node.files:
            if name in node.dirs:
                return f"file / directory path collision ({base}{name})"
            if len(node.files[name].parts) > 1:
                return f"duplicate path output by different datums ({base}{name})"
        for name, directory in node.dirs.items():
            below = good.dirs.get(name, EMPTY_DIR)
            if reason := self.fault(conn, directory.key, below.key, f"{base}{name}/"):
                return reason
        return ""


def append(file: File | None, tag: str, chunks: Iterable[Chunk]) -> File:
    """The content of `tag` grows at its end; the tags stay in a fixed order."""
    parts = dict(file.parts) if file else {}
    # an empty chunk says "this file exists": it is dropped as soon as there is content
    together = [*parts.get(tag, ()), *chunks]
    parts[tag] = tuple(chunk for chunk in together if chunk.size) or tuple(together[:1])
    return File(tuple(sorted(parts.items())))
