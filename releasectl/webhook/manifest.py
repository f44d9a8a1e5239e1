"""A SeldonDeployment taken apart for the rules, with the path of every part; wrong types read as absent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from releasectl.model import Json

BUILT_IN = ("UNKNOWN_IMPLEMENTATION", "SIMPLE_MODEL", "SIMPLE_ROUTER", "RANDOM_ABTEST", "AVERAGE_COMBINER")


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken: `field` is a path such as `spec.predictors[1].traffic`."""

    field: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Part:
    """A mapping within the manifest. A field that is absent or of another type reads as Go's zero value."""

    path: str
    data: Mapping[str, Json]

    @property
    def name(self) -> str:
        """Its own field `name`."""
        return self.text("name")

    def at(self, key: str) -> str:
        """The path of a field, such as spec.predictors[1].traffic."""
        return f"{self.path}.{key}"

    def text(self, key: str) -> str:
        """The field as text; "" if it is none."""
        value = self.data.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        """The field as a whole number; 0 if it is none."""
        value = self.data.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def items(self, key: str) -> tuple[Part, ...]:
        """The members of a list that are mappings."""
        return tuple(
            Part(f"{self.path}.{key}[{index}]", item)
            for index, item in enumerate(sequence(self.data.get(key)))
            if isinstance(item, Mapping)
        )

    def part(self, key: str) -> Part | None:
        """The field as a part of its own; None if it is no mapping."""
        value = self.data.get(key)
        return Part(self.at(key), value) if isinstance(value, Mapping) else None

    def says(self, key: str, message: str, remedy: str) -> Violation:
        """A violation of the field `key` of this part; an empty key means the part itself."""
        return Violation(self.at(key) if key else self.path, message, remedy)


@dataclass(frozen=True, slots=True)
class Predictor:
    """One entry of spec.predictors: `nodes` is its graph in pre-order, `components` its containers by pod."""

    part: Part
    nodes: tuple[Part, ...]
    components: tuple[tuple[Part, ...], ...]

    @property
    def name(self) -> str:
        """`default`, `candidate`, `shadow`; "" if it has none."""
        return self.part.name

    @property
    def shadow(self) -> bool:
        """Whether it gets copies instead of requests."""
        return self.part.data.get("shadow") is True

    @property
    def traffic(self) -> int:
        """Its share of the requests in percent; 0 if none is given."""
        return self.part.number("traffic")

    @property
    def containers(self) -> tuple[Part, ...]:
        """Those of all its pods."""
        return tuple(container for component in self.components for container in component)

    def container(self, name: str) -> Part | None:
        """The container of that name, in whichever pod."""
        return next((container for container in self.containers if container.name == name), None)

    def annotation(self, key: str) -> str | None:
        """The annotation; None if it is absent or no text."""
        value = mapping(self.part.data.get("annotations")).get(key)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A SeldonDeployment: its name, its spec and its predictors."""

    name: str
    spec: Part
    predictors: tuple[Predictor, ...]

    @property
    def main(self) -> tuple[Predictor, ...]:
        """The predictors that answer; a shadow does not."""
        return tuple(predictor for predictor in self.predictors if not predictor.shadow)

    @property
    def nodes(self) -> Iterator[tuple[Predictor, Part]]:
        """Every graph node with its predictor."""
        for predictor in self.predictors:
            for node in predictor.nodes:
                yield predictor, node

    @property
    def protocol(self) -> str:
        """The protocol in force: `seldon` if none is set, `v2` for its alias."""
        protocol = self.spec.text("protocol") or "seldon"
        return "v2" if protocol == "kfserving" else protocol


Rule = Callable[[Manifest], Iterator[Violation]]


def apply_rules(rules: Mapping[str, Rule], manifest: Json) -> list[Violation]:
    """Everything that `rules` find, in the order of the table."""
    taken = take_apart(manifest)
    return [violation for rule in rules.values() for violation in rule(taken)]


def take_apart(manifest: Json) -> Manifest:
    """The manifest as the operator reads it; never fails, whatever is missing."""
    document = mapping(manifest)
    spec = Part("spec", mapping(document.get("spec")))
    predictors = tuple(_predictor(part) for part in spec.items("predictors"))
    name = mapping(document.get("metadata")).get("name")
    return Manifest(name if isinstance(name, str) else "", spec, predictors)


def prepackaged(node: Part) -> bool:
    """Whether a server of the `seldon-config` map runs this node."""
    implementation = node.text("implementation")
    return bool(implementation) and implementation not in BUILT_IN


def mapping(value: Json) -> Mapping[str, Json]:
    """`value`, or an empty mapping if it is none."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Json) -> Sequence[Json]:
    """`value`, or an empty list if it is none."""
    return value if isinstance(value, (list, tuple)) else ()


def _predictor(part: Part) -> Predictor:
    pods = [component.part("spec") for component in part.items("componentSpecs")]
    components = tuple(pod.items("containers") if pod else () for pod in pods)
    graph = part.part("graph")
    return Predictor(part, tuple(_preorder(graph)) if graph else (), components)


def _preorder(root: Part) -> Iterator[Part]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.items("children")))
