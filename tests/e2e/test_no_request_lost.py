"""Constant load through the ingress while releases come and go: no request fails, none meets a wrong model.

RELEASECTL_TEST_CYCLES says how often (once; `make bench` has a test of its own); with RELEASECTL_TEST_WALK
every process is killed at every step of an apply, else each at some.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from tests.e2e.forks import Forks
from tests.e2e.stand import COMMAND_SECONDS, Stand, until
from tests.load import Load, Sent, request

pytestmark = pytest.mark.processes
CYCLES = int(os.environ.get("RELEASECTL_TEST_CYCLES", "1"))
WALK = bool(os.environ.get("RELEASECTL_TEST_WALK"))
ENVIRONMENT, TARGET, NAMESPACE = "staging", "staging/income", "creditco-staging"
SERVERS = 5  # executor, model, explainer, two detectors
STEPS = 8  # of an apply that releases another model, as it tells them


@dataclass(frozen=True)
class World:
    """`old` is live; `new` may be released."""

    stand: Stand
    old: str
    new: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, trained: Stand, forks: Forks) -> Iterator[World]:
    stand = Stand(tmp_path_factory.mktemp("stand"), forks)
    try:
        stand.start_as(trained)
        steps(stand, [10])
        old = stand.cluster.data.branches("copy_models")["master"]
        card = stand.root / "pipelines/income/card.yaml"  # another commit of the models, and nothing to train
        card.write_text(card.read_text().replace("limitations:\n", "limitations:\n  - Not for sailors.\n"))
        stand.run("render")
        stand.commit("The card says more")
        stand.run("apply", "pipelines")
        new = stand.cluster.data.branches("copy_models")["master"]
        stand.release(ENVIRONMENT, old)
        stand.run("apply", ENVIRONMENT)
        yield World(stand, old, new)
    finally:
        stand.stop()


def steps(stand: Stand, canary: list[int]) -> None:
    path = stand.root / "environments" / ENVIRONMENT / "environment.yaml"
    document = yaml.safe_load(path.read_text())
    document["promotion"] = {"canary_steps": canary}
    path.write_text(yaml.safe_dump(document, sort_keys=False))


@dataclass
class Timeline:
    """Which models may answer from when on: those of before and after while a change is under way."""

    serving: frozenset[str]
    phases: list[tuple[float, frozenset[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.phases.append((0.0, self.serving))

    @contextmanager
    def change(self, *models: str) -> Iterator[None]:
        self.phases.append((time.monotonic(), self.serving | {*models}))
        yield
        self.serving = frozenset(models)
        self.phases.append((time.monotonic(), self.serving))

    def allowed(self, sent: Sent) -> frozenset[str]:
        """What might serve at some moment between the question and the answer."""
        ends = [*(begun for begun, _ in self.phases[1:]), float("inf")]
        phases = zip(self.phases, ends, strict=True)
        return frozenset().union(
            *(models for (begun, models), end in phases if begun <= sent.done and sent.sent <= end)
        )


def load(stand: Stand) -> Load:
    platform = yaml.safe_load((stand.root / "environments/platforms/sandbox.yaml").read_text())
    row = [39.0, 0.0, 0.0, 0.0, 0.0, 0.0, 40.0]
    url = f"{platform['ingress']}/seldon/{NAMESPACE}/income/v2/models/income/infer"
    return Load(url, request([row], "predict_proba"), rate=200, connections=6)


def test_releases_promotions_and_reverts_lose_no_request(world: World) -> None:
    assert cycles(world, CYCLES)


def cycles(world: World, count: int) -> list[Sent]:
    """What came of every request meanwhile; none may have failed or met a model that was not to serve."""
    stand, old, new = world.stand, world.old, world.new
    timeline = Timeline(frozenset({old}))

    def asked() -> None:
        """Until a request has come that was sent after this moment."""
        now = time.monotonic()
        until(lambda: any(each.sent > now for each in traffic.results[-100:]))

    def applied(*models: str) -> None:
        with timeline.change(*models):
            stand.run("apply", ENVIRONMENT)
            asked()
        asked()

    with load(stand).running() as traffic:
        for _ in range(count):
            stand.run("release", "income", "--env", ENVIRONMENT, "--commit", new, "--strategy", "canary")
            stand.commit("A canary of the new model")
            applied(old, new)
            stand.run("promote", TARGET)
            stand.commit("Promote the new model")
            applied(new)
            stand.git("revert", "--no-edit", "HEAD~2..HEAD")
            applied(old)
    assert [each for each in traffic.results if each.error or each.status != 200] == []
    wrong = [each for each in traffic.results if each.version not in timeline.allowed(each)]
    assert wrong == []
    for (begun, _), (end, _) in pairwise(timeline.phases[1:]):
        assert any(begun <= each.sent <= end for each in traffic.results)
    assert {each.version for each in traffic.results} == {old, new}
    return traffic.results


@dataclass
class Apply:
    """An apply at work, and the lines that it has told so far."""

    process: subprocess.Popen[str]
    told: list[str] = field(default_factory=list)

    def until_step(self, number: int) -> bool:
        """Whether it has come so far; it may have ended before."""
        assert self.process.stderr is not None
        while len(self.told) < number:
            if not (line := self.process.stderr.readline()):
                return False
            if re.match(r"[+~-] ", line) or line.startswith("  "):
                self.told.append(line)
        return True


def pods(stand: Stand, *words: str) -> list[psutil.Process]:
    """Processes of this sandbox whose command line has all of `words`."""
    state, found = str(stand.root / ".sandbox" / "seldon"), []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or ())
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        if alive and state in line and all(word in line for word in words):
            found.append(process)
    return found


VICTIMS: dict[str, Callable[[Stand, Apply], list[Any]]] = {
    "apply": lambda _, apply: [apply.process],
    "operator": lambda stand, _: [stand.service("seldon")],
    "model server": lambda stand, _: pods(stand, "inside/serve.py", "income-default-0-income"),
    "executor": lambda stand, _: pods(stand, "seldon.executor"),
    "traefik": lambda stand, _: pods(stand, "traefik", "--entrypoints"),
    "request logger": lambda stand, _: pods(stand, "seldon.requestlog"),
}
Death = tuple[str, int]  # who dies when an apply has told so many lines
EVERYTHING: list[tuple[Death, ...]] = [((who, step),) for who in VICTIMS for step in range(1, STEPS + 1)]
ONCE_EACH: list[tuple[Death, ...]] = [
    (("traefik", 1), ("apply", 2)),
    (("request logger", 1), ("operator", 3)),
    (("executor", 1), ("model server", 4)),
    (("operator", 1),),
]


def state(stand: Stand) -> Any:
    serving = stand.cluster.serving
    live = serving.deployment(NAMESPACE, "income")
    detectors = {name: each.body for name, each in serving.detectors(NAMESPACE, "income").items()}
    return live.manifest["spec"], detectors, stand.cluster.data.branches("copy_models")[ENVIRONMENT]


def test_whatever_dies_at_any_step_the_end_is_the_same(world: World) -> None:
    """Old to new and back again; whoever dies on the way, the next apply gets there."""
    stand, ends = world.stand, dict[str, Any]()
    ends[world.old] = state(stand)
    for number, deaths in enumerate(EVERYTHING if WALK else ONCE_EACH):
        model = world.new if number % 2 == 0 else world.old
        if number % 2 == 0:
            stand.release(ENVIRONMENT, model)
        else:
            stand.git("revert", "--no-edit", "HEAD")
        apply = Apply(stand.begin("apply", ENVIRONMENT))
        for victim, step in deaths:
            if apply.until_step(step):
                for process in VICTIMS[victim](stand, apply):
                    process.kill()
        apply.process.communicate(timeout=COMMAND_SECONDS)
        assert "not serving yet" not in stand.run("sandbox", "up").err, deaths  # it would have waited in vain
        stand.run("apply", ENVIRONMENT)
        assert ends.setdefault(model, state(stand)) == state(stand), deaths
        assert stand.json("plan", ENVIRONMENT)["changes"] == [], deaths
        (answer,) = load(stand).send(1)
        assert answer.version == model, (deaths, answer)
        until(lambda: len(stand.servers()) == SERVERS)


def test_nothing_of_this_is_left_in_the_log_of_the_operator(world: World) -> None:
    """Deaths are told in a line; a traceback would be a fault of ours."""
    text = Path(world.stand.root, ".sandbox/logs/seldon.log").read_text()
    assert "Traceback" not in text
