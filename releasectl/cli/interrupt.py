"""^C at any time: to be imported before all else, as Python shows a traceback where it lands in an import."""

from __future__ import annotations

# `signal` wraps these in enums, which takes long enough for ^C to land in it
import _signal as signal  # type: ignore[import-not-found]
import _thread
import os
import sys

EXIT_CODE = 130


def as_usual() -> None:
    """^C raises KeyboardInterrupt again, so that a command ends in order."""
    if signal.getsignal(signal.SIGINT) is _quit:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def not_swallowed() -> None:
    """^C that landed where Python only reports exceptions, as in a callback of an import, is raised again."""
    sys.unraisablehook = _again


def without_words() -> None:
    """For the interpreter's own end: the work is done, and ^C has only to end the process."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


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


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else somebody wants it ignored
    signal.signal(signal.SIGINT, _quit)
