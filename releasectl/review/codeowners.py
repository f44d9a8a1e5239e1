"""Who must approve a file: CODEOWNERS of the base, of which the last pattern that matches counts.

https://docs.github.com/en/repositories ("About code owners")
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from releasectl.review.values import Approval

FILE = ".github/CODEOWNERS"
Rules = tuple[tuple[str, tuple[str, ...]], ...]


def parse(content: str) -> Rules:
    """(pattern, owners) of each line, in order; the last that matches decides."""
    lines = (line.partition("#")[0].split() for line in content.splitlines())
    return tuple((words[0], tuple(words[1:])) for words in lines if words)


def approvals(rules: Rules, files: Iterable[str]) -> tuple[Approval, ...]:
    """The changed files by the pattern that decides on them; files of nobody under an empty pattern."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for file in files:
        deciding = next((rule for rule in reversed(rules) if matches(rule[0], file)), ("", ()))
        found.setdefault(deciding, []).append(file)
    return tuple(Approval(pattern, owners, tuple(paths)) for (pattern, owners), paths in found.items())


def matches(pattern: str, file: str) -> bool:
    """Whether a pattern of CODEOWNERS is for that file."""
    return _compiled(pattern).match(file) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """As in .gitignore: a slash before the end ties a pattern to the root, a folder takes all below it."""
    anchored = "/" in pattern.rstrip("/")
    body = pattern.strip("/")
    text = "".join(_GLOBS.get(part, re.escape(part)) for part in re.split(r"(\*\*/|/\*\*|\*\*|\*|\?)", body))
    start = "" if anchored else "(?:.*/)?"
    # `docs/*` is for the files of a folder, not for what lies in folders below it.
    below = "" if pattern.endswith("/*") else "/.+" if pattern.endswith("/") else "(?:/.+)?"
    return re.compile(f"{start}{text}{below}\\Z", re.DOTALL)


_GLOBS = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
