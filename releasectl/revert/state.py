"""The state after a revert: text taken back, conflicts settled, locks where they are needed, rendered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from releasectl import lock as locks
from releasectl.errors import InvalidInput, Problem
from releasectl.githistory import changes, content, log
from releasectl.letters import few
from releasectl.load import load
from releasectl.model import CommitId, Missing, Rendered, Repository
from releasectl.past import read, target_of
from releasectl.render import render, write
from releasectl.revert.conflicts import is_generated, keep, put, settle
from releasectl.revert.scratch import Scratch
from releasectl.revert.values import Conflict, State, Subject
from releasectl.revocation import FILE as REVOKED


def state_after(scratch: Scratch, subject: Subject, *, now: datetime) -> State:
    """Leaves the tree of `scratch` in that state. Where a conflict stays open, the rest is not computed."""
    unmerged = scratch.revert(subject.commit.id, subject.mainline)
    text_only = None if unmerged else scratch.tree()
    conflicts = settle(scratch, subject, unmerged)
    open_ones = tuple(
        _open(conflict, subject) for conflict in conflicts if isinstance(conflict.resolved, Missing)
    )
    if open_ones:
        return State(conflicts, open_ones, (), Missing("a conflict is open"), (), "", plain=False)
    notes = [*_kept_revocations(scratch), *_kept_locks(scratch)]
    try:
        repository = load(scratch.root, now=now)
        rendered = render(repository)
    except InvalidInput as error:
        return _failed(conflicts, error.problems, notes)
    notes += _drift(scratch, rendered, conflicts)
    return _whole(scratch, conflicts, notes, repository, rendered, text_only)


def _whole(
    scratch: Scratch,
    conflicts: tuple[Conflict, ...],
    notes: list[str],
    repository: Repository,
    rendered: tuple[Rendered, ...],
    text_only: str | None,
) -> State:
    return State(
        conflicts=conflicts,
        problems=(),
        notes=tuple(notes),
        repository=repository,
        rendered=rendered,
        patch=scratch.patch(),
        plain=text_only is not None and scratch.tree() == text_only,
    )


def _failed(conflicts: tuple[Conflict, ...], problems: tuple[Problem, ...], notes: list[str]) -> State:
    reason = Missing("the files would not be valid")
    return State(conflicts, problems, tuple(notes), reason, (), "", plain=False)


def _open(conflict: Conflict, subject: Subject) -> Problem:
    later = ", ".join(f"{commit.short} ({commit.subject})" for commit in conflict.later) or "a later commit"
    reason = conflict.resolved.reason if isinstance(conflict.resolved, Missing) else ""
    what = f"{later} changed it after {subject.commit.short}: {reason}"
    newest = " ".join(commit.short for commit in conflict.later)
    remedy = f"revert what came later first: `git revert {newest} {subject.commit.short}`"
    if target_of(conflict.path) is not None:
        remedy += ", or name the commit that should serve with `releasectl release`"
    return Problem(conflict.path, what, remedy)


def _kept_revocations(scratch: Scratch) -> Iterator[str]:
    """A revert must not bring back what was revoked, least of all by reverting the revocation."""
    file = scratch.root / REVOKED
    text = file.read_bytes() if file.is_file() else None
    if text != content(scratch.root, "HEAD", REVOKED):
        keep(scratch, REVOKED)
        yield f"{REVOKED} stays as it is in HEAD: a revert takes no revocation back"


def _kept_locks(scratch: Scratch) -> Iterator[str]:
    """Every model that a release names needs its lock, whoever added or removed it first."""
    for model, path in sorted(_named(scratch)):
        lock = locks.path_of(model)
        if not (scratch.root / lock).is_file() and (text := _last_text(scratch, lock)) is not None:
            put(scratch, lock, text)
            yield f"{lock} is kept, because {path} needs it: a revert of the text alone would lack it"


def _named(scratch: Scratch) -> Iterator[tuple[CommitId, str]]:
    for file in scratch.root.glob("releases/*/*.yaml"):
        path = file.relative_to(scratch.root).as_posix()
        if target_of(path) is not None:
            standing = read(file.read_bytes(), None, path)
            for commit in () if isinstance(standing, Missing) else standing.commits:
                yield commit, path


def _last_text(scratch: Scratch, path: str) -> bytes | None:
    """As HEAD has it, else as it was before it was removed."""
    text = content(scratch.root, "HEAD", path)
    if text is not None:
        return text
    for past in log(scratch.root, path):
        for change in changes(scratch.root, past.parents[0] if past.parents else None, past.id, path):
            return content(scratch.root, past.parents[0] if change.status == "D" else past.id, path)
    return None


def _drift(
    scratch: Scratch, rendered: tuple[Rendered, ...], conflicts: tuple[Conflict, ...]
) -> Iterator[str]:
    """Generated text that was taken back as text may not be what is generated today."""
    changed = write(scratch.root, rendered)
    told = {conflict.path for conflict in conflicts}
    drifted = [path for path in changed if path not in told and is_generated(path)]
    if drifted:
        yield f"rendered anew, because the text alone is not what the generators make: {few(drifted)}"
