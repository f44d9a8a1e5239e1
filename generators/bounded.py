"""What somebody else's text may keep going for ever: done in a child process, which is ended at a bound."""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

SECONDS: Final = 5  # of computing: a family of pipelines takes a hundredth of it
MEMORY: Final = 1 << 30  # bytes, beside what the process holds already
ANSWER: Final = 4000 << 10  # bytes
_DONE, _FAILED = b"+", b"-"


class Overrun(Exception):
    """The work was ended; says at which bound."""


def bounded(work: Callable[[], str]) -> str:
    """What `work` gives. Raises RuntimeError with the words of what it raised, and Overrun.

    The child is forked: an interpreter of its own would take longer to start than the work.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(work, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as stream:
            answer = stream.read(ANSWER)
            too_long = bool(stream.read(1))
    except BaseException:  # Ctrl-C, which the work does not hear
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    if too_long:
        raise Overrun(f"gives more than {ANSWER >> 10} kB")
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
        raise Overrun(f"has not come to an end after {SECONDS} seconds of computing")
    if status != 0:
        raise Overrun(f"takes more than {MEMORY >> 20} MB of memory")
    text = answer[1:].decode("utf-8")
    if answer[:1] == _FAILED:
        raise RuntimeError(text)
    return text


def _answer(work: Callable[[], str], writing: int) -> NoReturn:
    """Of the child: never returns into what the parent does, whatever happens."""
    code = 1
    try:
        _bound()
        try:
            answer = _DONE + work().encode("utf-8", "replace")
        except MemoryError:
            raise
        except Exception as error:
            answer = _FAILED + str(error).encode("utf-8", "replace")
        with os.fdopen(writing, "wb") as stream:
            stream.write(answer)
        code = 0
    finally:
        os._exit(code)


def _bound() -> None:
    """Where memory ends, the library says so on stderr and aborts; the parent has better words."""
    faulthandler.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    wanted = {resource.RLIMIT_CPU: SECONDS, resource.RLIMIT_CORE: 0}
    with suppress(OSError):  # only Linux tells what is held, and keeps to the bound
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        wanted[resource.RLIMIT_AS] = pages * resource.getpagesize() + MEMORY
    for kind, most in wanted.items():
        _, hard = resource.getrlimit(kind)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (limit, limit))
