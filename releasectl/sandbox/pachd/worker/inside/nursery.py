"""Run by the workers' Python, not by ours: has imported what trainers import, forks one worker per order.

    python nursery.py SOCKET

An order is one message on that socket: what enter.py takes and `env`, and four descriptors, the door of the
worker, its stdin, its stdout, and where to answer. That is "pid <number>" and, when the worker has ended,
"code <number>", negative for a signal. The nursery ends when its socket does.

Left to the worker are trainers' own modules, which may be another commit's, and alibi and alibi-detect, which
import other things where packages are hidden from them (trainers/common/lean.py).
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import enter  # type: ignore[import-not-found]  # beside this file, which is run as a script

MODULES: Final = (  # as a DAG comes to need them: an order that comes in between does not wait for the rest
    *("joblib", "scipy.stats", "sklearn.compose", "sklearn.ensemble", "sklearn.linear_model"),
    *("sklearn.metrics", "yaml", "pandas", "numba", "requests", "pydantic.v1", "toml", "dill"),
)
LONGEST: Final = 1 << 18  # more than the kernel takes as one message
MARK: Final = b"PACH_JOB_ID"

working: dict[int, int] = {}  # process id of a worker -> where to answer


def main(line: socket.socket) -> dict[str, Any]:
    """Returns in workers only, with their order."""
    signal.signal(signal.SIGCHLD, lambda *_: reap())
    for name in MODULES:
        with suppress(Exception):  # whoever needs it says so
            import_module(name)
        while select.select([line], [], [], 0)[0]:
            if order := serve(line):
                return order
    gc.collect()
    gc.freeze()  # the workers share what is here as long as nobody writes to it
    while True:
        if order := serve(line):
            return order


def serve(line: socket.socket) -> dict[str, Any] | None:
    """Fork a worker for the next order: the order in the worker, nothing in the nursery."""
    message, descriptors, *_ = socket.recv_fds(line, LONGEST, 4)
    if not message:
        sys.exit()
    door, stdin, stdout, answer = descriptors
    child = os.fork()
    if child == 0:
        for other in (line.detach(), *working.values()):
            os.close(other)
        order: dict[str, Any] = json.loads(message)
        become(order, door, stdin, stdout, answer)
        return order
    working[child] = answer
    for each in (door, stdin, stdout):
        os.close(each)
    reap()  # it may have ended before it was in the table
    return None


def reap() -> None:
    """Tell how workers ended. A signal may come in between, and find them first."""
    for child in list(working):
        with suppress(ChildProcessError):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                answer = working.pop(child)
                with suppress(BrokenPipeError):  # nobody may listen any more
                    os.write(answer, b"code %d\n" % os.waitstatus_to_exitcode(status))
                os.close(answer)


def become(order: dict[str, Any], door: int, stdin: int, stdout: int, answer: int) -> None:
    """In the child: all that an interpreter of its own would have had."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.write(answer, b"pid %d\n" % os.getpid())  # now that its group can be killed
    for source, target in ((stdin, 0), (stdout, 1), (stdout, 2)):
        os.dup2(source, target)
    for each in (stdin, stdout, answer):
        os.close(each)
    mark(order["env"][MARK.decode()])
    os.environ.clear()
    os.environ.update(order["env"])
    enter.enter(order, door)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # else all workers would throw the same dice
    del sys.modules["enter"]
    sys.orig_argv = order["cmd"]
    sys.argv = order["cmd"][2:]
    sys.path[:0] = [str(Path.cwd()), order["env"]["PYTHONPATH"]]


def mark(job: str) -> None:
    """Into /proc/<pid>/environ, which is what the nursery was started with, and has room for it."""
    find = ctypes.CDLL(None).getenv
    find.restype = ctypes.c_void_p
    ctypes.memmove(find(MARK), job.encode(), len(job))


if __name__ == "__main__":
    del sys.path[0]  # where this file is
    order = main(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module(order["cmd"][2], run_name="__main__", alter_sys=True)
