"""Paths of files in commits: cleaned for reading, checked for writing."""

from __future__ import annotations

FORBIDDEN = frozenset("*?[]{}!()@+^")


def clean(path: str) -> str:
    """A leading slash, no empty elements; a trailing slash stays, it means a directory."""
    names = [name for name in path.split("/") if name]
    if not names:
        return "/"
    return "/" + "/".join(names) + ("/" if path.endswith("/") else "")


def fault(path: str) -> str:
    """Why a file may not be written at `path`, or nothing."""
    bad = sorted({char for char in path if not (" " <= char <= "~")})
    if bad:
        return f"path {path!r} contains a non-printable or non-ASCII character: {bad[0]!r}"
    bad = sorted(FORBIDDEN & set(path))
    if bad:
        return f"path {path!r} contains the globbing character {bad[0]!r}"
    if {".", ".."} & set(path.split("/")):
        return f"path {path!r} contains a relative element ('.' or '..')"
    if path == "/":
        return "the root is not a file"
    return ""
