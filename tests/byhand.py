"""A DAG run by hand from its specs: the commands and links of each worker, in a folder instead of /pfs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / "trainers" / ".venv" / "bin" / "python"
COMMITS = {"income_data_COMMIT": "d" * 32, "income_holdout_COMMIT": "e" * 32}


def run_dag(specs: Sequence[dict[str, Any]], root: Path, environment: Mapping[str, str]) -> None:
    """`root` holds a folder per source repository; every pipeline adds the folder of its output.

    The first spec trains, the last gathers, and what lies between runs two at a time.
    """
    first, *middle, last = specs
    run_pipeline(first, root, environment)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda spec: run_pipeline(spec, root, environment), middle))
    run_pipeline(last, root, environment)


def run_pipeline(spec: dict[str, Any], root: Path, environment: Mapping[str, str]) -> None:
    """What a worker does with one datum."""
    name, transform = spec["pipeline"]["name"], spec["transform"]
    pfs = root / "pfs" / name
    pfs.mkdir(parents=True)
    (root / name).mkdir()
    (pfs / "out").symlink_to(root / name)
    inputs = [member["pfs"] for member in spec["input"].get("cross", [spec["input"]])]
    for each in inputs:
        (pfs / each["name"]).symlink_to(root / each["repo"])
    command = [part.replace("/pfs", str(pfs)) for part in transform["cmd"]]
    if command[0] == "python":
        command[0] = str(PYTHON)
    done = subprocess.run(
        command,
        input="\n".join(transform.get("stdin", [])).replace("/pfs", str(pfs)),
        env=os.environ | {"PYTHONPATH": str(ROOT)} | COMMITS | environment,
        cwd=pfs,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{name}: {done.stderr}"
