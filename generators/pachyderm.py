"""The pipelines of one DAG: pipelines/<dag>/dag.jsonnet and the images of the trainers -> Pachyderm specs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from generators.jsonnet import evaluate
from generators.specs import cluster_name, faults
from releasectl.errors import InvalidInput, Problem
from releasectl.model import Dag, Json
from releasectl.schema import did_you_mean


def specs(root: Path, dag: Dag) -> tuple[Json, ...]:
    """The specs in the order of the file; raises what pachd would refuse, and a choice that nobody reads."""
    value = evaluate(root, dag.jsonnet, {"images": dag.images})
    if not isinstance(value, list) or not all(isinstance(spec, dict) for spec in value):
        raise InvalidInput.at(
            dag.jsonnet, "does not give a list of pipeline specs", "write `function(images) [...]`"
        )
    InvalidInput.raise_if(
        Problem(f"{dag.jsonnet}: {fault.where}", fault.what, fault.remedy) for fault in faults(value)
    )
    InvalidInput.raise_if(_training(dag, value))
    return tuple(value)


def clashes(dags: Mapping[str, Sequence[Json]]) -> Iterator[Problem]:
    """Pipelines that two DAGs define, `dags` by the path of their jsonnet: the last one would be it."""
    first: dict[str, tuple[str, str]] = {}
    for jsonnet, specs in dags.items():
        for name in (spec["pipeline"]["name"] for spec in specs):
            other, theirs = first.setdefault(cluster_name(name), (jsonnet, name))
            if other != jsonnet:
                what = f"{other} defines {theirs}, too: one would take the place of the other"
                remedy = "name one of them after its family; `releasectl release` follows what gathers"
                yield Problem(f"{jsonnet}: pipeline {name}", what, remedy)


def reads(specs: tuple[Json, ...] | list[Json]) -> frozenset[tuple[str, str]]:
    """Every (repo, branch) that a DAG takes from outside itself."""
    own = {spec["pipeline"]["name"] for spec in specs}
    inputs = {
        (pfs["repo"], pfs.get("branch") or "master")
        for spec in specs
        for pfs in _pfs(spec.get("input") or {})
    }
    return frozenset((repo, branch) for repo, branch in inputs if repo not in own)


def trains_on(specs: list[Json]) -> frozenset[str]:
    """The repositories from outside that some pipeline reads alone: it makes the model, out of nothing else.

    A holdout is read only beside what is measured on it.
    """
    own = {spec["pipeline"]["name"] for spec in specs}
    alone = [inputs[0]["repo"] for spec in specs if len(inputs := _pfs(spec.get("input") or {})) == 1]
    return frozenset(alone) - own


def _pfs(node: Json) -> list[Json]:
    if node.get("pfs"):
        return [node["pfs"]]
    members = (member for kind in ("cross", "union", "join", "group") for member in node.get(kind) or ())
    return [pfs for member in members for pfs in _pfs(member)]


def _training(dag: Dag, specs: list[Json]) -> list[Problem]:
    """Moving a branch that no pipeline reads would train nothing."""
    chosen, known = dag.training, reads(specs)
    repos = {repo for repo, _ in known}
    if chosen.repo not in repos:
        what = f"no pipeline of {dag.jsonnet} reads the repository `{chosen.repo}`"
        return [Problem(str(chosen.source.place("/repo")), what, did_you_mean(chosen.repo, repos))]
    trained = trains_on(specs)
    if trained and chosen.repo not in trained:
        what = f"nothing trains on `{chosen.repo}`: each pipeline that reads it reads other data as well"
        return [Problem(str(chosen.source.place("/repo")), what, did_you_mean(chosen.repo, trained))]
    branches = {branch for repo, branch in known if repo == chosen.repo}
    if chosen.branch not in branches:
        what = f"no pipeline of {dag.jsonnet} reads the branch `{chosen.branch}` of {chosen.repo}"
        return [Problem(str(chosen.source.place("/branch")), what, did_you_mean(chosen.branch, branches))]
    return []
