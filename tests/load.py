"""Constant load over several connections, and what came of every request."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Sent:
    """One request: when it was sent and answered (time.monotonic), by which model, or what went wrong."""

    id: str
    sent: float
    done: float
    status: int
    version: str
    error: str = ""


@dataclass
class Load:
    """`rate` requests a second over `connections`, each for itself; a request is never tried again."""

    url: str
    body: bytes
    rate: float = 200.0
    connections: int = 4
    headers: str = ""  # lines that end with CR LF
    results: list[Sent] = field(default_factory=list)

    @property
    def failed(self) -> list[Sent]:
        return [each for each in self.results if each.status != 200 or each.error]

    @contextmanager
    def running(self) -> Iterator[Load]:
        """As long as the block runs."""
        enough = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._all(enough)), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            enough.set()
            thread.join(60)

    def send(self, count: int) -> list[Sent]:
        """So many, as fast as they are answered."""
        asyncio.run(self._count(count))
        return self.results

    async def _all(self, enough: threading.Event) -> None:
        interval = self.connections / self.rate
        await asyncio.gather(
            *(
                self._client(number * interval / self.connections, interval, enough)
                for number in range(self.connections)
            )
        )

    async def _client(self, offset: float, interval: float, enough: threading.Event) -> None:
        due = time.monotonic() + offset
        wire = _Wire(self.url, self.headers)
        while not enough.is_set():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due = max(due + interval, time.monotonic() - 1)  # what could not be sent is not made up for
            self.results.append(await wire.ask(self.body))
        wire.close()

    async def _count(self, count: int) -> None:
        left = iter(range(count))

        async def client() -> None:
            wire = _Wire(self.url, self.headers)
            for _ in left:
                self.results.append(await wire.ask(self.body))
            wire.close()

        await asyncio.gather(*(client() for _ in range(self.connections)))


class _Wire:
    """One connection, opened when there is none."""

    def __init__(self, url: str, headers: str) -> None:
        self._url = urlsplit(url)
        self._headers = headers
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: bytes) -> Sent:
        own, sent, status, content = str(uuid.uuid4()), time.monotonic(), 0, b""
        try:
            async with asyncio.timeout(20):
                status, content = await self._exchange(body, own)
            version = json.loads(content).get("model_version", "") if status == 200 else ""
            error = "" if status == 200 else content.decode(errors="replace")[:200]
        except (OSError, EOFError, TimeoutError, ValueError) as failure:
            version, error = "", f"{type(failure).__name__} {failure}"
            self.close()
        return Sent(own, sent, time.monotonic(), status, version, error)

    async def _exchange(self, body: bytes, own: str) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._url.hostname, self._url.port)
        reader, writer = self._streams
        head = f"POST {self._url.path} HTTP/1.1\r\nHost: {self._url.netloc}\r\nSeldon-Puid: {own}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{self._headers}\r\n"
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(answer.split(b" ", 2)[1]), await reader.readexactly(length)

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


def request(rows: Sequence[Sequence[float]], *outputs: str) -> bytes:
    data: dict[str, Any] = {
        "inputs": [{"name": "predict", "shape": [len(rows), len(rows[0])], "datatype": "FP64", "data": rows}]
    }
    if outputs:
        data["outputs"] = [{"name": output} for output in outputs]
    return json.dumps(data).encode()


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
