"""A rule as a record: what it is called, what it asks, who asks it, what an environment may make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from releasectl.model import Json


class Severity(StrEnum):
    """How bad it would be, whatever an environment makes of it; worst last."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Strictness(StrEnum):
    """What an environment makes of a finding; strictest last."""

    OFF = "off"
    ADVISE = "advise"
    WARN = "warn"
    DENY = "deny"


SEVERITIES, STRICTNESSES = list(Severity), list(Strictness)


class Need(StrEnum):
    """What a rule looks at; where it is missing, the rule says so and does not pass."""

    RELEASE = "release"
    LOCK = "lock"
    EVIDENCE = "evidence"
    MANIFEST = "manifest"
    HISTORY = "history"


class Status(StrEnum):
    """What force an authority has."""

    IN_FORCE = "in force"
    LATER = "applies later"
    WITHDRAWN = "withdrawn"
    GUIDANCE = "guidance"
    COMPANY = "company policy"


@dataclass(frozen=True, slots=True)
class Authority:
    """Who asks for it; `checked` is the day on which somebody last looked whether they still do."""

    name: str
    status: Status
    checked: date
    citation: str = ""

    def __str__(self) -> str:
        cited = f", {self.citation}" if self.citation else ""
        return f"{self.name}{cited}: {self.status} (checked {self.checked})"


class Looser(StrEnum):
    """In which direction a parameter lets more pass; for a list, DOWN is fewer of its items."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number, a switch or a list that policy.yaml may set; `least` and `most` bound a number."""

    name: str
    default: Json
    about: str
    looser: Looser
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do, and the YAML (of a release, an environment, a card or a manifest) before and after."""

    advice: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's record; its page is the docstring of its module."""

    id: str
    title: str
    severity: Severity
    default: Strictness
    needs: tuple[Need, ...] = ()
    remedy: Remedy = Remedy("")
    authority: tuple[Authority, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    owner: str = ""
    since: str = "0.1"
    unwaivable: tuple[str, ...] = ()  # environments in which no waiver holds
    fixed: bool = False  # no policy.yaml can make it less strict, and no waiver holds anywhere

    def waivable_in(self, environment: str) -> bool:
        return not self.fixed and environment not in self.unwaivable

    @property
    def waivable(self) -> str:
        """In a few words, whether a waiver may hold."""
        if self.fixed:
            return "never"
        return f"not in {', '.join(self.unwaivable)}" if self.unwaivable else "yes"


@dataclass(frozen=True, slots=True)
class Described:
    """A rule as reports tell of it, whoever has run it: its page, its module, and where it is off."""

    rule: Rule
    page: str
    file: str
    off: tuple[str, ...] = ()  # environments in which it judges nothing
