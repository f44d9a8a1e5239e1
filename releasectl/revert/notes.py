"""What a person should know of a revert though it makes it neither safe nor unsafe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from releasectl.githistory import log, uncommitted
from releasectl.letters import few
from releasectl.model import Missing
from releasectl.past import lock_of, path_of
from releasectl.reading import FOLDERS
from releasectl.revert.values import Move, State, Subject

_JUDGES = ("generators/", "policies/", "releasectl/")


def notes_on(root: Path, subject: Subject, state: State, moves: Sequence[Move]) -> tuple[str, ...]:
    """What else a person should know: of the commit, its releases, the data, the working tree."""
    return (
        *_of_commit(subject),
        *state.notes,
        *(note for move in moves for note in _of_move(root, subject, move)),
        *_of_training(root, state, moves),
        *_of_tree(root),
    )


def _of_commit(subject: Subject) -> Iterator[str]:
    short = subject.commit.short
    if subject.takes_back:
        yield f"{short} took back {subject.takes_back[:12]}: reverting it brings that change in again"
    if subject.mainline is not None:
        yield (
            f"{short} is a merge: `-m {subject.mainline}` keeps that side and takes back what came with the "
            "others; to merge the same branch again, revert this revert first"
        )
    if len(subject.targets) > 1:
        yield f"{short} touches {len(subject.targets)} releases, and they go back together"
    judges = sorted({part for change in subject.touched for part in _JUDGES if change.path.startswith(part)})
    if judges:
        yield f"{short} changes {', '.join(judges)} too; this proof renders and judges with what is there now"


def _of_move(root: Path, subject: Subject, move: Move) -> Iterator[str]:
    if isinstance(move.after, Missing):
        if not isinstance(move.before, Missing):
            yield f"{move.target} is removed: its deployment is deleted, and nothing answers there any more"
    elif move.before == move.after:
        later = log(root, path_of(move.target), revision=f"{subject.commit.id}..HEAD")
        by = f" since {later[0].short} ({later[0].subject})" if later else ""
        yield f"{move.target} is as before already{by}: the revert changes nothing of it"
    elif not move.as_before:
        yield f"the manifest of {move.target} is not byte for byte as it was: its inputs have changed since"


def _of_training(root: Path, state: State, moves: Sequence[Move]) -> Iterator[str]:
    """Reverting a release moves no branch of data: what made the bad model would train again.

    While a release goes on with such a model it is not taken back, only from where this one served it.
    """
    if isinstance(state.repository, Missing):
        return
    for dag in state.repository.dags.values():
        leaving = any(_made_from(root, move.before, dag.training.commit) for move in moves)
        if leaving and not any(
            _made_from(root, release, dag.training.commit) for release in state.repository.releases
        ):
            dataset = f"{dag.training.repo}@{dag.training.commit[:12]}"
            yield (
                f"{dag.training.source.file} still names {dataset}, which made the model that is taken back: "
                "the next `apply pipelines` would train on it"
            )


def _made_from(root: Path, standing: object, commit: str) -> bool:
    model = getattr(standing, "model", None)
    lock = Missing("") if model is None else lock_of(root, model)
    return not isinstance(lock, Missing) and any(upstream.commit == commit for upstream in lock.lineage)


def _of_tree(root: Path) -> Iterator[str]:
    changed = uncommitted(root, *FOLDERS)
    if changed:
        yield f"uncommitted changes are not part of this proof: {few(changed, 1)}"
