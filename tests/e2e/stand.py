"""A scratch repository with a sandbox of its own, driven by the commands that a person would type."""

from __future__ import annotations

import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from releasectl.platforms import pachyderm
from releasectl.platforms.inference import build_inference
from releasectl.platforms.seldon_deploy import build as build_serving
from releasectl.ports import Cluster
from releasectl.singlefile import load_platform
from tests.e2e.forks import Forks

ROOT = Path(__file__).parents[2]
RELEASECTL = Path(sys.executable).with_name("releasectl")
TRAINERS = ROOT / "trainers" / ".venv" / "bin" / "python"
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
PLATFORM = "environments/platforms/sandbox.yaml"
COMMAND_SECONDS = 300
ROWS = 1000  # of a dataset: enough for a model, and quick to train on


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Stand:
    """`root` holds the inputs of a repository and its sandbox; engine and trainers are those of this tree.

    With `forks`, commands that are waited for are forks.
    """

    root: Path
    forks: Forks | None = None

    def start(self) -> None:
        for folder in ("releases", "environments", "pipelines"):
            shutil.copytree(ROOT / folder, self.root / folder)
        for leftover in self.root.glob("releases/*/*.yaml"):
            leftover.unlink()
        (self.root / "trainers").symlink_to(ROOT / "trainers")
        shutil.copy(ROOT / ".gitignore", self.root)
        with_own_ports(self.root)
        self.git("init", "--quiet")
        self.commit("the scratch repository")
        self.run("sandbox", "up")

    def start_as(self, other: Stand) -> None:
        """From the repository and the state of another, which is down."""
        shutil.copytree(other.root, self.root, symlinks=True, dirs_exist_ok=True)
        shutil.copy(ROOT / PLATFORM, self.root / PLATFORM)
        with_own_ports(self.root)
        self.commit("the scratch repository, elsewhere")
        self.run("sandbox", "up")

    def stop(self) -> None:
        self.run("sandbox", "down")

    def run(self, *arguments: str, code: int | None = 0) -> Done:
        """A `releasectl` command, and a failure of the test unless it ends with `code` (None: anyhow)."""
        command = [str(RELEASECTL), *arguments]
        if self.forks:
            done = self.forks.run(command, self.root, COMMAND_SECONDS)
        else:
            done = subprocess.run(
                command, cwd=self.root, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
            )
        told = f"{' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert code is None or done.returncode == code, told
        return Done(done.returncode, done.stdout, done.stderr)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """The same, not waited for; an interrupt ends it even if what runs the tests ignores interrupts."""
        command = [str(RELEASECTL), *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=self.root, stdout=pipe, stderr=pipe, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def json(self, *arguments: str, code: int | None = 0) -> Any:
        return self.run(*arguments, "--format", "json", code=code).json()

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.root), *IDENTITY, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def push(self, rows: list[str], name: str = "data.csv", *options: str) -> str:
        """Push a CSV of these lines; returns the dataset commit."""
        file = self.root / ".sandbox" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(rows) + "\n")
        return str(self.json("data", "push", str(file), *options)["commit"])

    def release(self, environment: str, commit: str = "latest") -> str:
        """Release a model commit and commit the files; returns the git commit."""
        owner = ("--owner", "credit-ml")
        self.run("release", "income", "--env", environment, "--commit", commit, *owner)
        return self.commit(f"Release income to {environment}")

    @property
    def cluster(self) -> Cluster:
        platform = load_platform(self.root, "sandbox")
        return Cluster(pachyderm.build(platform), build_serving(platform), build_inference(platform))

    def service(self, name: str) -> psutil.Process:
        """The process of `pachd` or `seldon` of this stand."""
        wanted = [f"releasectl.sandbox.{name}", "--state", str(self.root / ".sandbox" / name)]
        found = [
            process
            for process in psutil.process_iter(["cmdline", "create_time"])
            if (process.info["cmdline"] or [])[2:5] == wanted
        ]
        assert found, f"{name} does not run"
        return min(found, key=lambda process: process.info["create_time"])  # a child of it is not it

    @contextmanager
    def no_server_starts(self) -> Iterator[None]:
        """While the block runs: model servers are forks of a process, and that is suspended."""
        children = self.service("seldon").children()
        (nursery,) = (child for child in children if "nursery" in " ".join(child.cmdline()))
        nursery.suspend()
        try:
            yield
        finally:
            nursery.resume()

    def servers(self) -> set[tuple[int, float]]:
        """Every model server of this stand, by process id and start."""
        pods = str(self.root / ".sandbox" / "seldon" / "pods")
        found = psutil.process_iter(["cmdline", "pid", "create_time"])
        return {
            (process.info["pid"], process.info["create_time"])
            for process in found
            if any(str(word).startswith(pods) for word in process.info["cmdline"] or [])
        }


def datasets(folder: Path) -> dict[str, list[str]]:
    """The lines of the derived datasets by name."""
    command = [str(TRAINERS), "-m", "trainers.datasets", str(folder), "v1", "v3", "holdout"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return {path.stem: path.read_text().splitlines() for path in folder.glob("*.csv")}


def with_own_ports(root: Path) -> None:
    """Write ports that are free into the platform file of the sandbox."""
    platform = root / PLATFORM
    text = platform.read_text()
    for port in ("30650", "30600", "8004", "8003"):
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}")
    platform.write_text(text)


def free_port() -> int:
    """Below the range from which the system takes ports for connections, so that it stays free."""
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def until(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    """What `condition` returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"did not happen in {seconds} s"
        time.sleep(0.05)
    return found
