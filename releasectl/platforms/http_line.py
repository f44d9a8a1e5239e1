"""Connections to one server: kept for the next request, and cut where an answer is not there in time."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock, Timer
from time import monotonic
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3 import exceptions as failures
from urllib3.connection import HTTPConnection, HTTPSConnection

IDLE_SECONDS = 2.0  # uvicorn closes a connection that was idle for 5 s, perhaps while we write to it


class Exchange:
    """A request and its answer. A socket's own timeout begins anew with every byte of a server that drips
    them, in the middle of a header as well: what is not over in time is cut, from another thread.
    """

    def __init__(self) -> None:
        self.late = False
        self._line: socket.socket | None = None
        self._lock = Lock()

    def goes_over(self, descriptor: int) -> None:
        """Its connection is known; of its own the descriptor may be closed by now, and another's."""
        with self._lock:
            if self._line is None:
                self._line = socket.socket(fileno=os.dup(descriptor))
                if self.late:
                    self._shut(self._line)

    def cut(self) -> None:
        with self._lock:
            self.late = True
            if self._line is not None:
                self._shut(self._line)

    def end(self) -> None:
        with self._lock:
            if self._line is not None:
                self._line.close()

    @staticmethod
    def _shut(line: socket.socket) -> None:
        with suppress(OSError):  # the server has hung up meanwhile
            line.shutdown(socket.SHUT_RDWR)


_EXCHANGE: ContextVar[Exchange] = ContextVar("exchange")


class _Connection(HTTPConnection):
    """Says over which connection the exchange goes, at the first bytes: a proxy may drip its answer, too."""

    def send(self, data: Any) -> None:
        super().send(data)
        if (exchange := _EXCHANGE.get(None)) and self.sock is not None:
            exchange.goes_over(self.sock.fileno())


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Line:
    """Every exchange over it is over within `seconds`."""

    def __init__(self, pool: PoolManager, seconds: float) -> None:
        pool.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        self._pool, self._seconds, self._used = pool, seconds, monotonic()

    @contextmanager
    def exchange(self) -> Iterator[PoolManager]:
        """The pool for one of them; urllib3's TimeoutError if it is late, whatever came of it instead."""
        if monotonic() - self._used > IDLE_SECONDS:
            self._pool.clear()
        exchange = Exchange()
        timer = Timer(self._seconds, exchange.cut)
        timer.daemon = True
        timer.start()
        token = _EXCHANGE.set(exchange)
        try:
            yield self._pool
        except Exception as error:
            if not exchange.late:
                raise
            raise failures.TimeoutError from error
        finally:
            _EXCHANGE.reset(token)
            timer.cancel()
            exchange.end()
            self._used = monotonic()
        if exchange.late:  # what looks whole may have been cut
            raise failures.TimeoutError
