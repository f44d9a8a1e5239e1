"""One step of a trial: the release file in its next state, rehearsed whole before anything is written."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from releasectl import releasefile
from releasectl.model import Environment, Release, Repository
from releasectl.past import Standing
from releasectl.propose import Proposal, accept, rehearsed
from releasectl.trial import DIRECT, State, aborted, promoted

Verb = Literal["promote", "abort"]


@dataclass(frozen=True, slots=True)
class Transition:
    """From the release as it is to the one proposed; `diff` is that of the release file."""

    verb: Verb
    old: Release
    proposal: Proposal
    diff: str

    @property
    def new(self) -> Release:
        return self.proposal.release


def transition(verb: Verb, root: Path, repository: Repository, release: Release) -> Transition:
    """Raises InvalidInput if there is nothing to promote or abort, or if what follows would not hold."""
    environment = repository.environments[release.environment]
    state = _STATES[verb](release, environment)
    path = releasefile.path_of(release.environment, release.name)
    before = (root / path).read_bytes().decode()
    after = _text(before, release, state, environment)
    proposal = rehearsed(
        root,
        {path: after},
        environment=release.environment,
        name=release.name,
        before=Standing(release.model, release.strategy),
    )
    return Transition(verb, release, proposal, _diff(path, before, after))


def _text(text: str, release: Release, state: State, environment: Environment) -> str:
    if state.model != release.model:
        text = releasefile.set_model(text, state.model)
    default: Mapping[str, str] = environment.defaults.get("strategy") or {"type": DIRECT}
    return releasefile.set_strategy(text, state.strategy, default["type"])


def _diff(path: str, old: str, new: str) -> str:
    lines: Sequence[str] = tuple(
        difflib.unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{path}", f"b/{path}"
        )
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


_STATES: Mapping[Verb, Callable[[Release, Environment], State]] = {
    "promote": lambda release, environment: promoted(release, environment.canary_steps),
    "abort": lambda release, _: aborted(release),
}


__all__ = ["Transition", "accept", "transition"]
