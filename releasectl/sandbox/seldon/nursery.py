"""Starts model servers as forks of a process that has imported everything already; see inside/nursery.py.

Imports are what the start of an MLServer consists of: here they are paid once, not by every server.
"""

from __future__ import annotations

import json
import logging
import os
import select
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from releasectl.sandbox.seldon import processes
from releasectl.sandbox.seldon.mlserver import THREADS
from releasectl.sandbox.seldon.processes import Process

log = logging.getLogger(__name__)
SCRIPT: Final = Path(__file__).with_name("inside") / "nursery.py"
PATIENCE = 60.0  # seconds for a fork; all of the imports may be in its way


class Nursery:
    """One per operator, and it ends with it. Its methods block: call them in a thread."""

    def __init__(self, servers: Path, state: Path) -> None:
        self._command = (str(servers / "bin" / "python"), str(SCRIPT))
        self._log = state / "logs" / "nursery.log"
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def warm(self) -> None:
        """Begin the imports; nobody waits for them."""
        with self._lock:
            self._alive()

    def spawn(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log_file: Path,
        ports: Sequence[int],
    ) -> Process:
        """As processes.spawn; that is also what happens if the nursery fails."""
        log_file.parent.mkdir(parents=True, exist_ok=True)
        start = log_file.stat().st_size if log_file.exists() else 0
        order = {
            "command": command,
            "environment": environment,
            "folder": str(folder),
            "log": str(log_file.resolve()),
        }
        try:
            pid = self._ask(json.dumps(order))
        except (OSError, ValueError) as error:
            log.warning("the nursery failed (%s), so the server starts by itself", error)
            return processes.spawn(command, environment, folder, log_file, ports)
        return processes.started(pid, ports, log_file, start)

    def stop(self) -> None:
        """Without the lock: whoever has it may be waiting for the nursery, and waits no longer."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _ask(self, line: str) -> int:
        """The process id. A nursery that says nothing is ended, so that the next one is another."""
        with self._lock:
            process = self._alive()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            if not select.select([process.stdout], [], [], PATIENCE)[0]:
                self.stop()
                raise TimeoutError(f"it was silent for {PATIENCE:g} s")
            return int(process.stdout.readline())

    def _alive(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("ab") as words:
                self._process = subprocess.Popen(
                    self._command,
                    env={**inherited, **THREADS, "PYTHONUNBUFFERED": "1"},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=words,
                    text=True,
                    start_new_session=True,
                )
        return self._process
