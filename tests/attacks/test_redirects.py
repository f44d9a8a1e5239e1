"""Where releases go, what serves them and who gets the answers: told by field, with the old and the new."""

from __future__ import annotations

import pytest
import yaml

from tests.attacks.conftest import Repo, told

PRODUCTION = "environments/production/environment.yaml"
SANDBOX = "environments/platforms/sandbox.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            PRODUCTION,
            "creditco-production",
            "creditco-attic",
            "production: namespace creditco-production becomes ",
        ),
        (PRODUCTION, "branch: production", "branch: attic", "production: branch production becomes attic"),
        (
            PRODUCTION,
            "image: creditco/serving:1.0.0",
            "image: creditco/serving:1.1.0",
            "serving.model.image creditco/serving:1.0.0 becomes ",
        ),
        (PRODUCTION, "seldon-init-", "other-", "serving.secret seldon-init-container-secret becomes other-"),
        (
            PRODUCTION,
            "retention_days: 760",
            "retention_days: 7600",
            "logging.retention_days 760 becomes 7600",
        ),
        (SANDBOX, "pachd: ", "pachd: evil.example", "the platform sandbox: pachd "),
        (SANDBOX, "timeout_seconds: ", "timeout_seconds: 1", "the platform sandbox: timeout_seconds "),
    ],
)
def test_a_field_is_told_as_it_was_and_as_it_would_be(
    repo: Repo, file: str, old: str, new: str, said: str
) -> None:
    repo.edit(file, old, new)
    repo.commit("move")
    found = repo.judged()
    assert found.exit_code == 0
    assert said in told(found)
    assert {each.place.file for each in found.delta} == {file}


def test_who_gets_the_answers_is_told_before_what_counts_less(repo: Repo) -> None:
    repo.edit(PRODUCTION, "replicas: 1", "replicas: 2")
    repo.edit(PRODUCTION, "http://broker.example/seldon-logs/default", "http://collector.evil.example/")
    repo.commit("scale")
    first, *_, last = (each.what for each in repo.judged().delta)
    assert "serving.detectors.reply_url" in first
    assert first.endswith("becomes http://collector.evil.example/")
    assert "replicas 1 becomes 2" in last


@pytest.mark.parametrize("merged", [False, True], ids=["new", "known"])
def test_another_platform_is_told_with_where_it_leads(repo: Repo, merged: bool) -> None:
    """Whether its file comes along or was there before."""
    text = (repo.root / SANDBOX).read_text()
    repo.mini.write("environments/platforms/prod.yaml", text.replace("127.0.0.1", "evil.example"))
    if merged:
        repo.git("branch", "-f", "main", repo.commit("a platform", "2026-11-01"))
    repo.edit(PRODUCTION, "platform: sandbox", "platform: prod")
    repo.commit("move")
    said = told(repo.judged())
    assert "the environment production: platform sandbox becomes prod" in said
    old = yaml.safe_load(text)
    for name in ("pachd", "s3", "seldon_deploy", "ingress"):
        new = old[name].replace("127.0.0.1", "evil.example")
        assert f"the environment production, on the platform prod: {name} {old[name]} becomes {new}" in said


def test_an_environment_that_goes_is_named(repo: Repo) -> None:
    repo.git("rm", "-q", "-r", "environments/staging", "releases/staging")
    repo.commit("no staging")
    assert "removes the environment staging" in told(repo.judged())


def test_what_serves_is_of_a_repository_that_the_base_knows(repo: Repo) -> None:
    """Of another one once images.yaml names it, which is a pull request of its own."""
    stranger = "image: evil.example/serving:1.0.0"
    images = repo.root / "pipelines/images.yaml"
    images.write_text(images.read_text() + stranger.replace("image", "serving") + "\n")
    listed = repo.commit("list")
    for path in (PRODUCTION, "environments/canada/environment.yaml"):
        text = (repo.root / PRODUCTION).read_text().replace("image: creditco/serving:1.0.0", stranger)
        for of in ("creditco-production", "branch: production") if "canada" in path else ():
            text = text.replace(of, of.replace("production", "canada"))
        repo.mini.write(path, text)
    repo.commit("serve")
    found = repo.judged()
    assert found.exit_code == 10
    assert {each.where.split(":")[0] for each in found.refused} == {
        PRODUCTION,
        "environments/canada/environment.yaml",
    }
    assert "evil.example/serving:1.0.0, of a repository that the base knows nothing of" in told(found)
    assert repo.judged(listed).exit_code == 0
