"""python -m releasectl.sandbox.pachd: pachd's gRPC API and its S3 gateway, until SIGTERM."""

from __future__ import annotations

import argparse
import fcntl
import logging
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from releasectl.sandbox.pachd.server import Pachd, PortTaken
from releasectl.sandbox.pachd.store.db import OtherVersion
from releasectl.sandbox.pachd.stored import StoredFiles

EXIT_REFUSED = 5
log = logging.getLogger("pachd")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pachd", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of the database and the blobs")
    parser.add_argument("--port", type=int, default=30650, help="gRPC port on 127.0.0.1 (0: any free one)")
    parser.add_argument("--s3-port", type=int, default=30600, help="port of the S3 gateway (0: no gateway)")
    parser.add_argument("--workers", type=Path, required=True, help="virtual environment that datums run in")
    parser.add_argument("--code", type=Path, required=True, help="PYTHONPATH of the workers")
    return parser.parse_args(argv)


class Refused(Exception):
    """Something of this machine is in the way; the text says what to do."""


def _lock(state: Path) -> object:
    """Two servers on one state would run every job twice. The lock goes with the process."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        handle = (state / "lock").open("w")
    except OSError as error:
        raise Refused(
            f"{state} cannot be written ({error.strerror}): free space or choose another folder"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Refused(f"{state} is in use by another pachd: stop it (releasectl sandbox down)") from error
    return handle


def _taken(port: int, option: str) -> Refused:
    return Refused(f"port {port} is taken: stop what listens there or choose another port ({option})")


def _start(arguments: argparse.Namespace) -> Pachd:
    state = arguments.state
    try:
        server = Pachd(state, arguments.port, workers=arguments.workers, code=arguments.code)
        server.start()
    except PortTaken as error:
        raise _taken(arguments.port, "--port") from error
    except OtherVersion as error:
        raise Refused(f"{error}: remove the folder {state} and start again") from error
    except (OSError, sqlite3.Error) as error:
        raise Refused(f"{state} cannot be used ({error}): free space or choose another folder") from error
    if arguments.s3_port:
        from releasectl.sandbox.s3.gateway import serve_in_thread

        try:
            server.at_stop(serve_in_thread(StoredFiles(server.store), arguments.s3_port))
        except OSError as error:
            server.stop()
            raise _taken(arguments.s3_port, "--s3-port") from error
    return server


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    try:
        lock = _lock(arguments.state)
        server = _start(arguments)
    except Refused as error:
        print(f"pachd: {error}", file=sys.stderr)
        return EXIT_REFUSED
    log.info("serving gRPC on 127.0.0.1:%d, S3 on %s", server.port, arguments.s3_port or "no port")
    over.wait()
    log.info("stopping")
    server.stop()
    del lock
    return 0


if __name__ == "__main__":
    sys.exit(main())
