"""The gRPC line to pachd: one channel, a deadline on every call, and errors that name a remedy.

It uses python-pachyderm's messages and stubs, not its `Client`: that sets no deadlines, and its file reader
takes a stream that broke for the end of the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

# gRPC writes its own diagnosis to stderr, beside the one error that we report.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import grpc
from python_pachyderm.proto.v2.pfs import pfs_pb2_grpc
from python_pachyderm.proto.v2.pps import pps_pb2_grpc
from python_pachyderm.proto.v2.transaction import transaction_pb2_grpc
from python_pachyderm.proto.v2.version.versionpb import version_pb2_grpc

from releasectl.errors import BackendUnreachable, NotLookedAt, PlatformRefused, ReleaseError
from releasectl.model import Platform

T = TypeVar("T")
V = TypeVar("V")

SLOWEST_TRANSFER = 1 << 20  # bytes a second that a transfer may fall to before it counts as stuck
LOOPBACK = re.compile(r"(localhost|127\.[\d.]+|\[::1\]):\d+")
NOT_FINISHED = re.compile(r"not (been )?finished|unfinished")
NOT_GRPC = re.compile(r"http|protocol|content-type|frame", re.IGNORECASE)
# What gRPC says of a failed connection, and what that means.
OTHER_LANGUAGE = "it answers, but not in gRPC: another service, or TLS at one end only"
DIAGNOSES = (
    ("Connection refused", "nothing listens there"),
    ("lookup|Domain name", "its host name is not known"),
    ("HTTP/2|SETTINGS|SSL|handshake", OTHER_LANGUAGE),
)
OPTIONS = (
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.max_send_message_length", 64 << 20),
    ("grpc.primary_user_agent", "releasectl"),
    # A pachd that comes back is found within a second, and two adapters never share a broken connection.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.use_local_subchannel_pool", 1),
)


LOST = "bring pachd's storage back from its backup, or make the commit anew: nobody else has these bytes"
AT_ONCE = 8  # calls: what is asked for one by one takes a round trip each


class NotFound(PlatformRefused):
    """pachd has no such thing; the adapter turns it into `Missing` where the port allows that."""


def at_once(call: Callable[[T], V], wanted: Iterable[T]) -> list[V]:
    """`call` of each, in its order; the first that fails calls off those that have not begun."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        return list(pool.map(call, wanted))
    finally:
        pool.shutdown(cancel_futures=True)


class Wire:
    """Connects at the first call."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.address = platform.pachd.rpartition("://")[2]

    @cached_property
    def channel(self) -> grpc.Channel:
        # A proxy of the environment is for the network, not for a sandbox on this machine.
        direct = LOOPBACK.fullmatch(self.address) is not None
        options = (*OPTIONS, ("grpc.enable_http_proxy", int(not direct)))
        if self._platform.pachd_tls:
            return grpc.secure_channel(self.address, grpc.ssl_channel_credentials(), options)
        return grpc.insecure_channel(self.address, options)

    @cached_property
    def pfs(self) -> Any:
        return pfs_pb2_grpc.APIStub(self.channel)

    @cached_property
    def pps(self) -> Any:
        return pps_pb2_grpc.APIStub(self.channel)

    @cached_property
    def transactions(self) -> Any:
        return transaction_pb2_grpc.APIStub(self.channel)

    @cached_property
    def versions(self) -> Any:
        return version_pb2_grpc.APIStub(self.channel)

    def call(
        self,
        method: Callable[..., Any],
        request: Any,
        *,
        where: str = "",
        transaction: str | None = None,
        size: int = 0,
    ) -> Any:
        """One answer to one request (or to an iterator of them that sends `size` bytes)."""
        try:
            return method(request, timeout=self._seconds(size), metadata=self._metadata(transaction))
        except grpc.RpcError as error:
            raise self._translated(error, where) from None

    def stream(
        self, method: Callable[..., Any], request: Any, *, where: str = "", size: int = 0
    ) -> Iterator[Any]:
        """The answers to one request, `size` bytes in all; leaving the loop early cancels the call."""
        answers = method(request, timeout=self._seconds(size), metadata=self._metadata())
        try:
            yield from answers
        except grpc.RpcError as error:
            raise self._translated(error, where) from None
        finally:
            answers.cancel()

    def _seconds(self, size: int) -> float:
        return self._platform.timeout_seconds + size / SLOWEST_TRANSFER

    def _metadata(self, transaction: str | None = None) -> list[tuple[str, str]]:
        token = os.environ.get(self._platform.pachd_token_env or "")
        pairs = (("authn-token", token), ("pach-transaction", transaction))
        return [(name, value) for name, value in pairs if value]

    def _translated(self, error: grpc.RpcError, where: str) -> ReleaseError:
        code, details = error.code(), str(error.details() or "no reason given")
        codes = grpc.StatusCode
        if code is codes.NOT_FOUND:
            return NotFound.at(where or self._here, details, "check the name, and that it was made")
        if code is codes.DEADLINE_EXCEEDED:
            patience = f"{self._platform.timeout_seconds:g} s"
            return self._unreachable(f"no answer within {patience}: it hangs, or is no pachd")
        if code is codes.UNAVAILABLE and not NOT_FINISHED.search(details):
            means = [words for pattern, words in DIAGNOSES if re.search(pattern, details)]
            return self._unreachable(f"no connection: {means[0] if means else details}")
        if code is codes.UNIMPLEMENTED or (
            code in (codes.UNKNOWN, codes.INTERNAL) and NOT_GRPC.search(details)
        ):
            return self._unreachable(f"answers, but not as a pachd does: {details}")
        if code in (codes.UNAUTHENTICATED, codes.PERMISSION_DENIED):
            return NotLookedAt.at(where or self._here, f"no permission: {details}", self._token_remedy)
        if code is codes.DATA_LOSS:
            return PlatformRefused.at(where or self._here, f"lost: {details}", LOST)
        return PlatformRefused.at(
            where or self._here, f"pachd refuses: {details}", "mend what it names, then repeat the command"
        )

    @property
    def _here(self) -> str:
        return f"pachd at {self.address}"

    def _unreachable(self, what: str) -> ReleaseError:
        place = self._platform.source.place("/pachd")
        remedy = (
            f"see who answers there: {self.address} ({place}) should be pachd"
            if what.endswith(OTHER_LANGUAGE)
            else "start it with `releasectl sandbox up`; `releasectl sandbox status` says what runs"
            if self._platform.sandbox is not None
            else f"check the address in {place}, and that pachd can be reached from here (VPN, firewall, TLS)"
        )
        return BackendUnreachable.at(self._here, what, remedy)

    @property
    def _token_remedy(self) -> str:
        name = self._platform.pachd_token_env
        if name is None:
            return f"name the variable with the token: pachd_token_env in {self._platform.source.file}"
        return f"put a valid Pachyderm token with the needed role into the environment variable {name}"
