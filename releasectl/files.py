"""Changes a file so that a reader, or a crash, sees the old content or the new one and nothing between."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from releasectl.errors import PlatformRefused, ReleaseError


def replace(path: Path, content: bytes) -> None:
    """Write `content` beside the file, to the disk, and put it in the file's place."""
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):  # the disk is full or gone: the first error is the one to tell
                Path(temporary).unlink()
        raise _refused(path, "written", error) from error


def remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, "removed", error) from error


def _refused(path: Path, verb: str, error: OSError) -> ReleaseError:
    what = f"cannot be {verb}: {error.strerror}"
    return PlatformRefused.at(path, what, "free space or mend the permissions, then repeat the command")
