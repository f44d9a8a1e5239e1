"""The DAG, an apply up to the first answer of the new model, and what the ingress costs; in this order."""

from __future__ import annotations

import http.client
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from releasectl.encode import inference_request
from tests import byhand
from tests.bench.conftest import model_server
from tests.e2e.stand import Stand

NAMESPACE = "creditco-production"
REQUESTS = 2000
ROW = [39.0, 0.0, 0.0, 0.0, 0.0, 0.0, 40.0]


def test_dag(benchmark, stand: Stand, note) -> None:
    benchmark.pedantic(stand.run, ("apply", "pipelines"), rounds=1)
    note("the DAG in the sandbox, 20,000 rows", f"{benchmark.stats.stats.median:.1f} s")


def test_dag_by_hand(benchmark, stand: Stand, note, tmp_path: Path) -> None:
    """The same trainers with the same commands, two at a time, without Pachyderm."""
    for repo, file in (("income_data", "data.csv"), ("income_holdout", "holdout.csv")):
        (tmp_path / repo).mkdir()
        shutil.copy(stand.root / ".sandbox" / file, tmp_path / repo / file)
    rendered = sorted((stand.root / "pipelines/income/rendered").glob("*.yaml"), key=order)
    specs = [yaml.safe_load(path.read_text()) for path in rendered]
    benchmark.pedantic(byhand.run_dag, (specs, tmp_path, {}), rounds=1)
    note("the same trainers by hand, two at a time", f"{benchmark.stats.stats.median:.1f} s")


def order(path: Path) -> tuple[int, str]:
    """What trains first, what gathers last."""
    return {"income_training": 0, "copy_models": 2}.get(path.stem, 1), path.stem


def test_apply_to_first_prediction(benchmark, stand: Stand, note) -> None:
    """From the start of `apply production` until the ingress answers with the new model."""
    stand.release("production")
    host = ingress(stand)

    def first_answer() -> None:
        process = stand.begin("apply", "production")
        while not answers(host, f"/seldon/{NAMESPACE}/income/v2/models/income/infer"):
            time.sleep(0.02)
        first.append(time.monotonic())
        assert process.wait() == 0, process.communicate()

    first: list[float] = []
    began = time.monotonic()
    benchmark.pedantic(first_answer, rounds=1)
    note("`apply production` to the first answer of the model", f"{first[0] - began:.1f} s")
    note("... to the end, explainer and detectors included", f"{benchmark.stats.stats.median:.1f} s")


@pytest.mark.parametrize("command", ["plan", "verify", "apply"])
def test_an_unchanged_environment(benchmark, stand: Stand, note, command: str) -> None:
    """What a person waits for most often."""
    benchmark.pedantic(stand.run, (command, "production"), rounds=5, warmup_rounds=1)
    note(f"`{command} production`, nothing to do", f"{benchmark.stats.stats.median:.2f} s")


@pytest.mark.parametrize("way", ["MLServer alone", "through the ingress"])
def test_latency(benchmark, stand: Stand, note, way: str) -> None:
    host, path = ingress(stand), f"/seldon/{NAMESPACE}/income/v2/models/income/infer"
    if way == "MLServer alone":
        host, path = urlsplit(model_server(stand, NAMESPACE)).netloc, "/v2/models/income/infer"
    ask = asking(host, path)
    benchmark.pedantic(ask, rounds=REQUESTS, warmup_rounds=100)
    found = benchmark.stats.stats.sorted_data
    p50, p99 = found[len(found) // 2] * 1000, found[len(found) * 99 // 100] * 1000
    note(f"one prediction, {way}", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms")


def asking(host: str, path: str) -> Callable[[], None]:
    """One request over a connection that is kept."""
    connection = http.client.HTTPConnection(host)
    body = json.dumps(inference_request([ROW], ("predict_proba",)))

    def ask() -> None:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content

    return ask


def answers(host: str, path: str) -> bool:
    try:
        asking(host, path)()
    except (OSError, AssertionError, http.client.HTTPException):
        return False
    return True


def ingress(stand: Stand) -> str:
    platform = yaml.safe_load((stand.root / "environments/platforms/sandbox.yaml").read_text())
    return urlsplit(platform["ingress"]).netloc
