"""What user code can see of its process: run by test_nursery.py as a worker, `python -m surroundings`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

SIGNALS = (signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)
STREAMS = (sys.stdin, sys.stdout, sys.stderr)

seen = {
    "environment": dict(os.environ),
    "environment of children": sorted(subprocess.check_output(["env"], text=True).splitlines()),
    "job in /proc": [word for word in Path("/proc/self/environ").read_text().split("\0") if "PACH_" in word],
    "cwd": str(Path.cwd()),
    "input": Path(os.environ["INPUT"]).read_text(),
    "root": sorted(path.name for path in Path("/").iterdir()),
    "command": sys.orig_argv[-3:],
    "arguments": sys.argv,
    "path": sys.path,
    "interpreter": [sys.executable, sys.prefix, list(sys.flags)],
    "module": [__name__, __file__, __spec__.name, sys.modules["__main__"].__dict__ is globals()],
    "modules of the nursery": sorted({"enter", "nursery"} & set(sys.modules)),
    "leads session and group": os.getpid() == os.getsid(0) == os.getpgid(0),
    "threads": threading.active_count(),
    "open files": sorted(os.listdir("/proc/self/fd")),  # noqa: PTH208
    "umask": os.umask(0),
    "signals": [str(signal.getsignal(number)) for number in SIGNALS],
    "blocked signals": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "names of streams": [(each.name, each.encoding, each.errors) for each in STREAMS],
    "kinds of streams": [(each.isatty(), each.seekable(), each.write_through) for each in STREAMS],
    "stdin": sys.stdin.read(),
}
print(json.dumps(seen))
