"""What a release may choose from, read from the generators' own folder: strategies, explainers, detectors.

The schemas get their enums from here, so that a new strategy is one new file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock

from generators.jsonnet import LIBRARY, evaluate_library
from releasectl.model import Json
from releasectl.repo import ENGINE


@dataclass(frozen=True, slots=True)
class Catalogue:
    """By name: what a strategy takes (`fields`, `required`), and the artefact folder of the others."""

    strategies: Mapping[str, Json]
    explainers: Mapping[str, Json]
    detectors: Mapping[str, Json]


def strategy_names() -> tuple[str, ...]:
    """The names of the files in generators/strategies/, sorted."""
    return tuple(sorted(path.stem for path in (ENGINE / LIBRARY / "strategies").glob("*.libsonnet")))


def strategy_imports(names: Iterable[str]) -> str:
    """Strategies as a jsonnet object; jsonnet cannot list a folder itself."""
    fields = (f"'{name}': import 'strategies/{name}.libsonnet'" for name in sorted(names))
    return "{" + ", ".join(fields) + "}"


_LOCK = Lock()


def catalogue() -> Catalogue:
    """Read once, whoever asks first and from whichever thread."""
    with _LOCK:
        return _catalogue()


@cache
def _catalogue() -> Catalogue:
    text = f"""
        local strategies = {strategy_imports(strategy_names())};
        {{
          strategies: {{ [name]: strategies[name].about for name in std.objectFields(strategies) }},
          explainers: import 'explainers.libsonnet',
          detectors: (import 'detectors.libsonnet').kinds,
        }}
    """
    return Catalogue(**evaluate_library(ENGINE, f"{LIBRARY}/catalogue.jsonnet", text))
