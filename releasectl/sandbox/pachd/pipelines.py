"""Pipelines (being written)."""

from __future__ import annotations

from typing import Any

from releasectl.sandbox.pachd.errors import unimplemented
from releasectl.sandbox.pachd.txn import Txn


def create(txn: Txn, request: Any) -> None:
    raise unimplemented("pipelines are not there yet")
