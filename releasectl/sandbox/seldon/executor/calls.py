"""One call to a node of the graph: which node, which id, what of it is logged, and its two events."""

from __future__ import annotations

import random
import re
import time
import uuid
from dataclasses import dataclass, field, replace

from releasectl.sandbox.seldon.executor.emitter import Emitter
from releasectl.sandbox.seldon.executor.events import LIMIT_BYTES, TOO_LARGE, Event
from releasectl.sandbox.seldon.executor.settings import REQUEST, RESPONSE, Node, Settings
from releasectl.sandbox.seldon.wire import Message

PUID = b"seldon-puid"
# The ingress marks a request before it copies it for a shadow, so that both have one id.
TRACE = b"uber-trace-id"
SKIP = b"seldon-skip-logging"
ID_BYTES = 200
YES = (b"true", b"on", b"1")
MODEL = re.compile(rb"/v2/models(/(?P<model>[^/?]+))?(?P<rest>(/versions/[^/?]+)?/infer)(?P<query>\?.*)?")
ANY_MODEL = re.compile(rb"/v2/models/(?P<model>[^/?]+)(?P<rest>.*)")


@dataclass(slots=True)
class Call:
    """`target` is the request's target as the node's model takes it. Nothing is logged with no `logs`."""

    node: Node
    target: bytes
    request_id: str
    logs: tuple[str, ...]
    begun: bool = False  # whether the client has been told anything
    began: float = field(default_factory=time.time)
    clock: float = field(default_factory=time.perf_counter)
    request: Recording = field(default_factory=lambda: Recording())
    response: Recording = field(default_factory=lambda: Recording())

    def asked(self, emitter: Emitter, message: Message) -> None:
        """The request is whole."""
        if REQUEST in self.logs:
            emitter.emit(self._event(REQUEST, self.began, self.request, message))

    def answered(self, emitter: Emitter, message: Message | None, error: str = "") -> None:
        """So is the answer, or there will be none."""
        if RESPONSE not in self.logs:
            return
        seconds = time.perf_counter() - self.clock
        event = self._event(RESPONSE, self.began + seconds, self.response, message)
        status = message.status if message else 0
        emitter.emit(replace(event, status=status, seconds=seconds, error=error))

    def _event(self, kind: str, at: float, recording: Recording, message: Message | None) -> Event:
        content = recording.content
        error = "" if content is not None or kind == RESPONSE else TOO_LARGE
        content_type = message.header(b"content-type") if message else b""
        return Event(
            kind, self.node, self.request_id, at, content, content_type or b"application/json", error=error
        )


class Recording:
    """A body as far as it is kept: for the log, and to say it once more to another connection."""

    __slots__ = ("_parts", "_size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= LIMIT_BYTES:
            self._parts.append(part)
        else:
            self._parts.clear()

    @property
    def content(self) -> bytes | None:
        """None if it is too large."""
        return b"".join(self._parts) if self._size <= LIMIT_BYTES else None


def call_of(request: Message, settings: Settings) -> Call:
    """An inference request goes through the graph; all else is for the model that it names, or the first."""
    inference = MODEL.fullmatch(request.target) if request.method == b"POST" else None
    if inference is None:
        named = ANY_MODEL.fullmatch(request.target)
        name = named["model"].decode(errors="replace") if named else ""
        node = next((node for node in settings.nodes if node.name == name), settings.nodes[0])
        return Call(node, request.target, request_id(request), ())
    first = len(settings.nodes) == 1 or random.random() < settings.ratio
    node, target = settings.nodes[0 if first else 1], request.target
    if len(settings.nodes) > 1 or inference["model"] is None:
        target = b"/v2/models/" + node.name.encode() + inference["rest"] + (inference["query"] or b"")
    skipped = request.header(SKIP).lower() in YES
    return Call(node, target, request_id(request), () if skipped else node.logs)


def request_id(request: Message) -> str:
    """The client's, else that of the ingress, else a new one."""
    given = request.header(PUID) or request.header(TRACE).partition(b":")[0]
    return given[:ID_BYTES].decode("ascii", errors="replace") or str(uuid.uuid4())
