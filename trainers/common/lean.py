"""Import alibi quietly, and without the packages that no tabular explainer or detector of it calls.

Imports are most of what a training on a few thousand rows takes. TensorFlow is optional for alibi and
alibi-detect; of the others they need the names only, in base classes and annotations of what explains texts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

NAMES_ONLY = ("matplotlib", "mpl_toolkits", "shap", "skimage", "spacy", "transformers")


class Name(type):
    """An empty class, and so is every name in it."""

    def __getattr__(cls, name: str) -> Name:
        if name.startswith("__"):
            raise AttributeError(name)
        return Name(name, (), {})


class Unused(ModuleType):
    """A package of which only names are needed."""

    __getattr__ = Name.__getattr__


class Finder(MetaPathFinder, Loader):
    """Finds what is in NAMES_ONLY, and all that is below it, unused."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in NAMES_ONLY else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return Unused(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


def tabular_only() -> None:
    """Call it before alibi or alibi-detect is imported; None in sys.modules means "not installed"."""
    sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
