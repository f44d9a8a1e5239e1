"""What logging costs, how much passes, how long the way back takes, and that nothing is lost on it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack

import httpx
import psutil
import pytest

from releasectl.sandbox.seldon.mlserver import RUNTIMES, THREADS
from tests.bench.conftest import model_server
from tests.e2e.conftest import lines, trained
from tests.e2e.stand import until
from tests.e2e.test_no_request_lost import ENVIRONMENT, NAMESPACE, World, cycles, load, pods, world
from tests.load import Load, Sent, quantile

SECONDS = 15.0
REQUESTS = 3000
CYCLES = int(os.environ.get("RELEASECTL_TEST_CYCLES", "50"))
Note = Callable[[str, str], None]
# The fixtures of the end-to-end tests: two models of a thousand rows, one of them live.
__all__ = ["lines", "trained", "world"]


@pytest.fixture
def ways(world: World) -> dict[str, Load]:
    """The same requests: to the model alone, through the ingress without logging, and with it."""
    logged, alone, unlogged = (load(world.stand) for _ in range(3))
    alone.url = f"{model_server(world.stand, NAMESPACE)}/v2/models/income/infer"
    unlogged.headers = "Seldon-Skip-Logging: true\r\n"
    return {"MLServer alone": alone, "the ingress, not logged": unlogged, "the ingress, logged": logged}


def milliseconds(sent: list[Sent], share: float) -> float:
    return 1000 * quantile([each.done - each.sent for each in sent], share)


def test_latency(ways: dict[str, Load], note: Note) -> None:
    """All at the same time, 200 requests a second together, so that the machine's moods are shared."""
    with ExitStack() as stack:
        for way in ways.values():
            way.rate, way.connections = 200 / len(ways), 2
            stack.enter_context(way.running())
        time.sleep(SECONDS)
    found = {name: [milliseconds(way.results, share) for share in (0.5, 0.99)] for name, way in ways.items()}
    assert not any(way.failed for way in ways.values())
    for name, (p50, p99) in found.items():
        note(f"at 200 requests a second, {name}", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    (alone50, alone99), (plain50, plain99), (logged50, logged99) = found.values()
    note(
        "logging adds (goal 1 and 5 ms)", f"p50 {logged50 - plain50:.2f} ms, p99 {logged99 - plain99:.2f} ms"
    )
    note("ingress, executor and log add", f"p50 {logged50 - alone50:.2f} ms, p99 {logged99 - alone99:.2f} ms")


def test_throughput(ways: dict[str, Load], note: Note) -> None:
    for name, way in ways.items():
        way.connections = 8
        began = time.monotonic()
        way.send(REQUESTS)
        note(f"throughput, {name}", f"{REQUESTS / (time.monotonic() - began):.0f} requests a second")


def test_the_way_back(world: World, note: Note) -> None:
    """From `git revert` until the old model answers: with its artefacts cached, and fetched anew."""
    bare = bare_start(world)
    note("the bare start of MLServer with that model", f"{bare:.1f} s")
    for what in ("cached", "not cached"):
        world.stand.release(ENVIRONMENT, world.new)
        world.stand.run("apply", ENVIRONMENT)
        until(lambda: len(world.stand.servers()) == 5)
        if what == "not cached":
            cache = world.stand.root / ".sandbox/seldon/artefacts"
            subprocess.run(["rm", "-rf", *map(str, cache.glob(f"{world.old}.*"))], check=True)
        began = time.monotonic()
        world.stand.git("revert", "--no-edit", "HEAD")
        process = world.stand.begin("apply", ENVIRONMENT)
        while answering(world) != world.old:
            time.sleep(0.02)
        took = time.monotonic() - began
        assert process.wait(60) == 0
        note(
            f"`git revert` to the first answer of the old model, {what}",
            f"{took:.1f} s, {took / bare:.1f} starts",
        )


def answering(world: World) -> str:
    way = load(world.stand)
    answer = httpx.post(way.url, content=way.body, headers={"content-type": "application/json"})
    return str(answer.json()["model_version"])


def bare_start(world: World) -> float:
    """MLServer by hand, with all that it imports by itself."""
    (model,) = pods(world.stand, "inside/serve.py", "income-default-0-income")
    python, _, _, *arguments = model.cmdline()
    settings = {
        **THREADS,
        "MLSERVER_MODEL_NAME": "income",
        "MLSERVER_MODEL_URI": arguments[-1],
        "MLSERVER_MODEL_IMPLEMENTATION": RUNTIMES["SKLEARN_SERVER"],
        "MLSERVER_PARALLEL_WORKERS": "0",
        "MLSERVER_HOST": "127.0.0.1",
        "MLSERVER_HTTP_PORT": "28301",
        "MLSERVER_GRPC_PORT": "28302",
        "MLSERVER_METRICS_PORT": "28303",
    }
    began = time.monotonic()
    code = "from mlserver.cli import main; main()"
    process = psutil.Popen(
        [python, "-c", code, *arguments], env={**os.environ, **settings}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: is_ready("http://127.0.0.1:28301/v2/models/income/ready"))
        return time.monotonic() - began
    finally:
        process.terminate()
        process.wait(20)


def is_ready(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.HTTPError:
        return False


def test_nothing_is_lost(world: World, note: Note) -> None:
    found = cycles(world, CYCLES)
    note(f"requests lost in {CYCLES} cycles of canary, promotion and revert", f"0 of {len(found):,}")
