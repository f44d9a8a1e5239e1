"""Keeps an old run of CI from taking the cluster back: what came later was applied already."""

from __future__ import annotations

from pathlib import Path

from releasectl.errors import InvalidInput
from releasectl.git import Revision
from releasectl.githistory import is_ancestor
from releasectl.ledger import latest
from releasectl.model import Missing
from releasectl.ports import VersionedData


def require_order(root: Path, target: str, revision: Revision, data: VersionedData) -> None:
    """Raise if the commit applied last comes after this one; `git revert` is the way back, not an old run."""
    last = latest(data, target)
    if isinstance(last, Missing) or isinstance(revision.commit, Missing):
        return
    applied = last.git_commit
    if isinstance(applied, Missing) or applied == revision.commit:
        return
    if is_ancestor(root, revision.commit, applied):
        when = f"applied by {last.author}, {last.started:%F %R}"
        what = f"{target} has {applied[:12]}, which comes after it ({when})"
        raise InvalidInput.at(
            f"commit {revision.commit[:12]}", what, "apply the newer commit, or `git revert` and apply that"
        )
