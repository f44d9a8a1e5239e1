"""What containers may use: every one says so, and Kubernetes admits no pod with a limit below its request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final

from releasectl.model import Json
from releasectl.webhook.manifest import Manifest, Part, Predictor, Violation, mapping, prepackaged

NAMES: Final = ("cpu", "memory")
_QUANTITY: Final = re.compile(r"([0-9.]+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([-+]?[0-9]{1,2}))?")
_DECIMAL: Final = {letter: Decimal(1000) ** power for power, letter in enumerate("num kMGTPE", start=-3)}


def resources(manifest: Manifest) -> Iterator[Violation]:
    """Every container says both; a server that Seldon brings needs one of its name."""
    for predictor in manifest.predictors:
        own = {container.name for container in predictor.containers}
        for container in _containers(predictor):
            yield from _absent(container)
        for node in predictor.nodes:
            if prepackaged(node) and node.name not in own:
                yield node.says(
                    "name",
                    f"no container {node.name!r} says which resources the model may use",
                    "add a container of this name with resources.requests and limits to a componentSpec",
                )


def limits(manifest: Manifest) -> Iterator[Violation]:
    """No container asks for more than it may use; a matter of policy, where its place can be told."""
    for predictor in manifest.predictors:
        for container in _containers(predictor):
            yield from _below(container)


def _containers(predictor: Predictor) -> Iterator[Part]:
    """Those of its pods, and that of its explainer."""
    yield from predictor.containers
    explainer = predictor.part.part("explainer")
    beside = explainer.part("containerSpec") if explainer else None
    if beside:
        yield beside


def _absent(container: Part) -> Iterator[Violation]:
    for kind in ("requests", "limits"):
        if absent := [name for name in NAMES if name not in _amounts(container, kind)]:
            yield container.says(
                f"resources.{kind}",
                f"container {container.name!r} has no {' and '.join(absent)} {kind}: it may starve its node",
                f"set resources.{kind}.{absent[0]}",
            )


def _below(container: Part) -> Iterator[Violation]:
    asked_for, allowed = (_amounts(container, kind) for kind in ("requests", "limits"))
    for name in (name for name in allowed if name in asked_for):
        asked, most = amount(str(asked_for[name])), amount(str(allowed[name]))
        if asked is not None and most is not None and most < asked:
            least = asked_for[name]
            what = f"{allowed[name]} is less than the {least} that container {container.name!r} requests"
            yield container.says(
                f"resources.limits.{name}",
                f"{what}: Kubernetes refuses its pods",
                f"set it to {least} at least",
            )


def _amounts(container: Part, kind: str) -> Mapping[str, Json]:
    return mapping(mapping(container.data.get("resources")).get(kind))


@lru_cache(maxsize=256)  # releases of an environment have the same few
def amount(quantity: str) -> Decimal | None:
    """A quantity of Kubernetes as a number: 500m is half of 1, and 1Gi is 2**30; None if it is none."""
    found = _QUANTITY.fullmatch(quantity)
    if found is None or found[1].count(".") > 1 or found[1] == ".":
        return None
    binary, decimal, exponent = found[2], found[3], found[4]
    scale = Decimal(1024) ** ("KMGTPE".index(binary[0]) + 1) if binary else _DECIMAL[decimal or " "]
    return Decimal(found[1]) * scale * Decimal(10) ** int(exponent or 0)
