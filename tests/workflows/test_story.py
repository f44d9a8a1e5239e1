"""From pull request to cluster and back: the workflow files, from their first to their last step."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import pytest
import yaml

from releasectl import lock as locks
from releasectl.ledger import history
from tests.policy_cases import lock_of, model
from tests.workflows.forge import git
from tests.workflows.github import GitHub
from tests.workflows.house import NAME, TARGET, House, succeeded
from tests.workflows.runner import Run

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("trained")]

NAMESPACE = f"creditco-{TARGET}"


@pytest.fixture(scope="module")
def released(house: House) -> str:
    """Model 1 goes through check, plan, review, merge and apply; returns its commit."""
    pull = house.release()
    as_it_is = {"MAKEFLAGS": "COMPILE=--version"}  # Python compiles what it imports
    succeeded(house.forge.check(pull, "check", installs=True, environment=as_it_is))
    planned = succeeded(house.forge.plan(pull))
    body = house.comment(pull)
    assert body.removeprefix("<!-- releasectl: review -->\n").strip() in planned.summary
    run = house.merged(pull)
    assert run.jobs == dict.fromkeys(("pipelines", "staging", "production"), "success")
    file = house.forge.clone / f"releases/{NAME}.yaml"
    return str(yaml.safe_load(file.read_text())["model"])


def test_a_good_release_serves(house: House, github: GitHub, released: str) -> None:
    assert house.answering() == released
    assert github.states(TARGET)[-2:] == ["in_progress", "success"]
    assert github.statuses[-1]["environment_url"] == "http://127.0.0.1/seldon"
    assert github.deployments[-1]["sha"] == house.forge.main
    assert not [each for each in github.refused if "deployments" in each]


def test_the_comment_says_what_a_reviewer_cares_about(github: GitHub, released: str) -> None:
    body = next(each["body"] for each in github.comments if released in each["body"])
    wanted = (
        "nothing forbids it", "add `staging/income`", "dataset income_data", "roc_auc",
        "How it treats groups",
        "`@creditco/credit-ml` for", "`git revert` is safe", "What changes in the manifests", "```diff",
        "create SeldonDeployment creditco-staging/income",
    )  # fmt: skip
    missing = [words for words in wanted if words not in body.replace("\\", "")]
    assert not missing, body


def test_the_other_job_of_check_runs_the_tests(house: House) -> None:
    """With make told to say what it would run: these tests are part of what that is."""
    house.forge.branch("readme")
    house.change("README.md", "# CreditCo", "# CreditCo's")
    pull = house.propose("Wording")
    run = succeeded(house.forge.check(pull, "test", environment={"MAKEFLAGS": "n"}))
    assert run.said("-m pytest tests/trainers")
    assert run.said("-m pytest tests --ignore=tests/trainers")


def test_images_are_published_when_they_change(house: House, tmp_path: Path) -> None:
    """By a docker that keeps its registry in a folder: there is no daemon here."""
    docker = Path(__file__).with_name("bin")
    environment = {
        "PATH": f"{docker}{os.pathsep}{os.environ['PATH']}",
        "REGISTRY_FOLDER": str(tmp_path),
        "MAKEFLAGS": "n",
    }  # fmt: skip
    first = succeeded(house.forge.trainers(house.forge.main, environment=environment))
    assert first.said("ruff check trainers")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[0].startswith("login registry.example as ")
    assert len([call for call in calls if call.startswith("push registry.example/creditco/")]) == 6
    assert re.search(r"drift: creditco/drift@sha256:[0-9a-f]{64}", first.summary)
    again = succeeded(house.forge.trainers(house.forge.main, environment=environment))
    assert (tmp_path / "calls").read_text().splitlines()[len(calls) :] == [calls[0]]
    assert "Built: none" in again.summary


def test_model_2_fails_the_check(house: House) -> None:
    """CreditCo's second model, by hand: `releasectl release` refuses to write it."""
    house.forge.branch("model-2")
    house.write(locks.path_of(model("v2")), locks.dump(lock_of("v2")))
    text = f"name: income\nowner: credit-ml\nmodel: {model('v2')}\n"
    house.write("releases/production/income.yaml", text)
    house.run("render")
    pull = house.propose("Release income 2 to production")
    own = house.forge.check(pull, "check", environment={"MAKEFLAGS": "n"})  # the base's rules, not the style
    planned = house.forge.plan(pull)
    assert not own.ok
    assert planned.jobs == {"judge": "failure", "comment": "success"}
    body = house.comment(pull).replace("\\", "")
    assert "must not be merged" in body
    rules = set(re.findall(r"❌ \*\*([A-Z]+-\d+)\*\*", body))
    assert len(rules) >= 5
    assert {"FAIR-001", "LEAK-001", "DUP-001"} <= rules
    assert not [rule for rule in rules if rule not in own.log]


