"""A review that asks the cluster: what it says against the files denies, and its silence does not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from releasectl import lock as locks
from releasectl.ahead import Ahead
from releasectl.ports import Cluster
from releasectl.review.build import Verdict, review
from releasectl.review.values import Review
from releasectl.yamltext import dump_yaml
from tests.story import Silent, Story


def reviewed(story: Story, cluster: Any) -> Review:
    """The last commit, of which the rules have nothing to say."""
    judging = Ahead(lambda: Verdict(denied=False))
    return review(story.root, "HEAD~1", judging, lambda _: cluster, now=story.cluster.clock.now())


def forge(story: Story, accuracy: float = 0.99) -> None:
    """Of the evidence, in a lock whose digest fits; rendered files name only the commit."""
    file = next((story.root / locks.FOLDER).glob("*.yaml"))
    document = yaml.safe_load(file.read_text())
    document["evidence"]["metrics"]["accuracy"] = accuracy
    document["digest"] = locks.digest_of(document)
    file.write_text(locks.HEADER + dump_yaml(document))


@pytest.fixture
def released(story: Story) -> Story:
    for lock in (story.root / locks.FOLDER).glob("*.yaml"):
        lock.unlink()
    story.commit("no lock")
    story.train("one")
    story.release("one")
    return story


def test_a_lock_that_pachyderm_contradicts_denies(released: Story) -> None:
    forge(released)
    released.commit("release")
    found = reviewed(released, released.cluster.ports)
    assert found.denied
    (problem,) = found.problems
    assert problem.where.startswith("releases/models/")
    assert "accuracy: the lock says 0.99, Pachyderm's file 0.8571" in problem.what
    assert [each.words for each in found.live] == [("refused: see what is not sound",)]


def test_pachyderm_is_asked_though_seldon_deploy_is_silent(released: Story) -> None:
    forge(released)
    released.commit("release")
    silent: Any = Silent()
    found = reviewed(released, Cluster(released.cluster.data, silent, silent))
    assert found.denied
    assert "the lock says 0.99" in found.problems[0].what
    assert found.live[0].words[0].startswith("unknown: ")


def test_a_cluster_that_cannot_be_asked_is_told_and_does_not_deny(released: Story) -> None:
    forge(released)
    released.commit("release")
    silent: Any = Silent()
    found = reviewed(released, Cluster(silent, silent, silent))
    assert (found.denied, found.problems) == (False, ())
    assert [each.words for each in found.live] == [("unknown: no answer",)]


def test_a_lock_that_pachyderm_confirms(released: Story) -> None:
    released.commit("release")
    found = reviewed(released, released.cluster.ports)
    assert (found.denied, found.problems) == (False, ())
    assert "create SeldonDeployment creditco-production/income" in found.live[0].words
