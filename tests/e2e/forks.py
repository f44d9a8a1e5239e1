"""`releasectl` as forks of a process that has made its imports: they are most of what a short command costs.

Each command is a process all the same, with an end, an environment, a folder and an output of its own.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

NURSERY = Path(__file__).with_name("nursery.py")


class Forks:
    """One command at a time. The nursery is started when it is needed for the first time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, command: Sequence[str], folder: Path, seconds: float) -> subprocess.CompletedProcess[str]:
        with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
            order = {"command": command, "folder": str(folder), "out": out.name, "err": err.name}
            nursery = self._alive()
            assert nursery.stdin is not None
            nursery.stdin.write(json.dumps({**order, "environment": dict(os.environ)}).encode() + b"\n")
            child = self._answer(nursery, seconds)
            try:
                code = self._answer(nursery, seconds)
            except TimeoutError:
                os.kill(child, signal.SIGKILL)
                raise
            return subprocess.CompletedProcess(command, code, out.read().decode(), err.read().decode())

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            pipe = subprocess.PIPE
            nursery = [sys.executable, "-P", str(NURSERY)]
            self._process = subprocess.Popen(nursery, stdin=pipe, stdout=pipe, bufsize=0)
        return self._process

    @staticmethod
    def _answer(nursery: subprocess.Popen[bytes], seconds: float) -> int:
        assert nursery.stdout is not None
        if not select.select([nursery.stdout], [], [], seconds)[0]:
            raise TimeoutError(f"no answer in {seconds} s")
        return int(nursery.stdout.readline())
