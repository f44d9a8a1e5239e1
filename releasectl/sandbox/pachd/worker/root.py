"""Decides how a worker sees /pfs: in a mount namespace of its own, or by rewriting what it is told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ENTER = Path(__file__).with_name("inside") / "enter.py"
PROBE_TIMEOUT = 10


@dataclass(frozen=True)
class Command:
    """What to run. `binds` maps a path as the user code knows it to the folder that holds its files."""

    cmd: tuple[str, ...]
    stdin: str
    env: Mapping[str, str]
    cwd: str
    binds: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """A command for this machine: `order` is what enter.py gets, apart from the pipe."""

    stdin: str
    env: Mapping[str, str]
    order: Mapping[str, object]


class Roots:
    """Probes once whether the kernel lets us make namespaces."""

    def __init__(self) -> None:
        self.namespaces = sys.platform == "linux" and _probe()

    @property
    def description(self) -> str:
        if self.namespaces:
            return "workers see /pfs through a mount namespace"
        return "workers see /pfs by rewriting: mount namespaces are not available here"

    def prepare(self, command: Command, root: Path) -> Prepared:
        """`root` is an empty folder that belongs to this run."""
        if self.namespaces:
            order = {
                "cmd": command.cmd,
                "cwd": command.cwd,
                "root": str(root),
                "binds": {path: str(folder) for path, folder in command.binds.items()},
            }
            return Prepared(command.stdin, command.env, order)
        order = {
            "cmd": [_rewrite(word, command.binds) for word in command.cmd],
            "cwd": _rewrite(command.cwd, command.binds),
            "root": "",
            "binds": {},
        }
        env = {name: _rewrite(value, command.binds) for name, value in command.env.items()}
        return Prepared(_rewrite(command.stdin, command.binds), env, order)


def arguments(order: Mapping[str, object], ready: int) -> list[str]:
    """The command line that runs enter.py; isolated and without site packages it starts in milliseconds."""
    return [sys.executable, "-I", "-S", str(ENTER), json.dumps({**order, "ready": ready})]


def _rewrite(text: str, binds: Mapping[str, Path]) -> str:
    for path, folder in binds.items():
        pattern, replacement = rf"(?<![\w./-]){re.escape(path)}(?![\w.-])", str(folder).replace("\\", r"\\")
        text = re.sub(pattern, replacement, text)
    return text


def _probe() -> bool:
    """Try it for real: a root of its own, with a /pfs that can be read."""
    with tempfile.TemporaryDirectory() as folder:
        pfs, root = Path(folder, "pfs"), Path(folder, "root")
        pfs.mkdir()
        root.mkdir()
        (pfs / "probe").touch()
        order = {
            "cmd": ("test", "-f", "/pfs/probe"),
            "cwd": "/",
            "root": str(root),
            "binds": {"/pfs": str(pfs)},
        }
        read, write = os.pipe()
        os.write(write, b".")
        os.close(write)
        try:
            run: Sequence[str] = arguments(order, read)
            done = subprocess.run(
                run, pass_fds=[read], capture_output=True, timeout=PROBE_TIMEOUT, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        finally:
            os.close(read)
        return done.returncode == 0
