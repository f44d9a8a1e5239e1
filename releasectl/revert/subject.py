"""What a revision is, seen as something to take back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from releasectl.errors import InvalidInput, UsageError
from releasectl.githistory import GitCommit, changes, is_ancestor, is_shallow, require_repository, resolve
from releasectl.letters import few
from releasectl.past import target_of
from releasectl.revert.values import Subject

_TAKES_BACK: Final = re.compile(r"This reverts commit ([0-9a-f]{7,64})")


def subject_of(root: Path, revision: str, mainline: int | None = None) -> Subject:
    """Raises if it is unknown, is not part of HEAD, has nothing before it, or touches no release."""
    require_repository(root)
    commit = resolve(root, revision)
    if not is_ancestor(root, commit.id, "HEAD"):
        what = "is not part of HEAD: what is not there cannot be taken back"
        raise InvalidInput.at(_name(commit), what, "check out the branch that has it, or name another commit")
    parent, number = _parent(root, commit, mainline)
    touched = changes(root, parent, commit.id)
    targets = tuple(target for change in touched if (target := target_of(change.path)) is not None)
    if not targets:
        listed = few([change.path for change in touched])
        what = f"touches no release: it changes {listed or 'nothing'}"
        raise InvalidInput.at(_name(commit), what, "name one that does: `git log --oneline -- releases`")
    takes_back = _TAKES_BACK.search(commit.message)
    return Subject(
        commit=commit,
        parent=parent,
        mainline=number,
        takes_back=takes_back[1] if takes_back else None,
        touched=touched,
        targets=targets,
    )


def _parent(root: Path, commit: GitCommit, mainline: int | None) -> tuple[str, int | None]:
    """Of a merge the first parent, unless another is asked for: it is what the branch was before."""
    if not commit.parents:
        if is_shallow(root):
            what = "is the oldest commit of a shallow clone: what was before it is not here"
            raise InvalidInput.at(_name(commit), what, "fetch the rest: `git fetch --unshallow`")
        what = "is the first commit of the repository: reverting it would take everything back"
        raise InvalidInput.at(_name(commit), what, "remove the release files instead, and commit that")
    count = len(commit.parents)
    if count == 1:
        if mainline not in (None, 1):
            raise UsageError.at("--mainline", f"{_name(commit)} is no merge", "leave the option out")
        return commit.parents[0], None
    number = mainline or 1
    if number > count:
        what = f"{_name(commit)} merges {count} lines, there is no number {number}"
        raise UsageError.at("--mainline", what, f"name one from 1 to {count}; 1 is the branch merged into")
    return commit.parents[number - 1], number


def _name(commit: GitCommit) -> str:
    return f"{commit.short} ({commit.subject})"
