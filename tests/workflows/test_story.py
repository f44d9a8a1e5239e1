"""From pull request to cluster and back: the workflow files, from their first to their last step."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from releasectl import lock as locks
from releasectl.ledger import history
from tests.e2e.conftest import forks, lines, trained
from tests.e2e.stand import Stand
from tests.policy_cases import lock_of, model
from tests.workflows.forge import PullRequest, git
from tests.workflows.github import GitHub
from tests.workflows.house import NAME, TARGET, House, built, succeeded
from tests.workflows.runner import PATH, Run, known

pytestmark = pytest.mark.processes

NAMESPACE = f"creditco-{TARGET}"
__all__ = ["forks", "lines", "trained"]  # the fixtures of the end-to-end tests: one training for all of them


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, trained: Stand) -> Iterator[House]:
    with built(tmp_path_factory.mktemp("house"), trained) as found:
        yield found


@pytest.fixture(scope="module")
def good(house: House) -> PullRequest:
    """Model 1, as `releasectl release` proposes it."""
    return house.release()


@pytest.fixture(scope="module")
def released(house: House, good: PullRequest) -> str:
    """Model 1 goes through plan, review, merge and apply; returns its commit."""
    planned = succeeded(house.forge.plan(good))
    body = house.comment(good)
    assert body.removeprefix("<!-- releasectl: review -->\n").strip() in planned.summary
    run = house.merged(good)
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
        "PATH": f"{docker}{os.pathsep}{PATH}",
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


@pytest.fixture(scope="module")
def refused(house: House) -> tuple[PullRequest, Run]:
    """CreditCo's second model, by hand: `releasectl release` refuses to write it."""
    house.forge.branch("model-2")
    house.write(locks.path_of(model("v2")), locks.dump(lock_of("v2")))
    text = f"name: income\nowner: credit-ml\nmodel: {model('v2')}\n"
    house.write("releases/production/income.yaml", text)
    house.run("render")
    pull = house.propose("Release income 2 to production")
    return pull, house.forge.plan(pull)


def test_model_2_fails_the_check(house: House, refused: tuple[PullRequest, Run]) -> None:
    pull, planned = refused
    own = house.forge.check(pull, "check", environment={"MAKEFLAGS": "n"})  # the base's rules, not the style
    assert not own.ok
    assert planned.jobs == {"judge": "failure", "comment": "success"}
    body = house.comment(pull).replace("\\", "")
    assert "must not be merged" in body
    rules = set(re.findall(r"❌ \*\*([A-Z]+-\d+)\*\*", body))
    assert len(rules) >= 5
    assert {"FAIR-001", "LEAK-001", "DUP-001"} <= rules
    assert not [rule for rule in rules if rule not in own.log]


def test_one_comment_updated_in_place_and_hidden_when_outdated(
    house: House, github: GitHub, refused: tuple[PullRequest, Run]
) -> None:
    pull, _ = refused
    first = house.comment(pull)
    assert pull.head[:12] in first
    github.says(pull.number, "mallory", "<!-- releasectl: review -->\nall is well")
    git(house.forge.clone, "checkout", "-q", "-f", pull.branch)
    house.change("README.md", "# CreditCo", "# CreditCo?")
    house.forge.commit("Again")
    git(house.forge.clone, "push", "-q", "origin", "HEAD")
    pull = house.forge.pushed(pull)
    assert house.forge.plan(pull, "synchronize").jobs == {"judge": "failure", "comment": "success"}
    assert pull.head[:12] in house.comment(pull)
    assert first not in [each["body"] for each in github.comments]
    theirs = [each["body"] for each in github.comments if each["user"]["login"] == "mallory"]
    assert theirs[-1].endswith("well")
    merge = f"refs/pull/{pull.number}/merge"
    git(house.forge.origin, "update-ref", "-d", merge)  # it conflicts with main now
    assert house.forge.plan(pull, "synchronize").jobs == {"judge": "failure", "comment": "success"}
    assert github.visible(pull.number) == []


def test_the_merge_queue_is_judged_as_well(house: House) -> None:
    house.forge.branch("queued")
    house.change("README.md", "# CreditCo", "# CreditCo:")
    pull = house.propose("Queued")
    run = succeeded(house.forge.queued(pull))
    assert run.jobs["judge"] == "success"


@pytest.fixture(scope="module")
def drifted(house: House, released: str) -> dict[str, Any]:
    """Somebody edits what serves; the issue that this opens, as it was then."""
    assert released
    serving = house.stand.cluster.serving
    found = serving.deployment(NAMESPACE, "income")
    manifest = {key: value for key, value in found.manifest.items() if key != "status"}
    manifest["spec"]["predictors"][0]["labels"]["edited"] = "by hand"
    serving.update(NAMESPACE, manifest)
    succeeded(house.forge.drift())
    (issue,) = house.github.issues
    return dict(issue)


@pytest.fixture(scope="module")
def applied(house: House, drifted: dict[str, Any]) -> Run:
    """The next merge: the card says more, so the evidence is made anew, which gives a newer model commit."""
    assert drifted
    house.forge.branch("card")
    house.change("pipelines/income/card.yaml", "limitations:\n", "limitations:\n  - Not for self-employed.\n")
    house.run("render")
    return house.merged(house.propose("The card says more"))


def test_drift_is_told_and_gone_after_the_next_apply(
    house: House, github: GitHub, released: str, drifted: dict[str, Any], applied: Run
) -> None:
    assert drifted["state"] == "open"
    assert "plan staging" in drifted["body"]
    assert "update SeldonDeployment creditco-staging/income" in drifted["body"].replace("\\", "")
    assert applied.jobs == dict.fromkeys(("pipelines", "staging", "production"), "success")
    assert house.answering() == released
    succeeded(house.forge.drift())
    assert [each["state"] for each in github.issues] == ["closed"]


@pytest.mark.usefixtures("applied")
def test_a_revert_rolls_back_and_two_pushes_apply_in_order(house: House, released: str) -> None:
    """A newer model serves; then its revert and another push come at once; production is not asked."""
    merged = house.forge.merge(house.release())
    succeeded(house.forge.apply(merged, job=TARGET))
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
    for run in queued(house, pushes):
        assert succeeded(run).jobs == {"pipelines": "success", TARGET: "success"}
    assert house.answering() == released
    records = history(house.stand.cluster.data, TARGET)
    assert [record.git_commit for record in records[:2]] == [pushes[0], merged]

    repeated = house.forge.apply(merged)
    assert not repeated.ok
    assert repeated.said("which comes after it")
    assert house.answering() == released


def test_a_good_release_passes_the_check_from_its_installation_on(
    house: House, good: PullRequest, tmp_path: Path
) -> None:
    """The last: by now the `make check` beside these tests, if there is one, has found out the types."""
    types = known(tmp_path / "cache")
    as_it_is = {"MAKEFLAGS": "COMPILE=--version", "MYPY_CACHE_DIR": types}  # Python compiles what it imports
    succeeded(house.forge.check(good, "check", installs=True, environment=as_it_is))


def queued(house: House, commits: list[str]) -> Iterator[Run]:
    """GitHub's queue: the runs of a concurrency group one after the other, in the order of their pushes."""
    source = house.forge.checkout(commits[0]) / ".github/workflows/apply.yml"
    queue = yaml.safe_load(source.read_text())["concurrency"]
    assert queue == {"group": "apply", "cancel-in-progress": False, "queue": "max"}
    for commit in commits:
        yield house.forge.apply(commit, job=TARGET)
