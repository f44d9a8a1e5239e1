"""Takes events over HTTP, and confirms each once it is on the disk."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import suppress

from releasectl.sandbox.seldon.requestlog.db import Log
from releasectl.sandbox.seldon.requestlog.incoming import Logged, logged
from releasectl.sandbox.seldon.wire import BrokenMessage, Headers, Incoming, whole

Answers = asyncio.Queue[asyncio.Future[bool] | bytes | None]
log = logging.getLogger(__name__)
GATHER_SECONDS = 0.02  # events that come within this time are written together
MOST_BYTES = 8 * 1024 * 1024  # of one event


class Broker:
    """`arrived` is set whenever there is something new to read in the log."""

    def __init__(self, store: Log) -> None:
        self._log = store
        self._waiting: list[tuple[Logged, asyncio.Future[bool]]] = []
        self._some = asyncio.Event()
        self.arrived = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Senders write many events before they read an answer, so answers wait for the disk together."""
        incoming = Incoming(reader)
        answers: Answers = asyncio.Queue(1000)
        answering = asyncio.create_task(_answer(answers, writer))
        try:
            while (message := await incoming.head()) is not None:
                body = bytearray()
                async for part in incoming.body(message):
                    body += part
                    if len(body) > MOST_BYTES:
                        raise BrokenMessage("an event that is too large")
                if message.method == b"GET":
                    await answers.put(whole(200, b"{}"))
                    continue
                headers = {
                    name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message.headers
                }
                event = logged(headers, bytes(body))
                await answers.put(
                    whole(400, event.encode(), b"text/plain") if isinstance(event, str) else self._take(event)
                )
        except ConnectionError as error:
            log.info("a connection ended: %s", error)
        finally:
            await answers.put(None)
            with suppress(ConnectionError):
                await answering
            writer.close()

    def _take(self, event: Logged) -> asyncio.Future[bool]:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, done))
        self._some.set()
        return done

    async def write(self) -> None:
        """Forever: what has come in since the last time, in one transaction."""
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._some.clear()
            waiting, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self._log.add, [event for event, _ in waiting])
                kept = True
                self.arrived.set()
            except sqlite3.Error as error:  # a full disk, say: the senders try again
                log.error("cannot keep %d events: %s", len(waiting), error)
                kept = False
            for _, done in waiting:
                done.set_result(kept)


def _texts(headers: Headers) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


async def _answer(answers: Answers, writer: asyncio.StreamWriter) -> None:
    while (answer := await answers.get()) is not None:
        if not isinstance(answer, bytes):
            answer = whole(202 if await answer else 503, b"")
        writer.write(answer)
        if answers.empty():
            await writer.drain()
