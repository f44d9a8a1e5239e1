"""Glob patterns: matching, capturing, and what is not a pattern."""

from __future__ import annotations

import pytest

from releasectl.sandbox.pachd import globs
from releasectl.sandbox.pachd.errors import PachError


@pytest.mark.parametrize(
    ("pattern", "path", "captured"),
    [
        ("/*", "/a", ()),
        ("/*", "/a/b", None),
        ("/**", "/a/b", ()),
        ("/a?c", "/abc", ()),
        ("/a?c", "/a/c", None),
        ("/[ab]x", "/bx", ()),
        ("/[!ab]x", "/bx", None),
        ("/[^ab]x", "/cx", ()),
        ("/[a-c]x", "/bx", ()),
        ("/{one,two}/*.csv", "/two/x.csv", ()),
        ("/{one,two}/*.csv", "/three/x.csv", None),
        ("/@(*)-@(*).txt", "/a-b.txt", ("a", "b")),
        ("/@(x|y)z", "/yz", ("y",)),
        ("/@(x|y)z", "/xyz", None),
        ("/*(x|y)z", "/xyxz", ("xyx",)),
        ("/+(x)z", "/z", None),
        ("/?(x)z", "/z", ("",)),
        ("/!(x|y)", "/z", ("z",)),
        ("/!(x|y)", "/x", None),
        ("/a.b", "/axb", None),
        (r"/a\*", "/a*", ()),
    ],
)
def test_matching(pattern: str, path: str, captured: tuple[str, ...] | None) -> None:
    found = globs.compile(pattern).fullmatch(path)
    assert (found and found.groups()) == captured or (found is None and captured is None)


@pytest.mark.parametrize("pattern", ["/{a,b", "/@(a", "/[a"])
def test_broken_patterns(pattern: str) -> None:
    with pytest.raises(PachError, match="invalid"):
        globs.compile(pattern)


@pytest.mark.parametrize(
    ("pattern", "cleaned"),
    [("*", "/*"), ("/", "/"), ("", "/"), ("/dir/", "/dir"), ("a//b", "/a/b"), ("/*/", "/*")],
)
def test_cleaning(pattern: str, cleaned: str) -> None:
    assert globs.clean(pattern) == cleaned


def test_captures_fill_a_template() -> None:
    assert globs.replace(("a", "b"), "$2-$1") == "b-a"
    assert globs.replace(("a",), "${1}$2") == "a"
