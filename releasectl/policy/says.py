"""What a rule says, and the finding that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from releasectl.model import Json, Lock, Missing, Place
from releasectl.policy.limits import Limit
from releasectl.policy.rule import Severity, Strictness


class Seen(NamedTuple):
    """A fact that a rule looked at, and what it wants: a breach if the fact is missing or does not hold.

    `pointer` is one into the release file, `evidence` a path into `lock`, `place` where it stands if that is
    another file. A `mild` breach warns at most, however strict the environment is.
    """

    pointer: str
    what: str
    actual: Json | Missing
    limit: Limit
    mild: bool = False
    remedy: str = ""
    lock: Lock | None = None
    evidence: tuple[str, ...] = ()
    place: Place | None = None

    @property
    def holds(self) -> bool:
        return not isinstance(self.actual, Missing) and self.limit.holds(self.actual)


@dataclass(frozen=True, slots=True)
class Breach:
    """What is wrong in a rule's own words: where in the release (a JSON pointer), what, and what to do."""

    pointer: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """The permission to go on in spite of one finding, for a time."""

    rule: str
    release: str  # <environment>/<name>
    fingerprint: str
    reason: str
    owner: str
    approver: str
    ticket: str
    created: date
    expires: date  # the last day on which it holds
    place: Place = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach with all that a report needs; `release` is <environment>/<name>.

    `evidence` is the place of the offending value in the lock. The fingerprint is the same as long as rule,
    release, place, model and value are. `eased_until`: advice after a rollback denies again from then on.
    `mild`: it warns although the rule denies here, since the rule takes what it found for mild.
    """

    rule: str
    title: str
    severity: Severity
    strictness: Strictness
    place: Place
    message: str
    remedy: str
    environment: str
    release: str
    pointer: str = field(default="", compare=False)
    actual: Json = None
    wanted: str = ""
    evidence: Place | None = None
    fingerprint: str = ""
    waiver: Waiver | None = None
    eased_until: str = ""
    mild: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that failed: a fault of the tool, and no verdict on the release."""

    rule: str
    release: str
    error: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What the owner of a waiver or of a release should know; of a `wrong` one: it is no waiver at all."""

    place: Place
    what: str
    remedy: str
    wrong: bool = False
