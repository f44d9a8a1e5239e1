"""Turns tables of handlers into a servicer; an RPC without a handler answers UNIMPLEMENTED."""

from __future__ import annotations

import functools
import inspect
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc

from releasectl.sandbox.pachd.errors import Code, PachError
from releasectl.sandbox.pachd.scheduler import Scheduler
from releasectl.sandbox.pachd.txn import Store

log = logging.getLogger("pachd")


@dataclass(frozen=True)
class Server:
    """What the handlers work on."""

    store: Store
    scheduler: Scheduler


# A handler is called as handler(server, request, context). A generator function is a streaming RPC.
Handler = Callable[[Server, Any, grpc.ServicerContext], Any]


def servicer(base: type, server: Server, *tables: Mapping[str, Handler]) -> Any:
    """An instance of the generated `base` whose methods are the handlers."""
    methods = {name: _method(server, handler) for table in tables for name, handler in table.items()}
    unknown = sorted(name for name in methods if not hasattr(base, name))
    assert not unknown, f"no such RPC in {base.__module__}: {unknown}"
    return type(f"Pachd{base.__name__}", (base,), methods)()


def _method(server: Server, handler: Handler) -> Callable[..., Any]:
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def stream(_self: object, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            try:
                yield from handler(server, request, context)
            except (PachError, OSError, sqlite3.Error) as error:
                _abort(context, handler.__name__, error)

        return stream

    @functools.wraps(handler)
    def unary(_self: object, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return handler(server, request, context)
        except (PachError, OSError, sqlite3.Error) as error:
            return _abort(context, handler.__name__, error)

    return unary


def _abort(context: grpc.ServicerContext, rpc: str, error: Exception) -> None:
    if isinstance(error, PachError):
        context.abort(error.code, str(error))
    log.error("%s: %s", rpc, error)
    if isinstance(error, FileNotFoundError):
        context.abort(Code.DATA_LOSS, f"the sandbox's store has lost {error.filename}")
    # a full or unwritable disk, above all: nothing was committed
    context.abort(Code.INTERNAL, f"the sandbox's store failed: {error}")
