"""The datasets, and the DAG run by hand: its specs, its commands, its links, in a folder instead of /pfs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import byhand
from trainers.common.lean import tabular_only
from trainers.datasets.derive import derive

tabular_only()  # before a test module imports alibi

ROOT = Path(__file__).parents[2]
TOOLKIT = ROOT / ".venv" / "bin" / "python"
RENDER = """
import json, _jsonnet
from google.protobuf.json_format import ParseDict
from python_pachyderm.proto.v2.pps.pps_pb2 import CreatePipelineRequest
import yaml
images = json.dumps(yaml.safe_load(open("pipelines/images.yaml")))
specs = json.loads(_jsonnet.evaluate_file("pipelines/income/dag.jsonnet", tla_codes={"images": images}))
for spec in specs:
    ParseDict(spec, CreatePipelineRequest())
print(json.dumps(specs))
"""


@pytest.fixture(scope="session")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """v1.csv, v2.csv, v3.csv and holdout.csv."""
    folder = tmp_path_factory.mktemp("datasets")
    for name, content in derive(["v1", "v2", "v3", "holdout"]).items():
        (folder / f"{name}.csv").write_bytes(content)
    return folder


@pytest.fixture(scope="session")
def specs() -> list[dict]:
    """As releasectl renders them, parsed by Pachyderm's own message type on the way."""
    done = subprocess.run([TOOLKIT, "-c", RENDER], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def run_dag(datasets, specs, tmp_path_factory) -> Callable[..., Path]:
    """run_dag(dataset, **environment) -> a folder with one folder per repository, copy_models among them."""

    def run(dataset: str, *, forked: bool = True, **environment: str) -> Path:
        root = tmp_path_factory.mktemp(dataset)
        for repo, file, source in (
            ("income_data", "data.csv", dataset),
            ("income_holdout", "holdout.csv", "holdout"),
        ):
            (root / repo).mkdir()
            (root / repo / file).write_bytes((datasets / f"{source}.csv").read_bytes())
        byhand.run_dag(specs, root, environment, forked=forked)
        return root

    return run


@pytest.fixture(scope="session")
def v1(run_dag) -> Path:
    """Each trainer in an interpreter of its own: it has to import what it needs."""
    return run_dag("v1", forked=False) / "copy_models" / "income"


@pytest.fixture(scope="session")
def v2(run_dag) -> Path:
    return run_dag("v2") / "copy_models" / "income"
