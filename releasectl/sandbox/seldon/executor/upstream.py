"""Connections to the models, kept open between requests; which models there are is in a file."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from releasectl.sandbox.seldon.watched import Watched
from releasectl.sandbox.seldon.wire import Incoming

CONNECT_SECONDS = 2.0
START_SECONDS = 8.0  # of a model that ended amid a request, or that an explainer asks before it is there
POLL_SECONDS = 0.05
IDLE_SECONDS = 3.0  # below the 5 s after which MLServer closes an idle connection


@dataclass(slots=True)
class Connection:
    """`used` says whether it has carried a request before: then its end may have been missed."""

    url: str
    incoming: Incoming
    writer: asyncio.StreamWriter
    used: bool = False
    since: float = field(default=0.0)

    def close(self) -> None:
        self.writer.close()


class Upstreams:
    """`file` maps the name of each node to the URLs of its models; they take turns."""

    def __init__(self, file: Path) -> None:
        self._file = Watched(file)
        self._idle: dict[str, list[Connection]] = defaultdict(list)
        self._turn = itertools.count()

    def urls(self, node: str) -> list[str]:
        return list((self._file.read() or {}).get(node) or ())

    async def connect(self, node: str, *, fresh: bool = False) -> Connection:
        """A connection to a model of `node`; an OSError if there is none."""
        urls = self.urls(node)
        if not urls:
            raise ConnectionRefusedError(f"no model of {node} is there")
        url = urls[next(self._turn) % len(urls)]
        if not fresh and (kept := self._kept(url)):
            return kept
        host = urlsplit(url)
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(host.hostname, host.port)
        return Connection(url, Incoming(reader, responses=True), writer)

    async def connect_to_come(self, node: str, *, fresh: bool = False) -> Connection:
        """The same, but a model that starts, or starts again, is waited for."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_SECONDS
        while True:
            try:
                return await self.connect(node, fresh=fresh)
            except ConnectionRefusedError:
                if loop.time() > deadline:
                    raise
                await asyncio.sleep(POLL_SECONDS)

    def keep(self, connection: Connection) -> None:
        connection.used = True
        connection.since = asyncio.get_running_loop().time()
        self._idle[connection.url].append(connection)

    def close(self) -> None:
        for connection in itertools.chain.from_iterable(self._idle.values()):
            connection.close()
        self._idle.clear()

    def _kept(self, url: str) -> Connection | None:
        """The one that was used last; those that are idle for long are closed."""
        idle, now = self._idle[url], asyncio.get_running_loop().time()
        while idle and now - idle[0].since > IDLE_SECONDS:
            idle.pop(0).close()
        while idle:
            connection = idle.pop()
            if not connection.incoming.ended:
                return connection
            connection.close()
        return None
