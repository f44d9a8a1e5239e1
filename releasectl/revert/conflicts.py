"""What becomes of a file in conflict: rendered anew, kept, or computed by field; else a person decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from generators.schemas import ENVIRONMENT_SCHEMA, RELEASE_SCHEMA
from releasectl.githistory import content, log
from releasectl.model import Missing
from releasectl.past import target_of
from releasectl.revert.fields import Texts, taken_back
from releasectl.revert.scratch import Scratch
from releasectl.revert.values import Conflict, Subject
from releasectl.revocation import FILE as REVOKED

_GENERATED: Final = re.compile(r"(environments|pipelines)/[^/]+/rendered/[^/]+\.yaml")
_TRAINING: Final = re.compile(r"pipelines/[^/]+/training\.yaml")
_LOCK: Final = re.compile(r"releases/models/[0-9a-f]{32}\.yaml")


def is_generated(path: str) -> bool:
    """Whether the file is written by `render`."""
    return _GENERATED.fullmatch(path) is not None or path in (RELEASE_SCHEMA, ENVIRONMENT_SCHEMA)


def settle(scratch: Scratch, subject: Subject, paths: Sequence[str]) -> tuple[Conflict, ...]:
    """Every conflict with its outcome; those that have one are gone from the tree of `scratch`."""
    return tuple(_settled(scratch, subject, path) for path in paths)


def keep(scratch: Scratch, path: str) -> None:
    """The file as it is in HEAD, or none if HEAD has none."""
    text = content(scratch.root, "HEAD", path)
    put(scratch, path, text)


def put(scratch: Scratch, path: str, text: bytes | None) -> None:
    """Write a file of the scratch tree, or remove it."""
    file = scratch.root / path
    if text is None:
        file.unlink(missing_ok=True)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)


def _settled(scratch: Scratch, subject: Subject, path: str) -> Conflict:
    later = log(scratch.root, path, revision=f"{subject.commit.id}..HEAD")
    for fits, outcome in _OUTCOMES:
        if fits(path):
            return Conflict(path, later, outcome(scratch, subject, path))
    keep(scratch, path)
    return Conflict(path, later, Missing("git cannot merge it, and only a person knows what it should say"))


def _render(scratch: Scratch, _: Subject, path: str) -> str:
    keep(scratch, path)
    return "it is generated: rendered anew from the files that are not"


def _hold(scratch: Scratch, _: Subject, path: str) -> str:
    keep(scratch, path)
    return "it stays as it is: a revert takes no revocation back, and changes no lock"


def _field_by_field(scratch: Scratch, subject: Subject, path: str) -> str | Missing:
    texts = Texts(
        after=content(scratch.root, subject.commit.id, path),
        before=content(scratch.root, subject.parent, path),
        now=content(scratch.root, "HEAD", path),
    )
    found = taken_back(texts, path)
    if isinstance(found, Missing):
        keep(scratch, path)
        return found
    put(scratch, path, found.encode())
    return "computed field by field: what the commit set is as before, what later commits set stays"


Outcome = Callable[[Scratch, Subject, str], str | Missing]
_OUTCOMES: Sequence[tuple[Callable[[str], bool], Outcome]] = (
    (is_generated, _render),
    (lambda path: path == REVOKED or _LOCK.fullmatch(path) is not None, _hold),
    (lambda path: target_of(path) is not None or _TRAINING.fullmatch(path) is not None, _field_by_field),
)
