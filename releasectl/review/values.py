"""A review and a report on drift: plain values that travel between jobs as JSON.

Standard library only: the job that writes the comment reads them and installs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """Something that was `old` and is `new`; an empty text stands for nothing."""

    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A number of the evidence, of the model before and of the model after; None where there is none."""

    what: str
    old: float | None
    new: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """How a model treats people of one group: the share it selects, and of those who should be, how many."""

    trait: str
    name: str
    rows: int
    selected: Measured
    found: Measured


@dataclass(frozen=True, slots=True)
class ReleaseReview:
    """One release file that a pull request adds, changes or removes; `target` is <environment>/<name>.

    `rows` are what was and will be; `sides` names the two models that are measured against each other.
    """

    target: str
    verb: str
    owner: str
    rows: tuple[Row, ...]
    sides: tuple[str, str]
    metrics: tuple[Measured, ...]
    groups: tuple[Group, ...]
    calibration: tuple[
        tuple[float, ...], tuple[float, ...]
    ]  # observed rate per tenth of the score, old and new


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding as a reviewer reads it; `waived` says by whom and until when, or is empty."""

    rule: str
    title: str
    strictness: str
    release: str
    place: str
    message: str
    remedy: str
    waived: str


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is to be said of `where`: what, and what to do about it."""

    where: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Who must approve what a pull request changes, by CODEOWNERS of the base."""

    pattern: str
    owners: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revert:
    """Would `git revert` bring back what was? `verdict` is safe, unsafe, unproven, or not needed."""

    verdict: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Live:
    """What an apply would do to a target, as the cluster stands now."""

    target: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """So many items were too many for the field `what` of a review."""

    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Review:
    """Everything about the difference of two commits; `denied` if it must not be merged as it is.

    `standing` are findings that forbid on the base already, and that the difference has no part in.
    `delta` is what it would change about its judge, `notices` what is to be said of waivers.
    """

    base: str
    head: str
    denied: bool
    releases: tuple[ReleaseReview, ...]
    training: tuple[Row, ...]
    files: tuple[str, ...]
    problems: tuple[Told, ...]
    findings: tuple[Judged, ...]
    standing: tuple[Judged, ...]
    delta: tuple[Told, ...]
    notices: tuple[Told, ...]
    approvals: tuple[Approval, ...]
    revert: Revert
    live: tuple[Live, ...]
    manifests: str
    left_out: tuple[LeftOut, ...] = ()

    def whole(self, what: str) -> int:
        """How many there were before any was left out."""
        kept: tuple[object, ...] = getattr(self, what)
        return len(kept) + sum(each.count for each in self.left_out if each.what == what)


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing that was looked at on schedule; `state` is clean, drift, soon or unknown."""

    subject: str
    state: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """What a look at everything found; `commit` is the one whose files were compared."""

    commit: str
    seen: tuple[Watched, ...]

    @property
    def clean(self) -> bool:
        return all(one.state == "clean" for one in self.seen)
