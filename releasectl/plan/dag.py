"""The graph of pipeline specs: who reads what, in which order, and what a change sets in motion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from releasectl.model import Json
from releasectl.ports import JobState

ENDED = frozenset({"success", "failure", "killed", "unrunnable"})


def name_of(spec: Json) -> str:
    """The pipeline's name."""
    return str((spec.get("pipeline") or {}).get("name"))


def input_branches(spec: Json) -> frozenset[tuple[str, str]]:
    """Every (repo, branch) that a pipeline reads."""
    return frozenset((pfs["repo"], pfs.get("branch") or "master") for pfs in _inputs(spec.get("input") or {}))


def input_repos(spec: Json) -> frozenset[str]:
    """The repositories that a pipeline reads, whatever the shape of its input."""
    return frozenset(repo for repo, _ in input_branches(spec))


def input_names(spec: Json) -> dict[str, str]:
    """The repository behind each folder of /pfs that a pipeline reads."""
    return {pfs.get("name") or pfs["repo"]: pfs["repo"] for pfs in _inputs(spec.get("input") or {})}


def ending(job: JobState) -> str:
    """State and reason in one; the reason of one that could not run begins with its state."""
    return (
        job.reason if job.reason.startswith(job.state) else f"{job.state}: {job.reason or 'no reason given'}"
    )


def in_order(specs: Sequence[Json]) -> list[Json]:
    """Upstream first, alphabetically where the graph leaves a choice (and within a cycle)."""
    waiting = {name_of(spec): spec for spec in sorted(specs, key=name_of)}
    ordered: list[Json] = []
    while waiting:
        free = [name for name, spec in waiting.items() if not (input_repos(spec) & waiting.keys() - {name})]
        for name in free or list(waiting):
            ordered.append(waiting.pop(name))
    return ordered


def affected(specs: Sequence[Json], *, changed: Set[str], moved: Set[tuple[str, str]]) -> frozenset[str]:
    """The pipelines that get a new job: those changed, those that read a moved head, and all below them."""
    begun: set[str] = set()
    for spec in in_order(specs):
        branches = input_branches(spec)
        if name_of(spec) in changed or branches & moved or any(repo in begun for repo, _ in branches):
            begun.add(name_of(spec))
    return frozenset(begun)


def _inputs(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if value.get("pfs"):
        yield value["pfs"]
    for kind in ("cross", "join", "group", "union"):
        for member in value.get(kind) or []:
            yield from _inputs(member)
