"""Runs workflow files with act, each from its first to its last step, as GitHub would for an event."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.stand import ROOT

ACT = Path(sys.executable).with_name("act")
ACTIONS = Path(__file__).with_name("actions")
PINNED = re.compile(r"uses: (actions/[a-z-]+@[0-9a-f]{40}) # v[0-9.]+")
# GitHub has these, the schema that act 0.2.89 validates with does not yet; they change nothing for a runner.
UNKNOWN_TO_ACT = ("  queue: max\n", ", deployment: false")
SET_UP = re.compile(r"actions/checkout@|^Check out|actions/setup$|^Set up$")
RUN_SECONDS = 300
PACKAGES = "lib/python3.11/site-packages"
# As on GitHub's runners `python3` is a program there, not a script that looks for one.
PATH = f"{sys.base_prefix}/bin{os.pathsep}{os.environ['PATH']}"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Run:
    """How a workflow ended: `jobs` by id, as GitHub would show them; `seconds` of its steps after set-up."""

    ok: bool
    log: str
    jobs: Mapping[str, str]
    summary: str
    seconds: float

    def said(self, text: str) -> bool:
        return text in self.log


def image(folder: Path) -> Path:
    """A runner's image: the toolkit's environment as installed, with the engine of the workspace."""
    installed, made = (ROOT / ".venv").resolve(), folder / ".venv"
    for where in ("bin", PACKAGES):
        (made / where).mkdir(parents=True)
    for script in (installed / "bin").iterdir():
        copy = made / "bin" / script.name
        if script.is_symlink() or not script.read_bytes().startswith(b"#!"):
            copy.symlink_to(script)
        else:
            copy.write_text(script.read_text().replace(str(ROOT / ".venv"), str(made)))
            copy.chmod(0o755)
    for package in (installed / PACKAGES).iterdir():
        if not package.name.startswith("__editable__"):
            (made / PACKAGES / package.name).symlink_to(package)
    engine = "import os, sys; sys.path.insert(0, os.environ.get('GITHUB_WORKSPACE', ''))\n"
    (made / PACKAGES / "workspace.pth").write_text(engine)
    for name in ("pyvenv.cfg", ".installed"):
        shutil.copy(installed / name, made)
    return folder


def known(folder: Path) -> str:
    """What mypy has found out here, copied: it believes nothing of it of a file that differs."""
    folder.mkdir()
    for file in (ROOT / ".mypy_cache").glob("*/cache*.db"):
        copy = folder / file.relative_to(ROOT / ".mypy_cache")
        copy.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(copy)) as new:
            old.backup(new)  # another mypy may be at work
    return str(folder)


@cache
def uv_cache() -> str:
    """Where this tree's environment came from: what a job installs is there already."""
    uv = ROOT / ".cache/uv/bin/uv"
    return subprocess.run([uv, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()


def uses(workflows: Path) -> tuple[str, ...]:
    """Every pinned action of the workflows and local actions in a folder."""
    found = (PINNED.findall(file.read_text()) for file in workflows.rglob("*.yml"))
    return tuple(sorted({each for group in found for each in group}))


@dataclass(frozen=True)
class Runner:
    """`server` is the folder that plays github.com; `variables` are the repository's."""

    home: Path
    server: Path
    api: str
    variables: Mapping[str, str]
    image: Path | None

    def identity(self, token: str) -> dict[str, str]:
        """What a job with `id-token: write` is given, and no other."""
        url = f"{self.api}/oidc?version=2.0"
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": token}

    def run(
        self,
        source: Path,
        workflow: str,
        event: str,
        payload: Mapping[str, Any],
        *,
        token: str,
        job: str | None = None,
        identity: bool = False,
        installs: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Run:
        """`source` is a checkout of the commit whose workflow counts; with `installs`, nothing is ready."""
        home = self.home / f"run-{len(list(self.home.glob('run-*')))}-{os.urandom(3).hex()}"
        home.mkdir(parents=True)
        (home / "event.json").write_text(json.dumps(payload))
        file = home / workflow
        text = (source / ".github/workflows" / workflow).read_text()
        for unknown in UNKNOWN_TO_ACT:
            text = text.replace(unknown, "")
        file.write_text(text)
        given = {
            "GITHUB_SERVER_URL": f"file://{self.server}",
            "GITHUB_API_URL": self.api,
            "GITHUB_GRAPHQL_URL": f"{self.api}/graphql",
            "GITHUB_REPOSITORY": payload["repository"]["full_name"],
            **(self.identity(token) if identity else {}),
            "RUNNER_IMAGE": "" if installs else str(self.image or ""),
            "UV_HOME": str(ROOT / ".cache/uv"),
            "UV_CACHE_DIR": uv_cache(),
            "UV_OFFLINE": "1",
            "NO_COLOR": "1",
            **(environment or {}),
        }
        command = [str(ACT), event, "-W", str(file), "-e", str(home / "event.json"), "-C", str(source)]
        command += ["-P", "ubuntu-latest=-self-hosted", "--no-skip-checkout", "--no-cache-server", "--json"]
        command += [
            "-s",
            f"GITHUB_TOKEN={token}",
            "-a",
            payload["sender"]["login"],
            *(["-j", job] if job else []),
        ]
        command += [word for name, value in given.items() for word in ("--env", f"{name}={value}")]
        command += [word for name, value in self.variables.items() for word in ("--var", f"{name}={value}")]
        for action in uses(source / ".github"):
            stand_in = ACTIONS / action.partition("/")[2].partition("@")[0]
            command += ["--local-repository", f"file://{self.server}/{action}={stand_in}"]
        done = subprocess.run(
            command, env={**os.environ, "PATH": PATH, "XDG_CACHE_HOME": str(home)}, capture_output=True,
            text=True, timeout=RUN_SECONDS, check=False,
        )  # fmt: skip
        return read(done.stdout.splitlines(), done.returncode, done.stderr)


def read(lines: Sequence[str], code: int, errors: str) -> Run:
    """act's log, one JSON object per line."""
    log, jobs, seconds, summary = [], {}, 0.0, ""
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            log.append(line)
            continue
        message = _COLOURS.sub("", str(entry.get("msg", ""))).rstrip()
        log.append(f"[{entry.get('jobID', '')}] {message}")
        if "jobResult" in entry:
            jobs[entry["jobID"]] = entry["jobResult"]
        if entry.get("stage") == "Main" and len(entry.get("stepID", [])) == 1:
            is_own = not SET_UP.search(str(entry.get("step")))
            seconds += entry.get("executionTime", 0) / 1e9 if is_own else 0
        if entry.get("command") == "summary":
            summary += entry.get("content", "")
    return Run(code == 0, "\n".join([*log, errors]), jobs, summary, seconds)


def permissions(file: Path) -> dict[str, str]:
    """What the jobs of a workflow may do, together."""
    jobs = yaml.safe_load(file.read_text())["jobs"]
    return {name: level for job in jobs.values() for name, level in (job.get("permissions") or {}).items()}
