"""What Seldon would drop or refuse of a generated object, found by walking it along the SDK's own models.

The API server prunes a field it does not know without a word, and the SDK's constructors enforce no
required field, so both are looked for here, before anything is sent.
"""

from __future__ import annotations

import difflib
import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from generators.required import MAX_CHILDREN, NEWER_THAN_CRD, OPAQUE, QUANTITY, REQUIRED, ROOT
from releasectl.model import Json
from releasectl.webhook import Violation

NATIVE: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "str": ("text", (str,)),
    "int": ("an integer", (int,)),
    "bool": ("true or false", (bool,)),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """One SDK model: its JSON fields with their swagger types, and the fields the CRD requires."""

    fields: Mapping[str, str]
    required: tuple[str, ...]
    folded: Mapping[str, str]  # mis-cased spellings, such as modeluri or model_uri


def malformed(manifest: Json, kind: str = "SeldonDeployment") -> list[Violation]:
    """Every fault: fields that Seldon would drop, wrong types, required fields that are absent.

    `kind` names any model of the SDK, such as DetectorConfigData.
    """
    found = list(_walk(manifest, kind, ""))
    for field, allowed in ROOT.get(kind, {}).items():
        given = manifest.get(field) if isinstance(manifest, Mapping) else None
        if isinstance(given, str) and given not in allowed:
            found.append(Violation(field, f"{given!r} is not a {kind}", f"use {' or '.join(allowed)}"))
    return found


def _walk(value: Json, kind: str, path: str) -> Iterator[Violation]:
    """`kind` is a swagger type: a native one, list[...], dict(str, ...), or the name of a model."""
    if kind in NATIVE:
        yield from _typed(value, *NATIVE[kind], path)
    elif kind.startswith("list["):
        yield from _list(value, kind[5:-1], path)
    elif kind.startswith("dict("):
        yield from _map(value, kind.partition(", ")[2][:-1], path)
    elif kind in OPAQUE or not shape(kind).fields:
        yield from _opaque(value, kind, path)
    elif not isinstance(value, Mapping):
        yield _wrong(value, "a mapping", path)
    elif path.count(".children[") > MAX_CHILDREN:
        yield Violation(
            path, f"the CRD knows {MAX_CHILDREN} levels of children and drops this one", "flatten the graph"
        )
    else:
        yield from _model(value, kind, path)


def _model(value: Mapping[str, Json], kind: str, path: str) -> Iterator[Violation]:
    known = shape(kind)
    for key, inner in value.items():
        below = f"{path}.{key}" if path else str(key)
        if key not in known.fields:
            yield Violation(
                below, "Seldon does not know this field and silently drops it", _suggest(str(key), known)
            )
        elif key in NEWER_THAN_CRD.get(kind, ()):
            yield Violation(below, "Seldon's CRD is older than this field and silently drops it", "remove it")
        elif inner is not None:  # Kubernetes reads null as absent
            yield from _walk(inner, known.fields[key], below)
    for field in known.required:
        if value.get(field) is None:
            yield Violation(f"{path}.{field}" if path else field, "required field is missing", "set it")


def _list(value: Json, inner: str, path: str) -> Iterator[Violation]:
    if not isinstance(value, (list, tuple)):
        yield _wrong(value, "a list", path)
        return
    for index, item in enumerate(value):
        yield from _walk(item, inner, f"{path}[{index}]")


def _map(value: Json, inner: str, path: str) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        yield _wrong(value, "a mapping", path)
        return
    for key, item in value.items():
        if isinstance(key, str):
            yield from _walk(item, inner, f"{path}.{key}")
        else:
            yield _wrong(key, "a text as key", f"{path}.{key}")


def _opaque(value: Json, kind: str, path: str) -> Iterator[Violation]:
    """Models that the SDK leaves empty: enums, and types with a form of their own."""
    expected, types = OPAQUE.get(kind, NATIVE["str"])
    yield from _typed(value, expected, types, path)
    quantities = value if kind == "ResourceList" and isinstance(value, Mapping) else {}
    for name, amount in quantities.items():
        yield from _opaque(amount, "Quantity", f"{path}.{name}")
    if kind == "Quantity" and isinstance(value, str) and not re.fullmatch(QUANTITY, value):
        yield Violation(path, f"{value!r} is no quantity", "write it as in 500m, 2, 512Mi or 1Gi")


def _typed(value: Json, expected: str, types: tuple[type, ...], path: str) -> Iterator[Violation]:
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield _wrong(value, expected, path)


def _wrong(value: Json, expected: str, path: str) -> Violation:
    shown = repr(value) if len(repr(value)) <= 40 else f"{repr(value)[:37]}..."
    quotable = expected == "text" and isinstance(value, (int, float))
    as_text = str(value).lower() if isinstance(value, bool) else value
    remedy = f'put it in quotes: "{as_text}"' if quotable else f"write {expected}"
    return Violation(path or "(root)", f"expected {expected}, found {shown}", remedy)


def _suggest(key: str, known: Shape) -> str:
    match = known.folded.get(_fold(key)) or next(iter(difflib.get_close_matches(key, known.fields, 1)), None)
    return f"did you mean {match}?" if match else f"remove it; known here: {', '.join(sorted(known.fields))}"


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


@cache
def shape(kind: str) -> Shape:
    model = getattr(_model_module(kind), kind)
    fields = {model.attribute_map[attribute]: type_ for attribute, type_ in model.swagger_types.items()}
    return Shape(fields, REQUIRED.get(kind, ()), {_fold(field): field for field in fields})


def _model_module(kind: str) -> ModuleType:
    """The module of one model, without the other 360: `import seldon_deploy_sdk` costs a quarter second."""
    path = _model_files()[kind.lower()]
    spec = importlib.util.spec_from_file_location(f"_seldon_deploy_sdk_model_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _model_files() -> Mapping[str, Path]:
    package = importlib.util.find_spec("seldon_deploy_sdk")
    if package is None or not package.submodule_search_locations:
        raise ImportError("seldon-deploy-sdk is not installed")
    models = Path(package.submodule_search_locations[0], "models")
    return {path.stem.replace("_", ""): path for path in models.glob("*.py")}
