"""Brings events to the broker from a bounded queue: what does not fit is dropped, and nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from releasectl.sandbox.seldon.executor.events import Event, post
from releasectl.sandbox.seldon.executor.settings import Settings
from releasectl.sandbox.seldon.watched import Watched
from releasectl.sandbox.seldon.wire import Incoming

log = logging.getLogger(__name__)
GATHER_SECONDS = 0.05
TOGETHER = 32  # events in one write: more would keep a prediction waiting
ANSWER_SECONDS = 10.0
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0)


class Emitter:
    """`queue` holds what the broker has not confirmed; after a broken connection it is sent once more."""

    def __init__(self, settings: Settings, address: Path) -> None:
        self._settings = settings
        self._address = Watched(address)
        self._wake = asyncio.Event()
        self._connection: tuple[Incoming, asyncio.StreamWriter] | None = None
        self._failures = 0
        self.queue: deque[Event] = deque()
        self.sent = 0
        self.dropped = 0

    def emit(self, event: Event) -> None:
        if len(self.queue) >= self._settings.queue:
            self.dropped += 1
            return
        self.queue.append(event)
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self.queue:
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await self._send()
                    self._failures = 0
                except (OSError, TimeoutError) as error:
                    self._broken(error)
                    await asyncio.sleep(RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS)) - 1])
                # Many together cost less; what is alone is not in a hurry either.
                await asyncio.sleep(GATHER_SECONDS)

    async def flush(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.queue:
                    await asyncio.sleep(GATHER_SECONDS)

    async def _send(self) -> None:
        """Everything that waits now, in small writes, and then the broker's answers to it."""
        url = urlsplit(self._settings.broker or str(self._address.read() or ""))
        if not url.hostname:
            raise ConnectionRefusedError("no broker is there")
        if self._connection is None:
            reader, writer = await asyncio.open_connection(url.hostname, url.port or 80)
            self._connection = Incoming(reader, responses=True), writer
        incoming, writer = self._connection
        events = list(self.queue)
        host, path = url.netloc.encode(), (url.path or "/").encode()
        for start in range(0, len(events), TOGETHER):
            part = events[start : start + TOGETHER]
            writer.write(b"".join(post(event, self._settings, host, path) for event in part))
            await writer.drain()
            for _ in part:
                await self._confirm(incoming)
            await asyncio.sleep(0)

    async def _confirm(self, incoming: Incoming) -> None:
        answer = await incoming.head()
        if answer is None:
            raise ConnectionResetError("the broker ended")
        async for _ in incoming.body(answer):
            pass
        if answer.status >= 500:
            raise ConnectionRefusedError(f"the broker answers {answer.status}")
        self.queue.popleft()
        if answer.status < 300:
            self.sent += 1
        else:  # it would be refused again
            self.dropped += 1

    def _broken(self, error: Exception) -> None:
        if not self._failures:
            log.warning("the broker takes no events: %s", error)
        self._failures += 1
        if self._connection:
            self._connection[1].close()
            self._connection = None
