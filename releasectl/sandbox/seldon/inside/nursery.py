"""Run by the servers' Python, not by ours: has imported what servers import, and forks one for each line.

A line on stdin is a server to come, the answer its process id:

    {"command": ["python", ".../serve.py", ...], "environment": {...}, "folder": "...", "log": "..."}

The server is serve.py with these arguments, and says so in the list of processes. The nursery ends when its
stdin does, its servers go on.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from typing import Any, Final, NoReturn

import numpy
import serve  # type: ignore[import-not-found]  # beside this file, which is run as a script
import setproctitle  # type: ignore[import-not-found]

MODULES: Final = (  # of which no server does without, or which do not hurt; what some do without is not here
    *("mlserver.cli", "mlserver_sklearn", "requests", "numba", "pydantic.v1", "toml"),
    *("sklearn.compose", "sklearn.ensemble", "sklearn.linear_model", "sklearn.pipeline", "sklearn.manifold"),
    *("sklearn.inspection", "sklearn.model_selection", "pandas", "scipy.stats"),
)


def main() -> None:
    setproctitle.getproctitle()  # looks for its room while the environment is where the system put it
    gc.disable()  # it would look through what stays anyhow, again and again
    sys.meta_path.insert(0, serve.Finder(serve.NEVER))
    for name in MODULES:
        with suppress(ImportError):  # whoever needs it says so
            import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that end
    gc.freeze()  # the servers share what is here as long as nobody writes to it
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            become(order)
        print(child, flush=True)


def become(order: dict[str, Any]) -> NoReturn:
    """In the child: what an interpreter of its own would have had, then the server."""
    code = 1
    try:
        gc.enable()
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        redirect(order["log"])
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["folder"])
        setproctitle.setproctitle(" ".join(order["command"]))
        numpy.random.seed()  # else all servers would throw the same dice
        sys.argv = order["command"][1:]
        serve.main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def redirect(log: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    words = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for source, target in ((nothing, 0), (words, 1), (words, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(words)


if __name__ == "__main__":
    main()
