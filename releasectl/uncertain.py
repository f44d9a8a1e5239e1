"""Revocations that stop less than whoever wrote them may think: told, as nothing is refused for it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from releasectl.model import Repository
from releasectl.policy import Notice
from releasectl.revocation import data_of

ALIKE = 0.8  # of two commits: so many digits are the same by mistake, not by chance


def uncertain(repository: Repository) -> Iterator[Notice]:
    """Revocations that stop nothing, or whose bytes only locks tell: a shallow clone has not all of them."""
    yield from _unknown(repository)
    for each in repository.revoked:
        if each.digests and not each.sha256:
            what = f"{each.commit} is revoked, and only locks tell its bytes, and git those of old ones"
            yield Notice(each.place, what, f"add `sha256: {min(each.digests)}` to the entry")


def _unknown(repository: Repository) -> Iterator[Notice]:
    """Commits that nothing here names: one digit wrong, and a revocation revokes nothing."""
    nameless = [each for each in repository.revoked if not each.digests and not each.models]
    if not nameless:
        return
    known = {dag.training.commit for dag in repository.dags.values()}
    for lock in repository.locks.values():
        known |= {lock.commit, *(each.commit for each in lock.lineage), *(data[0] for data in data_of(lock))}
    for each in nameless:
        if each.commit not in known:
            near = get_close_matches(each.commit, known, 1, ALIKE)
            what = f"{each.commit} is revoked, and no lock and no training.yaml knows it: it stops nothing"
            copy = "copy all its digits; if it is of what never served here, all is well"
            yield Notice(each.place, what, f"did you mean `{near[0]}`?" if near else copy)
