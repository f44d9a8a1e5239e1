"""Apply against real processes: models that answer, failures that explain themselves, deaths survived."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from releasectl.ledger import history
from tests.e2e.forks import Forks
from tests.e2e.stand import COMMAND_SECONDS, ROWS, Stand, until

pytestmark = pytest.mark.processes

ENVIRONMENT = "staging"


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory, trained: Stand, forks: Forks) -> Iterator[Stand]:
    """A model is trained on a thousand rows and serves in staging."""
    found = Stand(tmp_path_factory.mktemp("stand"), forks)
    try:
        found.start_as(trained)
        found.release(ENVIRONMENT)
        found.run("apply", ENVIRONMENT)
        yield found
    finally:
        found.stop()


def jobs(stand: Stand) -> dict[str, int]:
    data = stand.cluster.data
    return {name: len(data.jobs(name)) for name in data.pipelines()}


def versions(stand: Stand) -> dict[str, int]:
    return {name: state.version for name, state in stand.cluster.data.pipelines().items()}


def live(stand: Stand):
    """The object and the detectors that are live, without what the server counts."""
    serving = stand.cluster.serving
    deployment = serving.deployment(f"creditco-{ENVIRONMENT}", "income")
    detectors = serving.detectors(f"creditco-{ENVIRONMENT}", "income")
    annotations = dict(deployment.manifest["metadata"]["annotations"])
    del annotations["releasectl/git-commit"]
    bodies = {name: detector.body for name, detector in detectors.items()}
    head = stand.cluster.data.branches("copy_models")[ENVIRONMENT]
    return deployment.manifest["spec"], annotations, bodies, head


def answering(stand: Stand) -> str:
    """The model commit that answers a prediction."""
    file = stand.root / ".sandbox" / "data.csv"
    found = stand.json("predict", f"{ENVIRONMENT}/income", "--csv", str(file), "--limit", "1")
    return str(found["model_version"])


def settled(stand: Stand, *targets: str) -> None:
    """What is live is what is wanted."""
    for target in targets:
        assert stand.json("plan", target)["changes"] == []


def matched(stand: Stand, *targets: str) -> None:
    """And by every link from the release to an answer."""
    settled(stand, *targets)
    for target in targets:
        stand.run("verify", target)


def test_everything_matches_and_the_model_answers(stand: Stand) -> None:
    matched(stand, "pipelines", ENVIRONMENT)
    assert answering(stand) == stand.json("status", ENVIRONMENT)["targets"][0]["releases"][0]["live"]


def test_a_second_apply_writes_nothing_and_restarts_nothing(stand: Stand) -> None:
    before = jobs(stand), versions(stand), stand.servers(), stand.cluster.data.branches("deployments")
    stand.commit("an empty commit")
    for target in ("pipelines", ENVIRONMENT):
        assert stand.json("apply", target)["result"] == "unchanged"
    after = jobs(stand), versions(stand), stand.servers(), stand.cluster.data.branches("deployments")
    assert after == before


def test_bad_data_fails_in_its_own_words_and_the_old_model_serves_on(stand: Stand, lines) -> None:
    good = (stand.root / "pipelines/income/training.yaml").read_text()
    rich, servers = answering(stand), stand.servers()
    poor = [lines["v1"][0], *(line for line in lines["v1"][1:2000] if line.endswith("<=50K"))]
    stand.push(poor, "poor.csv", "--train")
    failed = stand.run("apply", "pipelines", code=5)
    assert "have income '<=50K'" in failed.err
    assert "job income_training@" in failed.err
    counted = jobs(stand)
    again = stand.run("apply", "pipelines", code=5)
    assert "have income '<=50K'" in again.err
    assert jobs(stand) == counted
    assert (answering(stand), stand.servers()) == (rich, servers)
    (stand.root / "pipelines/income/training.yaml").write_text(good)
    stand.run("apply", "pipelines")
    settled(stand, "pipelines", ENVIRONMENT)
    results = [record.result for record in history(stand.cluster.data, "pipelines")[:2]]
    assert results == ["applied", "failed"]


def test_a_lock_that_differs_from_pachyderm_is_refused(stand: Stand) -> None:
    lock = next((stand.root / "releases/models").glob("*.yaml"))
    text = lock.read_text()
    try:
        lock.write_text(text.replace("accuracy: 0.", "accuracy: 0.9", 1))
        assert "edited" in stand.run("apply", ENVIRONMENT, code=3).err
    finally:
        lock.write_text(text)
    settled(stand, ENVIRONMENT)


def test_an_edit_by_hand_is_found_and_put_right(stand: Stand) -> None:
    before = live(stand)
    serving, namespace = stand.cluster.serving, f"creditco-{ENVIRONMENT}"
    manifest = serving.deployment(namespace, "income").manifest
    edited = {key: value for key, value in manifest.items() if key != "status"}
    edited["spec"]["predictors"][0].pop("explainer")
    serving.update(namespace, edited)
    detector = serving.detectors(namespace, "income")["income-drift"]
    serving.delete_detector(namespace, "income", detector)
    assert stand.run("verify", ENVIRONMENT, code=11)
    stand.run("apply", ENVIRONMENT)
    assert live(stand) == before
    stand.run("verify", ENVIRONMENT)


def test_two_applies_at_once(stand: Stand) -> None:
    """The one that comes second is told who is at work, or waits for its turn."""
    serving, namespace = stand.cluster.serving, f"creditco-{ENVIRONMENT}"
    serving.delete_detector(namespace, "income", serving.detectors(namespace, "income")["income-drift"])
    with stand.no_server_starts():  # so that the first is at work until the others have looked
        first = stand.begin("apply", ENVIRONMENT)
        card = stand.root / ".git" / "releasectl" / f"{ENVIRONMENT}.holder.json"
        until(lambda: card.exists() and card.read_text())
        holder = f"(process {first.pid}) since "
        assert holder in stand.run("apply", ENVIRONMENT, code=6).err
        second = stand.begin("apply", ENVIRONMENT, "--wait", "120", "--format", "json")
        assert second.stderr is not None
        assert holder in second.stderr.readline()
    first.communicate(timeout=COMMAND_SECONDS)
    out, told = second.communicate(timeout=COMMAND_SECONDS)
    assert (first.returncode, second.returncode) == (0, 0), told
    assert json.loads(out)["result"] == "unchanged"


def test_deaths_at_any_moment_of_a_training_and_a_release(stand: Stand, lines) -> None:
    """pachd's, of which apply tells, and those of apply, again and again; then a release, and back."""
    before, old = live(stand), answering(stand)
    stand.push(lines["v3"][: ROWS + 1], "newer.csv", "--train")
    stand.commit("Train on newer rows")
    begun = jobs(stand)["income_training"]
    process = stand.begin("apply", "pipelines")
    until(lambda: jobs(stand)["income_training"] > begun)  # the first of six that the apply waits for
    stand.service("pachd").kill()
    _, told = process.communicate(timeout=COMMAND_SECONDS)
    assert process.returncode == 4, told
    assert "pachd" in told
    stand.run("sandbox", "up")
    kill_often(stand, "pipelines", random.Random(7), until_seconds=6)
    stand.run("apply", "pipelines")
    matched(stand, "pipelines")
    released = stand.release(ENVIRONMENT)
    kill_often(stand, ENVIRONMENT, random.Random(11), until_seconds=6)
    stand.run("apply", ENVIRONMENT)
    matched(stand, ENVIRONMENT)
    assert answering(stand) != old
    assert live(stand) != before
    stand.git("revert", "--no-edit", released)
    stand.run("apply", ENVIRONMENT)
    matched(stand, ENVIRONMENT)
    assert live(stand) == before
    assert answering(stand) == old


