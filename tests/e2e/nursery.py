"""A script that has imported what `releasectl` imports, and forks one for each line of stdin: see forks.py.

    {"command": ["releasectl", ...], "environment": {...}, "folder": "...", "out": "...", "err": "..."}

The answers are its process id and, when it has ended, its exit code.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import releasectl.cli.main as cli

SERVERS = ("releasectl.sandbox.pachd", "releasectl.sandbox.s3", "releasectl.sandbox.seldon")
CALLED = ("grpc.experimental", "seldon_deploy_sdk.api_client", "multiprocessing.pool")  # by what is imported


def modules(package: str) -> Iterator[str]:
    """All but those that run as soon as they are imported, and the sandbox's servers."""
    for found in iter_modules(import_module(package).__path__, f"{package}."):
        if found.name.endswith("__main__") or found.name in SERVERS:
            continue
        yield found.name
        if found.ispkg:
            yield from modules(found.name)


def main() -> None:
    """Returns in forks only."""
    for name in (*modules("releasectl"), *modules("policies"), *CALLED):
        import_module(name)
    gc.collect()
    gc.freeze()  # forks share what is here as long as nobody writes to it
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            return become(**json.loads(line))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.exit()


def become(command: list[str], environment: dict[str, str], folder: str, out: str, err: str) -> None:
    for target, (path, mode) in enumerate(
        ((os.devnull, os.O_RDONLY), (out, os.O_WRONLY), (err, os.O_WRONLY))
    ):
        source = os.open(path, mode)
        os.dup2(source, target)
        os.close(source)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = command


if __name__ == "__main__":
    main()
    cli.run()
