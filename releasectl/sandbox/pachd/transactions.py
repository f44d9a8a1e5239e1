"""One write to the store: everything in it shares one id and one moment, and all of it happens or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from releasectl.sandbox.pachd import jobs, propagate
from releasectl.sandbox.pachd.records import new_id, now
from releasectl.sandbox.pachd.txn import Store, Txn


@contextmanager
def transaction(store: Store, commit_set: str = "") -> Iterator[Txn]:
    """Commits at the end of the block, after the consequences of what moved are worked out."""
    with store.db.write() as conn:
        txn = Txn(conn, store, commit_set or new_id(), now())
        yield txn
        propagate.propagate(txn)
        jobs.create(txn)