def kill_often(stand: Stand, target: str, chance: random.Random, until_seconds: float) -> None:
    """Kill applies of growing age, until one is old enough to have got anywhere."""
    age = 0.3
    while age < until_seconds:
        process = stand.begin("apply", target)
        time.sleep(min(age * chance.uniform(0.8, 1.2), 0.9))
        deadline = time.monotonic() + age - 0.9
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.05)
        process.kill()
        process.communicate()
        age *= 2.2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_recorded_and_gone_on_from(stand: Stand, number: signal.Signals) -> None:
    serving, namespace = stand.cluster.serving, f"creditco-{ENVIRONMENT}"
    serving.delete_detector(namespace, "income", serving.detectors(namespace, "income")["income-outlier"])
    with stand.no_server_starts():  # so that it waits for one
        process = stand.begin("apply", ENVIRONMENT)
        until(lambda: "income-outlier" in serving.detectors(namespace, "income"))
        process.send_signal(number)
        _, said = process.communicate(timeout=COMMAND_SECONDS)
    assert process.returncode == 130
    assert said.endswith("interrupted: repeat the command to go on from here\n")
    assert history(stand.cluster.data, ENVIRONMENT)[0].result == "interrupted"
    stand.run("apply", ENVIRONMENT)
    assert history(stand.cluster.data, ENVIRONMENT)[0].result == "applied"
    settled(stand, ENVIRONMENT)


def test_the_history_is_in_pachyderm(stand: Stand) -> None:
    records = history(stand.cluster.data, ENVIRONMENT)
    assert records[-1].result == "applied"
    assert records[-1].models.keys() == {"income"}
    assert all(Path(record.path).parts[1] == ENVIRONMENT for record in records)
