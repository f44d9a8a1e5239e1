"""Puts the parts together: a running pachd on a port, usable from a test as well as from the command line."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from python_pachyderm.proto.v2.admin import admin_pb2_grpc
from python_pachyderm.proto.v2.pfs import pfs_pb2_grpc
from python_pachyderm.proto.v2.pps import pps_pb2_grpc
from python_pachyderm.proto.v2.transaction import transaction_pb2_grpc
from python_pachyderm.proto.v2.version.versionpb import version_pb2_grpc

from releasectl.sandbox.pachd.lifecycle import Finisher
from releasectl.sandbox.pachd.logs import LogWriter
from releasectl.sandbox.pachd.pps.clock import Clock
from releasectl.sandbox.pachd.scheduler import Scheduler
from releasectl.sandbox.pachd.servicers import (
    cluster,
    pfs_commits,
    pfs_files,
    pfs_listing,
    pfs_repos,
    pps_jobs,
    pps_pipelines,
)
from releasectl.sandbox.pachd.servicers.table import Server, servicer
from releasectl.sandbox.pachd.txn import Store
from releasectl.sandbox.pachd.worker.nursery import Nursery
from releasectl.sandbox.pachd.worker.root import Roots
from releasectl.sandbox.pachd.worker.tasks import Machine

HOST = "127.0.0.1"
CALLS = 1000  # every waiting client holds a thread; threads are made when they are needed
OPTIONS = (
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.so_reuseport", 0),  # a port that is taken must be an error
)


class PortTaken(Exception):
    """Something else listens on the port."""


def _probe(port: int) -> None:
    """gRPC would report a port that is taken on stderr, in its own words."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        raise PortTaken(str(error)) from error


class Pachd:
    """One server over one state directory."""

    def __init__(self, state: Path, port: int, *, workers: Path, code: Path) -> None:
        if port:
            _probe(port)
        self.store = Store.open(state)
        self._at_stop: list[Callable[[], None]] = []
        self._logs = LogWriter(self.store.db)
        workers, code = workers.absolute(), code.absolute()
        self._nursery = Nursery(workers, code)
        machine = Machine(self.store, Roots(), self._nursery, self._logs, workers, code)
        self.scheduler = Scheduler(machine)
        self._clock = Clock(self.store).watcher
        self._finisher = Finisher(self.store).watcher
        self._grpc = grpc.server(
            ThreadPoolExecutor(max_workers=CALLS, thread_name_prefix="rpc"), options=OPTIONS
        )
        self._register()
        self.port = self._grpc.add_insecure_port(f"{HOST}:{port}")

    def _register(self) -> None:
        server = Server(self.store, self.scheduler)
        pfs = (pfs_repos.HANDLERS, pfs_commits.HANDLERS, pfs_files.HANDLERS, pfs_listing.HANDLERS)
        services: tuple[tuple[Any, tuple[Any, ...]], ...] = (
            (pfs_pb2_grpc, pfs),
            (pps_pb2_grpc, (pps_pipelines.HANDLERS, pps_jobs.HANDLERS)),
            (transaction_pb2_grpc, (cluster.TRANSACTIONS,)),
            (version_pb2_grpc, (cluster.VERSIONS,)),
            (admin_pb2_grpc, (cluster.ADMIN,)),
        )
        for module, tables in services:
            module.add_APIServicer_to_server(servicer(module.APIServicer, server, *tables), self._grpc)
        checks = health.HealthServicer()
        checks.set("", health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(checks, self._grpc)

    def start(self) -> None:
        self.scheduler.start()
        self._finisher.start()
        self._clock.start()
        self._grpc.start()

    def at_stop(self, step: Callable[[], None]) -> None:
        """Run `step` before the store is closed."""
        self._at_stop.append(step)

    def stop(self) -> None:
        for step in self._at_stop:
            step()
        self._grpc.stop(grace=0.5).wait()
        self.scheduler.stop()
        self._nursery.stop()
        self._clock.stop()
        self._finisher.stop()
        self._logs.stop()
        self.store.db.close()
