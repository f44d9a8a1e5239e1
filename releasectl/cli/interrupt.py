"""^C and a polite kill, at any time: the first import of all, as ^C in an import would show a traceback."""

from __future__ import annotations

# `signal` wraps these in enums, which takes long enough for ^C to land in it
import _signal as signal  # type: ignore[import-not-found]
import _thread
import os
import sys

EXIT_CODE = 130


def as_usual() -> None:
    """Both raise KeyboardInterrupt from now on, so that a command ends in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is _quit:
            signal.signal(number, signal.default_int_handler)


def not_swallowed() -> None:
    """^C that landed where Python only reports exceptions, as in a callback of an import, is raised again."""
    sys.unraisablehook = _again


def without_words() -> None:
    """For the interpreter's own end: the work is done, and either has only to end the process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is signal.default_int_handler:
            signal.signal(number, signal.SIG_DFL)


def _quit(*_: object) -> None:
    """At once and without an exception: nothing was begun that would have to be ended."""
    os.write(2, b"interrupted\n")
    os._exit(EXIT_CODE)


def _again(unraisable: sys.UnraisableHookArgs) -> None:
    """From another thread: what is raised here would be swallowed as well."""
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        _thread.start_new_thread(os.kill, (os.getpid(), signal.SIGINT))
    else:
        sys.__unraisablehook__(unraisable)


for number, default in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
    if signal.getsignal(number) == default:  # else somebody wants it ignored
        signal.signal(number, _quit)
