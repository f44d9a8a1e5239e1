from __future__ import annotations

from pathlib import Path

import pytest

from generators.catalogue import catalogue
from releasectl.errors import InvalidInput
from releasectl.model import Strategy
from releasectl.report.annotations import place_of
from tests.builder import CANDIDATE, DATASET, HOLDOUT, MODEL, build, environment_yaml


def test_defaults_come_from_the_environment(tmp_path: Path) -> None:
    repository = build(tmp_path).load()
    (release,) = repository.releases_in("staging")
    assert (release.name, release.owner, release.model) == ("income", "credit-ml", MODEL)
    assert release.strategy == Strategy("direct")
    assert (release.explainer, release.detectors, release.replicas) == (
        "anchor-tabular",
        ("drift", "outlier"),
        1,
    )


def test_the_file_wins_over_the_defaults(tmp_path: Path) -> None:
    mini = build(tmp_path)
    mini.release("income", extra="explainer: none\ndetectors: []\nreplicas: 3\n")
    (release,) = mini.load().releases_in("staging")
    assert (release.explainer, release.detectors, release.replicas) == ("none", (), 3)


def test_a_strategy_brings_its_own_defaults(tmp_path: Path) -> None:
    mini = build(tmp_path)
    mini.lock(CANDIDATE)
    mini.release("income", extra=f"strategy: {{type: shadow, candidate: {CANDIDATE}}}\n")
    (release,) = mini.load().releases_in("staging")
    assert release.strategy == Strategy("shadow", candidate=CANDIDATE, mirror=100)
    assert release.commits == (MODEL, CANDIDATE)


def test_locks_tell_their_data(tmp_path: Path) -> None:
    lock = build(tmp_path).load().locks[MODEL]
    assert lock.dataset("income_data") == DATASET
    assert lock.dataset("income_holdout") == HOLDOUT


def test_a_broken_environment_is_told_once(tmp_path: Path) -> None:
    """Its releases are not blamed for it."""
    mini = build(tmp_path)
    mini.write(
        "environments/staging/environment.yaml", environment_yaml("staging").replace("branch", "branhc")
    )
    with pytest.raises(InvalidInput) as caught:
        mini.load()
    assert {problem.where.split(":")[0] for problem in caught.value.problems} == {
        "environments/staging/environment.yaml"
    }


def test_a_strategy_is_a_file_and_nothing_else(tmp_path: Path) -> None:
    """Whatever the folder offers can be written in a release."""
    mini = build(tmp_path)
    mini.lock(CANDIDATE)
    for name, about in catalogue().strategies.items():
        candidate = f", candidate: {CANDIDATE}" if "candidate" in about["required"] else ""
        mini.release("income", extra=f"strategy: {{type: {name}{candidate}}}\n")
        assert mini.load().releases_in("staging")[0].strategy.type == name


def test_digits_that_count_nothing_are_no_line_of_a_file(tmp_path: Path) -> None:
    mini = build(tmp_path)
    mini.write("releases/staging/x:²:y.yaml", "a: 1\n")
    with pytest.raises(InvalidInput) as caught:
        mini.load()
    places = [place_of(problem) for problem in caught.value.problems]
    assert {place.file for place in places if place} == {"releases/staging/x"}
