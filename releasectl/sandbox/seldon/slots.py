"""How many servers start at once: imports keep a core busy for seconds each, and models go first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from releasectl.sandbox.seldon.values import Kind

ORDER = {kind: position for position, kind in enumerate(Kind)}


class Slots:
    """One start per core. A model waits for other models only, everything else for all that is before it."""

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._starting: list[Kind] = []
        self._waiting: list[tuple[int, int, Kind, asyncio.Future[None]]] = []
        self._count = 0

    @asynccontextmanager
    async def take(self, kind: Kind) -> AsyncIterator[None]:
        self._count += 1
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (ORDER[kind], self._count, kind, turn)
        self._waiting.append(entry)
        self._grant()
        try:
            await turn
            yield
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)
            else:
                self._starting.remove(kind)
            self._grant()

    def _grant(self) -> None:
        for entry in sorted(self._waiting, key=lambda entry: entry[:2]):
            kind, turn = entry[2:]
            before = [each for each in self._starting if kind is not Kind.MODEL or each is Kind.MODEL]
            if len(before) >= self._cores:
                return
            self._waiting.remove(entry)
            self._starting.append(kind)
            if not turn.done():
                turn.set_result(None)
