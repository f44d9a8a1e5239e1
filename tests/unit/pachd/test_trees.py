"""Trees of files: order, sharing, and that they agree with a plain dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releasectl.sandbox.pachd.store import paths
from releasectl.sandbox.pachd.store.blobs import BlobStore, Chunk, open_chunks
from releasectl.sandbox.pachd.store.db import Conn, Database
from releasectl.sandbox.pachd.store.draft import Draft
from releasectl.sandbox.pachd.store.trees import DEFAULT_TAG, Dir, Trees

NAMES = st.sampled_from(["a", "b", "a.b", "ab"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "/" + "/".join(names))
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "append", "delete", "prune"]), PATHS, st.integers(0, 9)), max_size=12
)


@pytest.fixture(scope="module")
def conn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conn]:
    db = Database(tmp_path_factory.mktemp("trees") / "db")
    with db.write() as conn:
        yield conn
    db.close()


def chunk(number: int) -> Chunk:
    return Chunk(f"{number:064x}", number)


def apply(draft: Draft, model: dict[str, list[int]], step: tuple[str, str, int]) -> None:
    kind, path, number = step
    if kind == "put":
        draft.delete(path, DEFAULT_TAG)
        model.pop(path, None)
    if kind in ("put", "append"):
        draft.append(path, DEFAULT_TAG, (chunk(number),))
        model.setdefault(path, []).append(number)
    if kind == "delete":
        draft.delete(path, DEFAULT_TAG)
        model.pop(path, None)
    if kind == "prune":
        draft.delete(path + "/", DEFAULT_TAG)
        for below in [other for other in model if other.startswith(path + "/")]:
            del model[below]


@settings(max_examples=75)
@given(steps=STEPS, cut=st.integers(0, 12))
def test_a_tree_is_what_was_done_to_it(conn: Conn, steps: list[tuple[str, str, int]], cut: int) -> None:
    trees, model = Trees(), {}
    draft = Draft(trees, conn)
    for step in steps[:cut]:
        apply(draft, model, step)
    draft = Draft(trees, conn, draft.save().key)  # in between it may be saved
    for step in steps[cut:]:
        apply(draft, model, step)
    root = draft.save()
    found = dict(trees.files(conn, root.key))
    assert list(found) == sorted(found)
    expected = {path: [n for n in numbers if n] for path, numbers in model.items()}
    assert {path: [c.size for c in file.chunks if c.size] for path, file in found.items()} == expected
    assert (root.count, root.size) == (len(model), sum(sum(numbers) for numbers in model.values()))


@given(
    files=st.dictionaries(PATHS, st.integers(1, 9), max_size=8),
    other=st.dictionaries(PATHS, st.integers(1, 9), max_size=8),
)
def test_differences_are_symmetric_and_complete(
    conn: Conn, files: dict[str, int], other: dict[str, int]
) -> None:
    trees = Trees()
    roots = []
    for content in (files, other):
        draft = Draft(trees, conn)
        for path in sorted(content):
            draft.append(path, DEFAULT_TAG, (chunk(content[path]),))
        roots.append(draft.save().key)
    changed = {path for path, a, b in trees.diff(conn, *roots) if not path.endswith("/")}
    assert changed == {path for path in {*files, *other} if files.get(path) != other.get(path)}
    assert {path for path, _, _ in trees.diff(conn, *reversed(roots)) if not path.endswith("/")} == changed


def test_order_of_paths_is_that_of_their_bytes(conn: Conn) -> None:
    draft = Draft(Trees(), conn)
    for path in ("/a/x", "/a.b", "/ab"):
        draft.append(path, DEFAULT_TAG, (chunk(1),))
    root = draft.save()
    walked = [path for path, _ in Trees().walk(conn, root.key, "/")]
    assert walked == ["/a.b", "/a/", "/a/x", "/ab"] == sorted(walked)


def test_equal_content_has_equal_nodes(conn: Conn) -> None:
    keys = set()
    for order in (("/a", "/d/b"), ("/d/b", "/a")):
        draft = Draft(Trees(), conn)
        for path in order:
            draft.append(path, DEFAULT_TAG, (chunk(1),))
        keys.add(draft.save().key)
    assert len(keys) == 1


def test_hashes_do_not_depend_on_tags_but_collisions_do(conn: Conn) -> None:
    trees = Trees()
    one, two = Draft(trees, conn), Draft(trees, conn)
    one.append("/d/f", "x", (chunk(1),))
    two.append("/d/f", "y", (chunk(1),))
    a, b = one.save(), two.save()
    assert a.hash == b.hash
    both = Draft(trees, conn, a.key)
    both.merge(b.key)
    assert "duplicate path" in trees.fault(conn, both.save().key)
    assert trees.fault(conn, a.key) == ""
    mixed = Draft(trees, conn, a.key)
    mixed.append("/d", DEFAULT_TAG, (chunk(1),))
    assert "collision" in trees.fault(conn, mixed.save().key, trusted=a.key)


def test_finding(conn: Conn) -> None:
    trees, draft = Trees(), Draft(Trees(), conn)
    draft.append("/d/f", DEFAULT_TAG, (chunk(1),))
    root = draft.save().key
    assert isinstance(trees.find(conn, root, "/"), Dir)
    assert isinstance(trees.find(conn, root, "/d"), Dir)
    assert not isinstance(trees.find(conn, root, "/d/f"), Dir)
    assert [trees.find(conn, root, path) for path in ("/d/f/", "/x", "/d/f/g", "/x/y")] == [None] * 4


@pytest.mark.parametrize(
    ("path", "cleaned"), [("", "/"), ("a", "/a"), ("//a//b", "/a/b"), ("/a/", "/a/"), ("a/b/", "/a/b/")]
)
def test_cleaning(path: str, cleaned: str) -> None:
    assert paths.clean(path) == cleaned == paths.clean(cleaned)


def test_chunks_read_as_one_file(tmp_path: Path) -> None:
    db = Database(tmp_path / "db")
    store = BlobStore(tmp_path, db)
    pieces = [b"small", b"x" * 100_000, b"", b"tail"]
    batch = store.batch()
    chunks = [batch.add(piece) for piece in pieces]
    with db.write() as conn:
        batch.flush(conn)
    whole = b"".join(pieces)
    with open_chunks(store, chunks) as stream:
        assert stream.read() == whole
        for offset in (0, 3, 5, 99_999, 100_004, len(whole)):
            stream.seek(offset)
            assert stream.read(10) == whole[offset : offset + 10]
        assert stream.seek(-4, 2) == len(whole) - 4
        assert stream.read() == b"tail"
    assert store.path(chunks[1].hash).stat().st_size == 100_000
    assert not store.path(chunks[0].hash).exists()
    db.close()
