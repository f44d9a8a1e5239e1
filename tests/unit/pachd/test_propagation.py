"""Whatever is done to branches, the invariants of provenance hold after every transaction."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from releasectl.sandbox.pachd import branches, commits, lifecycle, propagate, repos
from releasectl.sandbox.pachd.errors import PachError
from releasectl.sandbox.pachd.records import Branch, new_id, now
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.txn import Store, Txn

SOURCES = ("a", "b")
OUTPUTS = ("c", "d", "e")
NAMES = ("master", "side")
PLACES = st.tuples(st.sampled_from(SOURCES + OUTPUTS), st.sampled_from(NAMES))
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(SOURCES), st.sampled_from(NAMES)),
    st.tuples(st.just("move"), PLACES, st.integers(0, 3)),
    st.tuples(st.just("connect"), st.sampled_from(OUTPUTS), st.lists(PLACES, max_size=3, unique=True)),
    st.tuples(st.just("delete"), PLACES, st.booleans()),
)


@contextmanager
def transaction(store: Store) -> Iterator[Txn]:
    with store.db.write() as conn:
        txn = Txn(conn, store, new_id(), now())
        yield txn
        propagate.propagate(txn)


def do(txn: Txn, step: tuple[object, ...]) -> None:
    conn = txn.conn
    match step:
        case ("write", str(repo), str(name)):
            where = repos.get(conn, "", repo)
            commits.close(txn, lifecycle.start(txn, where, name))
        case ("move", (repo, name), int(back)):
            where = repos.get(conn, "", repo)
            branches.create(txn, where, name, head=commits.resolve(conn, where, name, f"{name}~{back}"))
        case ("connect", str(repo), list(places)):
            above = [branches.ensure(txn, repos.get(conn, "", up), name).row for up, name in places]
            branches.create(txn, repos.get(conn, "", repo), "master", provenance=above)
        case ("delete", (repo, name), bool(force)):
            branches.delete(txn, repos.get(conn, "", repo), name, force=force)


def every_branch(conn: Conn) -> list[Branch]:
    return [branch for repo in repos.all_of(conn) for branch in branches.of_repo(conn, repo.row)]


def check(conn: Conn, before: dict[int, int | None]) -> None:
    moved_by_hand = set()
    for branch in every_branch(conn):
        assert branch.head is not None, "every branch has a head"
        assert commits.by_row(conn, branch.head).repo == branch.repo
        above = branches.provenance(conn, branch.row)
        assert branch.row not in {b.row for b in above}, "no cycles"
        assert len({b.repo for b in above} | {branch.repo}) == len(above) + 1, "one branch per repository"
        if branch.head == before.get(branch.row):
            continue
        head = commits.by_row(conn, branch.head)
        if direct := branches.direct_provenance(conn, branch.row):
            made = {c.row for c in commits.provenance(conn, head.row)}
            if made != {b.head for b in direct}:
                moved_by_hand.add(branch.row)
    # a head that was moved by hand may be older than what is upstream; nothing else may
    assert len(moved_by_hand) <= 1


@settings(max_examples=60)
@given(steps=st.lists(STEPS, max_size=14))
def test_invariants(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        with transaction(store) as txn:
            for name in SOURCES + OUTPUTS:
                repos.create(txn, "", name, "user", "")
        for step in steps:
            with store.db.read() as conn:
                before = {branch.row: branch.head for branch in every_branch(conn)}
                count = conn.execute("SELECT count(*) FROM commits").fetchone()[0]
            try:
                with transaction(store) as txn:
                    do(txn, step)
            except PachError:  # refused: then nothing may have changed
                with store.db.read() as conn:
                    assert {branch.row: branch.head for branch in every_branch(conn)} == before
                    assert conn.execute("SELECT count(*) FROM commits").fetchone()[0] == count
            with store.db.read() as conn:
                check(conn, before)
        store.db.close()
