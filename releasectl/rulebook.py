"""Every rule by its id: a module of `policies/` is all it takes to add one."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Final, cast

import policies
from releasectl.letters import printable
from releasectl.policy import Described, Fault, Judge, Rule, RuleModule

WAIVERS: Final = "policies/waivers.yaml"
JUDGES: Final = ("judge", "judge_model")


@dataclass(frozen=True, slots=True)
class Book:
    """The rules, in the order of their ids; a module that cannot be loaded is a fault, the others go on."""

    modules: Mapping[str, RuleModule]
    faults: tuple[Fault, ...]


@cache
def book() -> Book:
    found: dict[str, RuleModule] = {}
    faults: list[Fault] = []
    files = (file for folder in policies.__path__ for file in Path(folder).glob("*.py"))
    for name in sorted({file.stem for file in files} - {"__init__"}):
        file = f"policies/{name}.py"
        try:
            module = importlib.import_module(f"policies.{name}")
            rule = module.RULE
            if not isinstance(rule, Rule):
                raise TypeError("`RULE` is no Rule")
            if rule.id in found:
                raise ValueError(f"{rule.id} is also the id of {file_of(rule.id, found)}")
            if not any(callable(getattr(module, name, None)) for name in JUDGES):
                raise TypeError(f"it has no function {' or '.join(JUDGES)}")
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # one that exits has not said that all is well
            faults.append(Fault(file, "", f"cannot be loaded: {cause(error)}"))
            continue
        found[rule.id] = cast(RuleModule, module)
    return Book(dict(sorted(found.items())), tuple(faults))


def cause(error: BaseException, judge: Judge | None = None) -> str:
    """What a rule raised, and the last line of its module on the way there; else the module of `judge`."""
    place, step = _file(judge.__code__) if judge and hasattr(judge, "__code__") else "", error.__traceback__
    while step is not None:
        if file := _file(step.tb_frame.f_code):
            place = f"{file}:{step.tb_lineno}"
        step = step.tb_next
    return printable(f"{type(error).__name__}: {error}" + (f" ({place})" if place else ""))


def _file(code: CodeType) -> str:
    """The module of `policies/` that some code stands in, or nothing."""
    file = Path(code.co_filename)
    return f"policies/{file.name}" if str(file.parent) in policies.__path__ else ""


def rules() -> Mapping[str, RuleModule]:
    """The modules of all rules by their ids."""
    return book().modules


def rule(identifier: str) -> Rule:
    """The record of a rule; KeyError if no module has that id."""
    return rules()[identifier].RULE


def page(identifier: str) -> str:
    """What the docstring says below its title line."""
    text = inspect.cleandoc(rules()[identifier].__doc__ or "")
    return text.partition("\n")[2].strip()


def described(identifier: str) -> Described:
    """The rule as reports tell of it."""
    return Described(rule(identifier), page(identifier), file_of(identifier))


def named(text: str) -> str | None:
    """The id of a rule by that id, in capitals or not, or by the name of its module."""
    known = {identifier.lower(): identifier for identifier in rules()}
    known |= {Path(file_of(identifier)).stem: identifier for identifier in rules()}
    return known.get(text.lower())


def file_of(identifier: str, modules: Mapping[str, RuleModule] | None = None) -> str:
    """The path of a rule's module, relative to the root."""
    module = (rules() if modules is None else modules)[identifier]
    return f"{str(getattr(module, '__name__', '')).replace('.', '/')}.py"
