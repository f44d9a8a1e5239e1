"""Walks over the tree of a pipeline's input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

COMBINED = ("cross", "join", "group", "union")
KINDS = ("pfs", "cron", *COMBINED)


def kinds(node: Any) -> list[str]:
    """What is set in one node; valid inputs have exactly one."""
    return [k for k in KINDS if (len(getattr(node, k)) if k in COMBINED else node.HasField(k))]


def members(node: Any) -> list[Any]:
    return [member for kind in COMBINED for member in getattr(node, kind)]


def nodes(node: Any) -> Iterator[Any]:
    """Every node, the outer ones first."""
    yield node
    for member in members(node):
        yield from nodes(member)


def leaves(node: Any) -> list[Any]:
    """Every pfs and cron input, as its own message."""
    return [getattr(n, kind) for n in nodes(node) for kind in ("pfs", "cron") if n.HasField(kind)]


def name(node: Any) -> str:
    """A combined input goes by the name of its first member."""
    for kind in ("pfs", "cron"):
        if node.HasField(kind):
            return str(getattr(node, kind).name)
    below = members(node)
    return name(below[0]) if below else ""


def any_of(node: Any, test: Callable[[Any], bool]) -> bool:
    return any(test(n) for n in nodes(node))
