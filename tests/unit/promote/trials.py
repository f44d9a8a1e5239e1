"""A repository with model 1 in production, and the steps of a trial in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from releasectl.promote import Transition, accept, transition
from releasectl.propose import propose
from releasectl.render import check, render, write
from tests.builder import CANDIDATE, FEATURES, MODEL, Mini, build, commit_id, make_lock

PATH = "releases/production/income.yaml"
OTHER = commit_id("model 3")


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    mini = build(tmp_path)
    mini.lock(CANDIDATE)
    write(mini.root, render(mini.load()))
    return mini


def text(mini: Mini) -> str:
    return (mini.root / PATH).read_text()


def strategy(mini: Mini) -> dict[str, Any]:
    (release,) = mini.load().releases_in("production")
    chosen = release.strategy
    share = chosen.mirror if chosen.type == "shadow" else chosen.traffic
    return {"model": release.model, "type": chosen.type, "candidate": chosen.candidate, "share": share}


def state(
    kind: str, share: int | None, model: str = MODEL, candidate: str | None = CANDIDATE
) -> dict[str, Any]:
    return {"model": model, "type": kind, "candidate": candidate, "share": share}


def begin(mini: Mini, kind: str, commit: str = CANDIDATE, features: Any = FEATURES) -> None:
    lock = make_lock(commit, features=features)
    proposal = propose(
        mini.root, environment="production", name="income", lock=lock, owner=None, strategy=kind
    )
    accept(mini.root, proposal)


def step(mini: Mini, verb: Any = "promote") -> Transition:
    repository = mini.load()
    (release,) = repository.releases_in("production")
    found = transition(verb, mini.root, repository, release)
    accept(mini.root, found.proposal)
    check(mini.root, render(mini.load()))
    return found
