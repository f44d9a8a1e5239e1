"""One transaction for each model family: what a transaction trains has one commit id in all repositories.

A lock is named after that id, so families that hang together by nothing but a holdout have to differ in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from releasectl.model import Json
from releasectl.plan.dag import input_branches, input_repos, name_of
from releasectl.plan.values import Change, ChangePipelines, Step
from releasectl.ports import PipelineChange


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a change, and the repository, the branch or the pipeline that it is about."""

    of: str
    change: PipelineChange
    told: Change


def families(specs: Sequence[Json], trained: Iterable[str]) -> list[frozenset[str]]:
    """Pipelines, and branches to train on (as repo@branch), that hang together: one reads what another makes,
    or both read what they train on. In the order of the first pipeline of each.
    """
    branches = frozenset(trained)
    names = {name_of(spec) for spec in specs}
    found: list[frozenset[str]] = []
    for each in (
        *(_joining(spec, names | branches) for spec in specs),
        *({branch} for branch in sorted(branches)),
    ):
        touched = [family for family in found if family & each]
        first = min((found.index(family) for family in touched), default=len(found))
        found = [family for family in found if family not in touched]
        found.insert(first, frozenset(each).union(*touched))
    return found


def _joining(spec: Json, known: Set[str]) -> set[str]:
    read = input_branches(spec)
    return {
        name_of(spec),
        *(repo for repo, _ in read),
        *(f"{repo}@{branch}" for repo, branch in read),
    } & known


def steps(parts: Iterable[Part], specs: Sequence[Json], trained: Iterable[str]) -> Iterator[Step]:
    """What goes with no family, such as a pipeline that no file asks for, goes with the last one."""
    together = families(specs, trained)
    grouped: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        grouped[_number(part.of, together, specs)].append(part)
    alone = grouped.pop(len(together), [])
    if alone:
        grouped[max(grouped, default=0)] += alone
    for _, found in sorted(grouped.items()):
        yield Step(
            ChangePipelines(_merged(part.change for part in found)), tuple(part.told for part in found)
        )


def _number(name: str, together: Sequence[Set[str]], specs: Sequence[Json]) -> int:
    """Of the family that it belongs to; of what only is read, the first that reads it."""
    readers = {name, *(name_of(spec) for spec in specs if name in input_repos(spec))}
    return next((number for number, family in enumerate(together) if family & readers), len(together))


def _merged(changes: Iterable[PipelineChange]) -> PipelineChange:
    found = tuple(changes)
    return PipelineChange(
        create_repos=tuple(repo for each in found for repo in each.create_repos),
        move_heads=tuple(move for each in found for move in each.move_heads),
        pipelines=tuple(spec for each in found for spec in each.pipelines),
        delete_pipelines=tuple(name for each in found for name in each.delete_pipelines),
    )
