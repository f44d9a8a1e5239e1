"""python -m releasectl.sandbox.seldon: serves until SIGTERM, then ends everything that it started."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from releasectl.errors import PlatformRefused

log = logging.getLogger("releasectl.sandbox.seldon")


def main() -> int:
    options = arguments().parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO, stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        with locked(options.state.resolve()) as state:
            if options.stop:
                return stop(state)
            with listening(options.port, "--port") as listener:
                serve(options, state, listener)
    except PlatformRefused as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except (OSError, sqlite3.Error) as error:
        print(f"error: the state folder {options.state} cannot be used: {error}", file=sys.stderr)
        return PlatformRefused.exit_code
    return 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m releasectl.sandbox.seldon", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of this process, made if missing")
    parser.add_argument("--port", type=int, default=8004, help="Seldon Deploy's API; 0 takes a free one")
    parser.add_argument("--ingress-port", type=int, default=8003, help="Traefik; 0 takes a free one")
    parser.add_argument("--s3", default="http://127.0.0.1:30600", help="Pachyderm's S3 gateway")
    parser.add_argument(
        "--servers", type=Path, default=Path("trainers/.venv"), help="virtual environment with MLServer"
    )
    parser.add_argument(
        "--log-bytes", type=int, default=512 * 1024 * 1024, help="of the request log; the oldest is dropped"
    )
    parser.add_argument(
        "--stop", action="store_true", help="end what an operator that was killed has left behind, and exit"
    )
    return parser


@contextmanager
def locked(state: Path) -> Iterator[Path]:
    """One operator per state folder."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlatformRefused.at(
                state, "another Seldon sandbox works in this folder", "stop it, or name another with --state"
            ) from None
        yield state


@contextmanager
def listening(port: int, option: str) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise PlatformRefused.at(
                f"127.0.0.1:{port}",
                f"the port is not free: {error.strerror}",
                f"stop the process that listens there, or choose another port with {option}",
            ) from None
        listener.listen(128)  # who connects from now on waits until the API answers
        yield listener


def stop(state: Path) -> int:
    from releasectl.sandbox.seldon.kubelet import stop_orphans
    from releasectl.sandbox.seldon.store import Store

    store = Store(state / "seldon.db")
    stop_orphans(store, state)
    store.close()
    return 0


def serve(options: argparse.Namespace, state: Path, listener: socket.socket) -> None:
    import uvicorn
    from starlette.applications import Starlette

    from releasectl.sandbox.seldon import api, api_cluster, api_detectors, api_logs
    from releasectl.sandbox.seldon.cluster import Cluster, running
    from releasectl.sandbox.seldon.ingress import TRAEFIK, Ingress
    from releasectl.sandbox.seldon.logger import DATABASE
    from releasectl.sandbox.seldon.requestlog.db import LogReader
    from releasectl.sandbox.seldon.store import Store

    for tool in (TRAEFIK, options.servers / "bin" / "python"):
        if not tool.exists():
            raise PlatformRefused.at(tool, "is not there, and nothing serves without it", "run `make setup`")
    store, wake = Store(state / "seldon.db"), asyncio.Event()
    ingress = Ingress(store, state, options.ingress_port, wake.set)
    if not ingress.adopted:
        with listening(ingress.port, "--ingress-port") as probe:
            ingress.port = probe.getsockname()[1]  # Traefik would tell only its log that it is taken
    cluster = Cluster(state, options.servers, options.s3, store, ingress, wake, options.log_bytes)

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[None]:
        async with running(cluster) as operator:
            application.state.backend = api.Backend(
                store, wake.set, operator.detector_status, ingress.url, LogReader(state / DATABASE)
            )
            at = f"http://127.0.0.1:{listener.getsockname()[1]}{api.BASE}"
            log.info("Seldon Deploy serves at %s, the ingress at %s", at, ingress.url)
            yield

    application = api.application((*api_cluster.ROUTES, *api_detectors.ROUTES, *api_logs.ROUTES), lifespan)
    # uvicorn raises the signal that ended it once more, when all is done.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(application, log_level="warning", access_log=False, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    store.close()
    if not server.started:
        raise PlatformRefused.at(state, "the sandbox could not start", "see the error above")


if __name__ == "__main__":
    sys.exit(main())
