"""A DAG run by hand from its specs: the commands and links of each worker, in a folder instead of /pfs."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / "trainers" / ".venv" / "bin" / "python"
COMMITS = {"income_data_COMMIT": "d" * 32, "income_holdout_COMMIT": "e" * 32}
SHARED = (
    "sklearn.compose",
    "sklearn.ensemble",
    "scipy.stats",
    "pandas",
    "numba",
    "requests",
    "pydantic.v1",
    "dill",
)


def run_dag(
    specs: Sequence[dict[str, Any]], root: Path, environment: Mapping[str, str], *, forked: bool = False
) -> None:
    """`root` holds a folder per source repository; every pipeline adds the folder of its output.

    The first spec trains, the last gathers, and what lies between runs two at a time. `forked` from one
    interpreter that has imported what they share, for half the CPU; else each has its own, as in a pod.
    """
    if forked:
        command = [PYTHON, "-m", "tests.byhand", str(root)]
        settings = os.environ | {"PYTHONPATH": str(ROOT)} | environment
        subprocess.run(command, input=json.dumps(specs), text=True, cwd=ROOT, env=settings, check=True)
        return
    first, *middle, last = specs
    run_pipeline(first, root, environment)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda spec: run_pipeline(spec, root, environment), middle))
    run_pipeline(last, root, environment)


def run_pipeline(spec: dict[str, Any], root: Path, environment: Mapping[str, str]) -> None:
    """What a worker does with one datum."""
    name, transform = spec["pipeline"]["name"], spec["transform"]
    pfs = folder(spec, root)
    command = [part.replace("/pfs", str(pfs)) for part in transform["cmd"]]
    if command[0] == "python":
        command[0] = str(PYTHON)
    done = subprocess.run(
        command,
        input=said(spec, pfs),
        env=os.environ | {"PYTHONPATH": str(ROOT)} | COMMITS | environment,
        cwd=pfs,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{name}: {done.stderr}"


def folder(spec: dict[str, Any], root: Path) -> Path:
    """What is /pfs to a worker: a link for each input, and one for what it makes."""
    name = spec["pipeline"]["name"]
    pfs = root / "pfs" / name
    pfs.mkdir(parents=True)
    (root / name).mkdir()
    (pfs / "out").symlink_to(root / name)
    for each in (member["pfs"] for member in spec["input"].get("cross", [spec["input"]])):
        (pfs / each["name"]).symlink_to(root / each["repo"])
    return pfs


def said(spec: dict[str, Any], pfs: Path) -> str:
    return "\n".join(spec["transform"].get("stdin", [])).replace("/pfs", str(pfs))


def run_forked(specs: Sequence[dict[str, Any]], root: Path) -> int:
    """`run_dag` in this process and its children, two at a time; the number of those that failed."""
    for name in SHARED:
        with suppress(ImportError):  # whoever needs it says so
            import_module(name)
    first, *middle, last = specs
    failed = 0
    for stage in ([first], middle[:2], middle[2:]):
        children = [fork(spec, root) for spec in stage]
        failed += sum(os.waitpid(child, 0)[1] != 0 for child in children)
    run_pipeline(last, root, {})  # a shell
    return failed


def fork(spec: dict[str, Any], root: Path) -> int:
    """The command of a worker, in a child of this process."""
    pfs = folder(spec, root)
    if child := os.fork():
        return child
    try:
        os.chdir(pfs)
        os.environ.update(COMMITS)
        sys.stdin = io.StringIO(said(spec, pfs))
        _, _, module, *arguments = (part.replace("/pfs", str(pfs)) for part in spec["transform"]["cmd"])
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    sys.exit(run_forked(json.load(sys.stdin), Path(sys.argv[1])))
