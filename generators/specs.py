"""What pachd would refuse of pipeline specs, found before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from releasectl.errors import Problem
from releasectl.lean import lean
from releasectl.model import Json

NAME_LIMIT = 51
INPUT_KINDS = ("pfs", "cross", "union", "join", "group", "cron")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def faults(specs: Sequence[Json]) -> Iterator[Problem]:
    """Everything wrong with the specs of one DAG; `where` is the pipeline."""
    seen: dict[str, str] = {}
    for index, spec in enumerate(specs):
        name = _named(spec.get("pipeline"))
        where = f"pipeline {name or index}"
        yield from _name(where, name)
        yield from _clash(where, name, seen)
        unreadable = list(_parse(where, spec))
        yield from unreadable
        if not unreadable:
            yield from _command(where, spec)
            yield from _inputs(where, name, spec.get("input"))


def _named(pipeline: Json) -> str:
    """What the spec calls itself, of whatever shape it is: that is judged after it."""
    name = pipeline.get("name") if isinstance(pipeline, Mapping) else None
    return name if isinstance(name, str) else ""


def _name(where: str, name: str) -> Iterator[Problem]:
    if not _NAME.fullmatch(name):
        remedy = "write letters, digits, _ and -, a letter or digit first"
        yield Problem(where, f"`{name}` cannot name a pipeline", remedy)
    elif len(name) > NAME_LIMIT:
        yield Problem(where, f"{len(name)} characters, pachd allows {NAME_LIMIT}", "shorten the name")


def _clash(where: str, name: str, seen: dict[str, str]) -> Iterator[Problem]:
    cluster = cluster_name(name)
    if other := seen.get(cluster):
        yield Problem(where, f"is the same name as {other} to Kubernetes", "rename one of the two")
    seen[cluster] = name


def cluster_name(name: str) -> str:
    """Kubernetes sees the names of pipelines in lower case, with - for _."""
    return name.lower().replace("_", "-")


def _parse(where: str, spec: Json) -> Iterator[Problem]:
    """Unknown fields and wrong types, judged by the message type that carries the spec."""
    from google.protobuf.json_format import ParseDict, ParseError

    lean("python_pachyderm")  # its client is a fifth of what a check would take
    from python_pachyderm.proto.v2.pps.pps_pb2 import CreatePipelineRequest

    try:
        ParseDict(spec, CreatePipelineRequest())
    except ParseError as error:
        what = f"is no pipeline spec: {str(error).splitlines()[0]}"
        yield Problem(where, what, "see the pipeline specification of Pachyderm 2.7")


def _command(where: str, spec: Json) -> Iterator[Problem]:
    if not (spec.get("transform") or {}).get("cmd"):
        yield Problem(where, "has no `transform.cmd`", "say what the worker runs, as a list")


def _inputs(where: str, name: str, node: Json) -> Iterator[Problem]:
    if node is None:
        yield Problem(where, "has no input", "add `input: { pfs: {...} }`")
        return
    found: list[tuple[str, Json]] = []
    yield from _walk(where, node, found)
    names: set[str] = set()
    for kind, leaf in found:
        label = leaf.get("name") or leaf.get("repo", "")
        if label in names:
            yield Problem(where, f"two inputs are called `{label}`", "give one of them a `name`")
        names.add(label)
        for rule in _LEAF_RULES:
            yield from rule(f"{where}, input {label}", name, kind, leaf)


def _walk(where: str, node: Json, found: list[tuple[str, Json]]) -> Iterator[Problem]:
    kinds = [kind for kind in INPUT_KINDS if isinstance(node, Mapping) and node.get(kind)]
    if len(kinds) != 1:
        what = f"an input sets {' and '.join(kinds) or 'nothing'}"
        yield Problem(where, what, f"set exactly one of {', '.join(INPUT_KINDS)}")
        return
    kind = kinds[0]
    if kind in ("pfs", "cron"):
        found.append((kind, node[kind]))
        return
    for member in node[kind]:
        yield from _walk(where, member, found)


def _reserved(where: str, _name: str, _kind: str, leaf: Json) -> Iterator[Problem]:
    if (leaf.get("name") or leaf.get("repo")) in ("out", ".env"):
        yield Problem(where, "the name is reserved for the worker", "give the input another `name`")


def _source(where: str, name: str, kind: str, leaf: Json) -> Iterator[Problem]:
    if kind != "pfs":
        return
    if not leaf.get("repo"):
        yield Problem(where, "names no repository", "add `repo`")
    if leaf.get("repo") == name:
        yield Problem(where, "a pipeline cannot read its own output", "name another repository")
    if leaf.get("commit"):
        yield Problem(
            where, "fixes a commit, which pachd refuses", "name a branch; training.yaml moves its head"
        )


def _glob(where: str, _name: str, kind: str, leaf: Json) -> Iterator[Problem]:
    if kind != "pfs":
        return
    s3 = leaf.get("s3", False)
    if not leaf.get("glob") and not s3:
        yield Problem(where, "has no glob", "add `glob: '/'` for one datum that holds everything")
    if s3 and leaf.get("glob", "/") != "/":
        yield Problem(where, "an s3 input takes everything", "write `glob: '/'`")
    for other in ("lazy", "empty_files"):
        if s3 and leaf.get(other):
            yield Problem(where, f"s3 and {other} exclude each other", f"drop {other}")


_LEAF_RULES: Sequence[Callable[[str, str, str, Json], Iterator[Problem]]] = (_reserved, _source, _glob)
