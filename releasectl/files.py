"""Changes a file so that a reader, or a crash, sees the old content or the new one and nothing between."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from releasectl.errors import PlatformRefused, ReleaseError

UNFINISHED = ".unfinished"  # what a kill leaves behind: git ignores it
TEMPORARY = "name a folder that can be written to in the variable TMPDIR, then repeat the command"


def replace(path: Path, content: bytes) -> None:
    replace_all({path: content})


def replace_all(contents: Mapping[Path, bytes]) -> None:
    """All files or none: each is written beside its place and to the disk before any is put there."""
    beside: dict[Path, str] = {}
    path = Path()
    try:
        for path, content in contents.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            _write(path, content, beside)
        for path, temporary in beside.items():
            Path(temporary).replace(path)
    except OSError as error:
        raise _refused(path, "written", error) from error
    finally:
        for temporary in beside.values():
            with contextlib.suppress(OSError):  # the disk is full or gone: the first error is the one to tell
                Path(temporary).unlink(missing_ok=True)


def _write(path: Path, content: bytes, beside: dict[Path, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside[path] = tempfile.mkstemp(UNFINISHED, f".{path.name}.", path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(beside[path]).chmod(0o644)


def remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, "removed", error) from error


def remedy(error: OSError) -> str:
    """What a person can do about what the system says."""
    if error.errno == errno.ENOENT and not error.filename:  # what has no name is not written wrongly
        if "temporary directory" in str(error.strerror):
            return TEMPORARY
        return "change to a folder that is there, then repeat the command"
    if error.errno in (errno.EISDIR, errno.ENOTDIR, errno.EEXIST):
        return "move away what stands in its place, then repeat the command"
    if error.errno in (errno.ENAMETOOLONG, errno.EINVAL, errno.ENOENT, errno.ELOOP):
        return "mend the name, then repeat the command"
    return "free space or mend the permissions, then repeat the command"


def _refused(path: Path, verb: str, error: OSError) -> ReleaseError:
    return PlatformRefused.at(path, f"cannot be {verb}: {error.strerror}", remedy(error))
