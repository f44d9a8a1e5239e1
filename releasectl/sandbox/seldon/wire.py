"""HTTP/1.1 messages over asyncio streams, parsed by httptools: heads whole, bodies in parts as they come."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field

from httptools import HttpParserError, HttpRequestParser, HttpResponseParser

CHUNK_BYTES = 65536
HEAD_BYTES = 65536
Headers = Sequence[tuple[bytes, bytes]]
# Of one connection, never passed on.
HOP_BY_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
     b"expect")
)  # fmt: skip
REASONS = {200: b"OK", 202: b"Accepted", 400: b"Bad Request", 404: b"Not Found", 503: b"Service Unavailable",
           504: b"Gateway Timeout"}  # fmt: skip


class BrokenMessage(ConnectionError):
    """The other side ended, or said what is no HTTP, before its message was whole."""


@dataclass(slots=True)
class Message:
    """A request (`method`, `target`) or a response (`status`); `parts` are those that nobody took yet."""

    method: bytes = b""
    target: bytes = b""
    status: int = 0
    reason: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    parts: deque[bytes] = field(default_factory=deque)
    has_head: bool = False
    complete: bool = False
    keep_alive: bool = True

    def header(self, name: bytes) -> bytes:
        """The value of `name`, which is in lower case; empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name), b"")

    @property
    def sized(self) -> bool:
        return bool(self.header(b"content-length"))

    @property
    def chunked(self) -> bool:
        return self.header(b"transfer-encoding").lower().endswith(b"chunked")


class Incoming:
    """The messages that come over one connection, in their order."""

    def __init__(self, reader: asyncio.StreamReader, *, responses: bool = False) -> None:
        self._reader = reader
        self._responses = responses
        self._parser = HttpResponseParser(self) if responses else HttpRequestParser(self)
        self._messages: deque[Message] = deque()
        self._size = 0
        self.started = False  # whether any byte has come

    @property
    def ended(self) -> bool:
        """Whether the other side is known to have ended."""
        return self._reader.at_eof()

    async def head(self) -> Message | None:
        """The next message, once its head is whole; None if the other side has ended between messages."""
        while not (self._messages and self._messages[0].has_head):
            if not await self._read():
                if self._messages:
                    raise BrokenMessage("it ended amid the head of a message")
                return None
        return self._messages[0]

    async def body(self, message: Message) -> AsyncIterator[bytes]:
        """The parts of the body; after the last one the next message is due."""
        while True:
            while message.parts:
                yield message.parts.popleft()
            if message.complete:
                break
            if not await self._read():
                if not self._responses or message.sized or message.chunked:
                    raise BrokenMessage("it ended amid the body of a message")
                message.complete = True  # the end of the connection is the end of such a body
        if self._messages and self._messages[0] is message:
            self._messages.popleft()

    async def _read(self) -> bool:
        data = await self._reader.read(CHUNK_BYTES)
        if not data:
            return False
        self.started = True
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:  # an upgrade is one as well
            raise BrokenMessage(f"no HTTP: {error}") from None
        return True

    # What httptools calls.

    def on_message_begin(self) -> None:
        self._messages.append(Message())
        self._size = 0

    def on_url(self, url: bytes) -> None:
        self._grow(url)
        self._messages[-1].target += url

    def on_status(self, reason: bytes) -> None:
        self._messages[-1].reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self._grow(name, value)
        self._messages[-1].headers.append((name, value))

    def on_headers_complete(self) -> None:
        message = self._messages[-1]
        if isinstance(self._parser, HttpResponseParser):
            message.status = self._parser.get_status_code()
        else:
            message.method = self._parser.get_method()
        message.keep_alive = self._parser.should_keep_alive()
        message.has_head = True

    def on_body(self, part: bytes) -> None:
        self._messages[-1].parts.append(part)

    def on_message_complete(self) -> None:
        self._messages[-1].complete = True

    def _grow(self, *texts: bytes) -> None:
        self._size += sum(map(len, texts))
        if self._size > HEAD_BYTES:
            raise BrokenMessage(f"a head of more than {HEAD_BYTES} bytes")


def forwarded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """What is passed on: all but what concerns one connection only."""
    named = {
        word.strip().lower()
        for key, value in headers
        if key.lower() == b"connection"
        for word in value.split(b",")
    }
    return [
        (key, value)
        for key, value in headers
        if (name := key.lower()) not in HOP_BY_HOP and (name not in named or name == b"content-length")
    ]


def request_head(method: bytes, target: bytes, headers: Headers) -> bytes:
    return b"".join((method, b" ", target, b" HTTP/1.1\r\n", *_lines(headers)))


def response_head(status: int, reason: bytes, headers: Headers) -> bytes:
    return b"".join((b"HTTP/1.1 %d %s\r\n" % (status, reason or REASONS.get(status, b"")), *_lines(headers)))


def whole(
    status: int, body: bytes, content_type: bytes = b"application/json", *more: tuple[bytes, bytes]
) -> bytes:
    """A whole response in one piece."""
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *more]
    return response_head(status, b"", headers) + body


def chunk(part: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(part), part)


LAST_CHUNK = b"0\r\n\r\n"


def _lines(headers: Headers) -> Iterable[bytes]:
    for key, value in headers:
        yield b"%s: %s\r\n" % (key, value)
    yield b"\r\n"
