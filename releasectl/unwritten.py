"""Where a reader finds what a refused proposal was judged by: its lock, never written, quotes Pachyderm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from releasectl import lock as locks
from releasectl.evidence import KINDS
from releasectl.gather import SCHEMA
from releasectl.model import Lock, Place
from releasectl.policy import Finding
from releasectl.propose import Proposal
from releasectl.render import on_disk


def as_pachyderm_has_it(root: Path, proposal: Proposal) -> Proposal:
    """The proposal with findings that name the commit's own files, not lines of a lock that nobody has."""
    lock = proposal.lock
    path = locks.path_of(lock.commit)
    if lock.source is None or proposal.files.get(path) in (None, on_disk(root, path)):
        return proposal
    pointers = {place: pointer for pointer, place in lock.source.places.items()}
    return replace(proposal, findings=[_moved(each, lock, path, pointers) for each in proposal.findings])


def _moved(finding: Finding, lock: Lock, path: str, pointers: Mapping[Place, str]) -> Finding:
    seen = finding.evidence
    if seen is None or seen.file != path:
        return finding
    return replace(finding, evidence=Place(_in_commit(lock, pointers.get(seen, ""))))


def _in_commit(lock: Lock, pointer: str) -> str:
    """The file that a part of the lock was read from; the commit where that is Pachyderm's own word."""
    commit = f"{lock.repo}@{lock.commit}"
    match pointer.split("/")[1:]:
        case ["evidence", kind, *_] if kind in KINDS:
            return f"{commit}:{lock.path}/evidence/{KINDS[kind]}"
        case ["features", *_]:
            return f"{commit}:{lock.path}/{SCHEMA}"
        case _:
            return commit
