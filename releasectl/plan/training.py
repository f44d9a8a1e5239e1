"""Checks that the dataset commit of a training.yaml can train, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.errors import Problem
from releasectl.model import Missing, Training
from releasectl.ports import VersionedData


def training_problems(training: Training, data: VersionedData) -> Iterator[Problem]:
    """Why a named dataset cannot train: unknown, still open, or failed."""
    place = str(training.source.place("/commit"))
    push = f"releasectl data push FILE --repo {training.repo} --train"
    state = data.commit(training.repo, training.commit)
    # An id that a repository lacks resolves to its commit of the same commit set: compare what comes back.
    if isinstance(state, Missing) or state.commit != training.commit:
        yield _unknown(place, push, training, data)
    elif not state.finished:
        what = f"commit {training.commit} of {training.repo} is still open"
        yield Problem(place, what, f"wait until it is finished, or push the data again with `{push}`")
    elif state.error:
        what = f"commit {training.commit} of {training.repo} failed: {state.error}"
        yield Problem(place, what, f"push repaired data with `{push}`, which names it here")


def _unknown(place: str, push: str, training: Training, data: VersionedData) -> Problem:
    for repo in sorted(set(data.repos()) - {training.repo}):
        state = data.commit(repo, training.commit)
        if not isinstance(state, Missing) and state.commit == training.commit:
            what = f"commit {training.commit} belongs to {repo}, not to {training.repo}"
            return Problem(
                place,
                what,
                f"name a commit of {training.repo}: `releasectl data list --repo {training.repo}`",
            )
    what = f"Pachyderm has no commit {training.commit} in {training.repo}"
    remedy = f"push the data with `{push}`, which writes its commit here"
    return Problem(place, what, remedy)
