"""Starts `python -m` workers as forks of a process that has imported much already; see inside/nursery.py.

Imports are most of what a training costs on a laptop: here they are paid once, not by every worker.
"""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from releasectl.sandbox.pachd.worker import environment
from releasectl.sandbox.pachd.worker.root import Prepared

log = logging.getLogger("pachd")
SCRIPT: Final = Path(__file__).with_name("inside") / "nursery.py"
PATIENCE = 60.0  # seconds for a fork; one import may be in its way
ROOM = "0" * 32  # of the length of a job's id


@dataclass(frozen=True, slots=True)
class Forked:
    """A worker whose parent is the nursery, which tells how it ended."""

    pid: int
    stdin: IO[bytes]
    stdout: IO[bytes]
    answers: IO[bytes]

    def wait(self) -> int:
        """The exit code, negative for a signal."""
        with self.answers:
            line = self.answers.readline()
        if line:
            return _number(line, "code")
        log.warning("the nursery ended before its worker (process %d), which has to go, too", self.pid)
        return -signal.SIGKILL


class Nursery:
    """One per server, and it ends with it; started when it is needed for the first time."""

    def __init__(self, venv: Path, code: Path) -> None:
        self._command = (str(venv / "bin" / "python"), str(SCRIPT))
        machine = environment.of_machine(venv, code)  # libraries read theirs when they are imported
        del machine["PYTHONPATH"]  # which has nothing that the nursery may import
        self._environment = {**machine, environment.MARK: ROOM}
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._line: socket.socket | None = None

    def takes(self, cmd: Sequence[str], transform: Any) -> bool:
        """`python -m`, with no variables of its own: those may be for the interpreter, or for an import."""
        own = bool(transform.env) or any(secret.env_var for secret in transform.secrets)
        return sys.platform == "linux" and len(cmd) > 2 and list(cmd[:2]) == ["python", "-m"] and not own

    def warm(self) -> None:
        """Begin the imports; nobody waits for them."""
        try:
            self._alive()
        except OSError as error:
            log.warning("the nursery does not start: %s", error)

    def fork(self, prepared: Prepared, ready: int) -> Forked:
        """A worker for this order; an OSError or a ValueError when something is wrong with the nursery."""
        order = json.dumps({**prepared.order, "env": dict(prepared.env)}).encode()
        with ExitStack() as ours, ExitStack() as theirs:
            stdin, feed = _pipe(theirs, ours)
            heard, stdout = _pipe(ours, theirs)
            answers, answer = _pipe(ours, theirs)
            given = [ready, *(each.fileno() for each in (stdin, stdout, answer))]
            socket.send_fds(self._alive(), [order], given)
            theirs.close()
            worker = Forked(self._first(answers), feed, heard, answers)
            ours.pop_all()
        return worker

    def stop(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    def _first(self, answers: IO[bytes]) -> int:
        """The process id. A nursery that says nothing is ended: it would not tell of ends either."""
        if not select.select([answers], [], [], PATIENCE)[0]:
            self.stop()
            raise TimeoutError(f"it was silent for {PATIENCE:g} s")
        return _number(answers.readline(), "pid")

    def _alive(self) -> socket.socket:
        with self._lock:
            if self._line is None or self._process is None or self._process.poll() is not None:
                self._line, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                self._line.settimeout(PATIENCE)
                with far:
                    self._process = subprocess.Popen(
                        [*self._command, str(far.fileno())],
                        env=self._environment,
                        stdin=subprocess.PIPE,  # workers inherit what is known of it, and theirs is a pipe
                        stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT,
                        text=True,
                        errors="replace",
                        pass_fds=[far.fileno()],
                        start_new_session=True,
                    )
                threading.Thread(target=_hear, args=(self._process.stdout,), daemon=True).start()
            return self._line


def _pipe(reads: ExitStack, writes: ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    """Its ends, each closed with its stack."""
    read, write = os.pipe()
    return reads.enter_context(os.fdopen(read, "rb")), writes.enter_context(os.fdopen(write, "wb"))


def _number(line: bytes, label: str) -> int:
    word, _, number = line.partition(b" ")
    if word != label.encode():
        raise ValueError(f"it ended, or it said {line!r}")
    return int(number)


def _hear(words: IO[str]) -> None:
    for line in words:
        log.info("nursery: %s", line.rstrip())
