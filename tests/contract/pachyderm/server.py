"""The stand-in for pachd as a process of its own, which a test may kill and start again."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

from python_pachyderm import Client

from tests.contract.pachyderm.lab import until

ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Server:
    """One pair of ports and one state for all of its lives."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port, self.s3_port = free_port(), free_port()
        self._log = state.with_suffix(".log").open("ab")

    def command(self, port: int | None = None) -> list[str]:
        options = {
            "state": self.state,
            "port": port or self.port,
            "s3-port": self.s3_port,
            "workers": sys.prefix,
            "code": ROOT,
        }
        module = [sys.executable, "-m", "releasectl.sandbox.pachd"]
        return module + [word for name, value in options.items() for word in (f"--{name}", str(value))]

    def start(self) -> Client:
        self.process = subprocess.Popen(self.command(), cwd=ROOT, stdout=self._log, stderr=self._log)
        until(lambda: self._serves(self.port) and self._serves(self.s3_port), limit=20)
        return Client("127.0.0.1", self.port)

    def _serves(self, port: int) -> bool:
        assert self.process.poll() is None, f"the server ended at once: {Path(self._log.name).read_text()}"
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()
        self._log.close()
