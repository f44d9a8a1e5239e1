"""One apply per target at a time: a file lock that the operating system lets go of when its holder dies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from releasectl.clock import Clock
from releasectl.errors import LockHeld, Problem
from releasectl.files import replace
from releasectl.ports import Progress

_POLL = 0.1


@contextmanager
def hold(
    folder: Path, target: str, who: str, *, clock: Clock, progress: Progress, wait: float = 0.0
) -> Iterator[None]:
    """Holds `target` while the block runs; waits `wait` seconds for another holder, then raises LockHeld."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{target}.lock")
    card = folder / f"{target}.holder.json"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if wait <= 0:
            raise _held(target, card) from None
        progress(f"waiting for {_holder(card)}")
        try:
            lock.acquire(timeout=wait, poll_interval=_POLL)
        except Timeout:
            raise _held(target, card) from None
    try:
        since = clock.now().isoformat(timespec="seconds")
        replace(card, json.dumps({"who": who, "pid": os.getpid(), "since": since}).encode())
        yield
    finally:
        card.unlink(missing_ok=True)
        lock.release()


def _held(target: str, card: Path) -> LockHeld:
    return LockHeld(Problem(target, f"held by {_holder(card)}", "wait for it, or apply with --wait"))


def _holder(card: Path) -> str:
    """Who it is, as far as the card tells: its holder may just be writing or removing it."""
    try:
        held = json.loads(card.read_text(encoding="utf-8"))
        return f"{held['who']} (process {held['pid']}) since {held['since']}"
    except (OSError, ValueError, KeyError):
        return "another apply"