def test_one_comment_updated_in_place_and_hidden_when_outdated(house: House, github: GitHub) -> None:
    house.forge.branch("twice")
    house.change("README.md", "# CreditCo", "# CreditCo!")
    pull = house.propose("Twice")
    succeeded(house.forge.plan(pull))
    github.says(pull.number, "mallory", "<!-- releasectl: review -->\nall is well")
    house.change("README.md", "# CreditCo!", "# CreditCo?")
    house.forge.commit("Again")
    git(house.forge.clone, "push", "-q", "origin", "HEAD")
    pull = house.forge.pushed(pull)
    succeeded(house.forge.plan(pull, "synchronize"))
    assert pull.head[:12] in house.comment(pull)
    assert [each["body"] for each in github.comments if each["user"]["login"] == "mallory"][-1].endswith(
        "well"
    )
    git(
        house.forge.origin, "update-ref", "-d", f"refs/pull/{pull.number}/merge"
    )  # it conflicts with main now
    assert house.forge.plan(pull, "synchronize").jobs == {"judge": "failure", "comment": "success"}
    assert github.visible(pull.number) == []


def test_the_merge_queue_is_judged_as_well(house: House) -> None:
    house.forge.branch("queued")
    house.change("README.md", "# CreditCo", "# CreditCo:")
    pull = house.propose("Queued")
    run = succeeded(house.forge.queued(pull))
    assert run.jobs["judge"] == "success"


def test_a_revert_rolls_back_and_two_pushes_apply_in_order(house: House, released: str) -> None:
    """A newer model serves; then its revert and another push come at once."""
    house.forge.branch("card")
    house.change("pipelines/income/card.yaml", "limitations:\n", "limitations:\n  - Not for self-employed.\n")
    house.run("render")
    house.merged(house.propose("The card says more"))
    merged = house.forge.merge(house.release())
    succeeded(house.forge.apply(merged))
    newer = house.answering()
    assert newer != released

    house.forge.branch("revert")
    git(house.forge.clone, "revert", "--no-edit", merged)
    back = house.forge.open("Roll income back")
    succeeded(house.forge.plan(back))
    assert "`git revert` is safe" in house.comment(back)
    house.forge.branch("docs")
    house.change("README.md", "# CreditCo", "# The CreditCo")
    docs = house.propose("Wording")
    pushes = [house.forge.merge(back), house.forge.merge(docs)]
    runs = at_once(house, pushes)
    assert [run.ok for run in runs] == [True, True]
    assert house.answering() == released
    records = history(house.stand.cluster.data, TARGET)
    assert [record.git_commit for record in records[:2]] == [pushes[0], merged]

    repeated = house.forge.apply(merged)
    assert not repeated.ok
    assert repeated.said("which comes after it")
    assert house.answering() == released


def at_once(house: House, commits: list[str]) -> list[Run]:
    """GitHub's queue: the runs of a concurrency group one after the other, in the order of their pushes."""
    source = house.forge.checkout(commits[0]) / ".github/workflows/apply.yml"
    queue = yaml.safe_load(source.read_text())["concurrency"]
    assert queue == {"group": "apply", "cancel-in-progress": False, "queue": "max"}
    turns = [threading.Event() for _ in [*commits, None]]
    turns[0].set()
    runs: dict[int, Run] = {}

    def wait_and_run(number: int) -> None:
        turns[number].wait(600)
        try:
            runs[number] = house.forge.apply(commits[number])
        finally:
            turns[number + 1].set()

    threads = [threading.Thread(target=wait_and_run, args=(number,)) for number in range(len(commits))]
    for thread in reversed(threads):
        thread.start()
    for thread in threads:
        thread.join()
    return [runs[number] for number in range(len(commits))]


def test_drift_is_told_and_gone_after_the_next_apply(house: House, github: GitHub, released: str) -> None:
    serving = house.stand.cluster.serving
    found = serving.deployment(NAMESPACE, "income")
    manifest = {key: value for key, value in found.manifest.items() if key != "status"}
    manifest["spec"]["predictors"][0]["labels"]["edited"] = "by hand"
    serving.update(NAMESPACE, manifest)
    succeeded(house.forge.drift())
    (issue,) = (each for each in github.issues if each["state"] == "open")
    assert "plan staging" in issue["body"]
    assert "update SeldonDeployment creditco-staging/income" in issue["body"].replace("\\", "")
    succeeded(house.forge.apply(house.forge.main))
    assert house.answering() == released
    succeeded(house.forge.drift())
    assert [each["state"] for each in github.issues] == ["closed"]
