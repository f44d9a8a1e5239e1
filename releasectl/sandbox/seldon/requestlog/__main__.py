"""python -m releasectl.sandbox.seldon.requestlog: the broker and request logger, until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from pathlib import Path

import httpx

from releasectl.sandbox.seldon.requestlog.broker import Broker
from releasectl.sandbox.seldon.requestlog.db import KEEP_BYTES, Log
from releasectl.sandbox.seldon.requestlog.detect import Detection
from releasectl.sandbox.seldon.watched import replace

DETECTOR_SECONDS = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of the log, made if missing")
    parser.add_argument("--bytes", type=int, default=KEEP_BYTES, help="beyond it the oldest are dropped")
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(run(options.state, options.bytes))


async def run(state: Path, keep_bytes: int) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    store = Log(state / "requests.db", keep_bytes)
    own = Log(state / "requests.db")  # writes go on in another thread meanwhile
    broker = Broker(store)
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=DETECTOR_SECONDS) as client:
        detection = Detection(own, state / "consumers.json", broker.arrived, client)
        tasks = [asyncio.create_task(broker.write()), asyncio.create_task(detection.run())]
        server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
        replace(state / "broker.json", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        stopping = asyncio.create_task(ended.wait())
        # If one of them fails there is no point in the rest: the operator starts a new one.
        await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        server.close()
        for task in tasks:
            if task.done():
                task.result()
            task.cancel()
    own.close()
    store.close()


if __name__ == "__main__":
    main()
