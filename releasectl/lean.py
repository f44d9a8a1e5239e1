"""Imports modules of a package without the package, where that imports hundreds for anyone who asks."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any


def lean(*names: str) -> None:
    """These packages are as if their `__init__` were empty, until a name is asked for that it defines.

    A package is named before those in it. One that is imported already stays as it is.
    """
    for name in names:
        if name not in sys.modules:
            spec = find_spec(name)
            if spec is None:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            package = sys.modules[name] = _hollow(spec)
            outer, _, own = name.rpartition(".")
            if outer:
                setattr(sys.modules[outer], own, package)  # as every import does


def _hollow(spec: ModuleSpec) -> ModuleType:
    package = module_from_spec(spec)

    def filled(name: str) -> Any:
        module = f"{spec.name}.{name}"
        if find_spec(module) is not None:
            return import_module(module)
        del package.__dict__["__getattr__"]
        assert spec.loader is not None
        spec.loader.exec_module(package)
        return getattr(package, name)

    package.__dict__["__getattr__"] = filled
    return package
