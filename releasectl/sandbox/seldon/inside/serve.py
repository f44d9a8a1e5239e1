"""Run by the servers' Python, not by ours: MLServer, without the packages that this server does not use.

    python serve.py PACKAGE,PACKAGE,... start FOLDER

Imports are what the start of a server consists of: TensorFlow, transformers, spaCy, SHAP and plotting take
three quarters of it, and no tabular explainer or detector calls them. `tensorflow` is optional for alibi and
alibi-detect, so it is said not to be installed; of the others they need the names only. The two outlier
detectors below do without TensorFlow as well, but the code that loads them lives beside code that does not.
What starts then is what the image of trainers/serving starts.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Collection, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

TRAINERS = Path(sys.prefix).parent  # beside the virtual environment that this Python belongs to
NEVER = ("tritonclient",)  # MLServer's client for batches
OUTLIER = {  # what alibi-detect keeps of a detector: arguments of its class, then attributes
    "Mahalanobis": (
        ("threshold", "n_components", "std_clip", "start_clip", "max_n", "cat_vars", "ohe"),
        ("d_abs", "clip", "mean", "C", "n"),
    ),
    "IForest": (("threshold",), ("isolationforest",)),
}


class Name(type):
    """An empty class, and so is every name in it."""

    def __getattr__(cls, name: str) -> Name:
        if name.startswith("__"):
            raise AttributeError(name)
        return Name(name, (), {})


class Unused(types.ModuleType):
    """A package of which only names are needed."""

    __getattr__ = Name.__getattr__


class Finder(MetaPathFinder, Loader):
    """Finds `packages`, and all that is below them, unused."""

    def __init__(self, packages: Collection[str]) -> None:
        self.packages = packages

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        ours = name.partition(".")[0] in self.packages
        return ModuleSpec(name, self, is_package=True) if ours else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return Unused(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing in it."""


def load_outlier(filepath: str, suffix: str, **_: Any) -> Any:
    """As alibi_detect.saving._tensorflow.loading does it."""
    loads, folder = import_module("dill").loads, Path(filepath)
    meta = loads((folder / f"meta{suffix}").read_bytes())
    state = loads((folder / f"{meta['name']}{suffix}").read_bytes())
    arguments, attributes = OUTLIER[meta["name"]]
    kind = getattr(import_module("alibi_detect.od"), meta["name"])
    detector = kind(**{name: state[name] for name in arguments})
    for name in attributes:
        setattr(detector, name, state[name])
    detector.meta = meta
    return detector


def main() -> None:
    packages = {*NEVER, *filter(None, sys.argv.pop(1).split(","))}
    if "tensorflow" in packages:
        packages.remove("tensorflow")
        sys.modules["tensorflow"] = None  # type: ignore[assignment]
    sys.meta_path.insert(0, Finder(packages))
    if "transformers" in packages:
        loading: Any = import_module("alibi_detect.saving.loading")
        loading.load_detector_legacy = load_outlier
    sys.path.append(str(TRAINERS.parent))  # last: nothing of the repository stands in for a package
    ours = (TRAINERS / "serving" / "__main__.py").is_file()  # not so in a checkout from before there was one
    import_module("trainers.serving.__main__" if ours else "mlserver.cli").main()


if __name__ == "__main__":
    main()
