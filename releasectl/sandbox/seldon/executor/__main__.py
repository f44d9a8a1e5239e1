"""python -m releasectl.sandbox.seldon.executor: stands before the models of one pod until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
from collections.abc import Callable
from pathlib import Path

from releasectl.sandbox.seldon.executor.emitter import Emitter
from releasectl.sandbox.seldon.executor.proxy import Executor
from releasectl.sandbox.seldon.executor.settings import Settings
from releasectl.sandbox.seldon.executor.upstream import Upstreams

DRAIN_SECONDS = 20.0
FLUSH_SECONDS = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m releasectl.sandbox.seldon.executor", description=__doc__)
    parser.add_argument("--pod", type=Path, required=True, help="holds settings.json, later upstreams.json")
    parser.add_argument("--broker", type=Path, required=True, help="the file that holds the broker's URL")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    with asyncio.Runner(loop_factory=fastest_loop()) as runner:
        runner.run(run(options.pod, options.broker, options.port))


def fastest_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def run(pod: Path, broker: Path, port: int) -> None:
    settings = Settings.loads((pod / "settings.json").read_text())
    emitter, upstreams = Emitter(settings, broker), Upstreams(pod / "upstreams.json")
    executor = Executor(settings, upstreams, emitter)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    emitting = asyncio.create_task(emitter.run())
    server = await asyncio.start_server(executor.serve, "127.0.0.1", port, backlog=1024)
    gc.freeze()  # what has been imported is not looked at again: it would delay a request
    await ended.wait()
    server.close()
    await executor.drain(DRAIN_SECONDS)
    upstreams.close()
    await emitter.flush(FLUSH_SECONDS)
    emitting.cancel()


if __name__ == "__main__":
    main()
