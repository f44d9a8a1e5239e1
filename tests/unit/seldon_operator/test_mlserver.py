"""How a server is started, and what its log and its metrics tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from releasectl.sandbox.seldon import mlserver
from releasectl.sandbox.seldon.launch import MODEL_REQUESTS, counted
from releasectl.sandbox.seldon.mlserver import Ports
from releasectl.sandbox.seldon.values import Container

MODEL = Container("income", "income", mlserver.RUNTIMES["SKLEARN_SERVER"], "s3://b/p", ())
DETECTOR = replace(MODEL, runtime=mlserver.DETECT)


def test_the_environment_is_the_operators_and_no_setting_of_this_shell() -> None:
    inherited = {"PATH": "/bin", "MLSERVER_DEBUG": "true", "PYTHONPATH": "/x", "OPENBLAS_CORETYPE": "Haswell"}
    container = replace(
        MODEL, env=(("A", "1"), ("A", "2"), ("MLSERVER_HOST", "0.0.0.0"), ("OMP_NUM_THREADS", "4"))
    )
    found = mlserver.environment(inherited, container, Path("/pod/models"), Ports(1, 2, 3))
    assert found["MLSERVER_MODEL_URI"] == "/pod/models"
    assert (found["PATH"], found["OPENBLAS_CORETYPE"], found["A"]) == ("/bin", "Haswell", "2")
    assert (found["MLSERVER_HOST"], found["MLSERVER_HTTP_PORT"]) == ("127.0.0.1", "1")
    assert (found["MLSERVER_DEBUG"], found["OMP_NUM_THREADS"]) == ("false", "4")
    assert "PYTHONPATH" not in found


@pytest.mark.parametrize(
    ("config", "lean"),
    [
        ('name = "TabularDrift"\npreprocess_fn = "None"', True),
        ('name = "KSDrift"', True),
        ('name = "KSDrift"\n[preprocess_fn]\nsrc = "model"', False),
        ('name = "MMDDrift"\nbackend = "tensorflow"', False),
        ("name = ", False),
        (None, False),
    ],
)
def test_a_detector_goes_without_tensorflow_only_if_it_can(
    tmp_path: Path, config: str | None, lean: bool
) -> None:
    if config is not None:
        (tmp_path / "config.toml").write_text(config)
    assert ("tensorflow" in mlserver.unused(DETECTOR, tmp_path)) is lean
    assert ("tensorflow" in mlserver.command(tmp_path, DETECTOR, tmp_path)[2]) is lean
    assert not mlserver.unused(MODEL, tmp_path)


@pytest.mark.parametrize(("name", "lean"), [("Mahalanobis", True), ("IForest", True), ("OutlierVAE", False)])
def test_so_does_an_outlier_detector(tmp_path: Path, name: str, lean: bool) -> None:
    (tmp_path / f"{name}.dill").touch()
    assert ("tensorflow" in mlserver.unused(DETECTOR, tmp_path)) is lean


@pytest.mark.parametrize(("kind", "lean"), [("AnchorTabular", True), ("IntegratedGradients", False)])
def test_so_does_an_explainer(tmp_path: Path, kind: str, lean: bool) -> None:
    extra, problem = mlserver.explainer_extra(kind, '{"seed": 1}', "http://model")
    assert not problem
    assert json.loads(extra)["init_parameters"] == {"seed": 1}
    explainer = replace(MODEL, runtime=mlserver.EXPLAIN, env=(("MLSERVER_MODEL_EXTRA", extra),))
    assert ("tensorflow" in mlserver.unused(explainer, tmp_path)) is lean


TRACE = """2026 [mlserver.rest] INFO - HTTP server running
Traceback (most recent call last):
  File "a.py", line 1, in x
ModuleNotFoundError: import of tensorflow halted

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "server.py", line 125, in start
    await asyncio.gather(
ImportError: no such detector
2026 [mlserver.grpc] INFO - gRPC server shutdown complete
"""


def test_the_last_words_are_the_last_exception_else_the_last_lines() -> None:
    assert mlserver.last_words(TRACE) == "ImportError: no such detector"
    assert mlserver.last_words("\n".join("abcdefg")) == "c\nd\ne\nf\ng"
    assert mlserver.last_words("") == "it ended without a word"
    assert mlserver.last_words("Traceback (most recent call last):\n  File") == "  File"


def test_requests_are_read_from_the_metrics() -> None:
    metrics = """# TYPE rest_server_requests_total counter
rest_server_requests_in_progress{app_name="mlserver",method="GET"} 1.0
rest_server_requests_in_progress{app_name="mlserver",method="POST"} 2.0
rest_server_requests_total{app_name="mlserver",method="POST",path="/a",status_code="200"} 20.0
rest_server_requests_total{app_name="mlserver",method="POST",path="/a",status_code="500"} 1.0
rest_server_requests_total{app_name="mlserver",method="GET",path="/a",status_code="200"} 9.0
"""
    assert counted(metrics, MODEL_REQUESTS, 'method="POST"') == (2.0, 21.0)
    assert counted("", MODEL_REQUESTS) == (0.0, 0.0)
