"""The first program of a worker process, run by path: no imports but the standard library's quick ones.

Waits until the server has recorded the process (one byte on a pipe; end of file: the server died, go away),
then, if told to, builds a private root in which the datum's folder is /pfs, and becomes the user's command.
"""

import ctypes
import json
import os
import sys
from typing import Any, NoReturn

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
CANNOT_ENTER, CANNOT_EXEC = 125, 127


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str | None, flags: int) -> None:
    _call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        None,
    )


def _unshare() -> None:
    """A private mount table; without privileges also a user namespace in which we keep our own ids."""
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", CLONE_NEWNS | (CLONE_NEWUSER if uid else 0))
    if uid:
        for file, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{file}", "w") as handle:  # noqa: PTH123
                handle.write(text)
    _mount("none", "/", None, MS_REC | MS_PRIVATE)


def _build(root: str, binds: dict[str, str]) -> None:
    """Everything of the host's root, and `binds` (path inside -> folder outside) on top."""
    _mount("none", root, "tmpfs", 0)
    covered = {path.strip("/").split("/")[0] for path in binds if path.strip("/").count("/") == 0}
    for entry in os.scandir("/"):
        target = f"{root}/{entry.name}"
        if entry.name in covered:
            continue
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)  # noqa: PTH115, PTH211
            continue
        if entry.is_dir():
            os.mkdir(target)  # noqa: PTH102
        else:
            os.close(os.open(target, os.O_CREAT))
        _mount(entry.path, target, None, MS_BIND | MS_REC)
    for path, source in binds.items():
        os.makedirs(root + path, exist_ok=True)  # noqa: PTH103
        _mount(source, root + path, None, MS_BIND)
    os.chroot(root)
    os.chdir("/")


def enter(order: dict[str, Any], ready: int) -> None:
    """Through the door and to the place of the command; a process that cannot go there ends."""
    admitted = os.read(ready, 1)
    os.close(ready)
    if not admitted:
        os._exit(CANNOT_ENTER)
    if order["root"]:
        try:
            _unshare()
            _build(order["root"], order["binds"])
        except OSError as error:
            _give_up(CANNOT_ENTER, f"cannot give the worker its own root: {error}")
    try:
        os.chdir(order["cwd"])
    except OSError as error:
        _give_up(CANNOT_EXEC, f"{order['cmd'][0]}: {error.strerror}")


def _give_up(code: int, words: str) -> NoReturn:
    print(words, file=sys.stderr, flush=True)
    os._exit(code)


def main() -> None:
    order = json.loads(sys.argv[1])
    enter(order, order["ready"])
    try:
        os.execvp(order["cmd"][0], order["cmd"])
    except OSError as error:
        _give_up(CANNOT_EXEC, f"{order['cmd'][0]}: {error.strerror}")


if __name__ == "__main__":
    main()
