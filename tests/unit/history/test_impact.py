"""What descends from a commit, wherever it is or was."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest

from releasectl import lock as locks
from releasectl.errors import UsageError
from releasectl.impact import Impact, impact
from releasectl.model import Missing
from releasectl.report import impact as report
from tests.builder import HOLDOUT, commit_id
from tests.story import Silent, Story


def found(story: Story, reference: str, data: Any = None) -> Impact:
    each = data or story.cluster.data
    return impact(story.root, story.load(), reference, {"production": each, "staging": each})


def rows(impact: Impact) -> list[tuple[str, str, bool, int]]:
    names = {commit_id(name): name for name in ("one", "two")}
    return [
        (each.target, f"{names[each.model]} as {each.role}", each.now, len(each.served))
        for each in impact.affected
    ]


def test_a_dataset_is_found_in_what_was_made_from_it(story: Story) -> None:
    story.released("one")
    story.released("one", "staging")
    story.apply()
    second = story.released("two")
    story.apply()
    dataset = commit_id("dataset of one")
    told = found(story, dataset)
    assert rows(told) == [
        ("staging/income", "one as model", True, 0),
        ("production/income", "one as model", False, 1),
    ]
    assert told.affected[1].served[0].until is not None
    assert [each.via.repo for each in told.affected] == ["income_data", "income_data"]
    assert rows(found(story, f"copy_models@{commit_id('two')}")) == [
        ("production/income", "two as model", True, 1)
    ]
    released = found(story, commit_id("two")).affected[0].released
    assert not isinstance(released, Missing)
    assert released.id == second
    assert len(found(story, HOLDOUT).affected) == 3
    assert rows(found(story, commit_id("nothing"))) == []


def test_a_trial_counts(story: Story) -> None:
    story.released("one")
    story.apply()
    story.released("two", strategy="shadow")
    story.apply()
    story.step("abort")
    story.apply()
    assert rows(found(story, commit_id("two"))) == [("production/income", "two as candidate", False, 1)]
    beside = found(story, commit_id("one")).affected[0].served
    assert (len(beside), beside[0].until) == (1, None), "the trial did not interrupt it"


def test_a_lock_that_is_gone_is_read_from_history(story: Story) -> None:
    story.released("one")
    story.released("two")
    (story.root / locks.path_of(commit_id("one"))).unlink()
    story.commit("Tidy up")
    assert rows(found(story, commit_id("dataset of one"))) == [
        ("production/income", "one as model", False, 0)
    ]


def test_what_only_the_records_know(story: Story) -> None:
    """Applied by hand and never committed: Pachyderm still knows what it was made from, or nobody does."""
    story.released("one")
    story.train("two")
    story.release("two")
    story.apply()
    story.git("checkout", "-q", ".")
    story.git("clean", "-qfd")
    dataset = commit_id("dataset of two")
    assert rows(found(story, dataset)) == [("production/income", "two as model", False, 1)]
    del story.cluster.data.states["copy_models", commit_id("two")]
    told = found(story, dataset)
    assert rows(told) == []
    assert [(each.target, each.model) for each in told.unknown] == [("production/income", commit_id("two"))]
    assert "nobody knows what it was made from" in " ".join(report.as_text(told).split())


def test_records_that_cannot_be_read_are_named(story: Story) -> None:
    story.released("one")
    told = found(story, commit_id("one"), Silent())
    assert rows(told) == [("production/income", "one as model", True, 0)]
    assert len(told.unread) == 2
    assert not json.loads(report.as_json(told))["ok"]


@pytest.mark.parametrize("reference", ["", "12ab", commit_id("one").upper(), "HEAD"])
def test_what_is_no_commit_is_refused(story: Story, reference: str) -> None:
    with pytest.raises(UsageError):
        found(story, reference)


def test_a_commit_by_its_first_digits(story: Story) -> None:
    story.released("one")
    dataset = commit_id("dataset of one")
    assert found(story, dataset[:12]) == found(story, dataset)
    assert found(story, f"income_data@{dataset[:8]}").commit == dataset
    with pytest.raises(UsageError, match="no commit that the files, git's history or the records know"):
        found(story, "0" * 12)


def test_the_report(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    dataset = commit_id("dataset of one")
    released = story.released("one")
    story.apply()
    story.mini.write(
        "pipelines/income/training.yaml", f"repo: income_data\nbranch: master\ncommit: {dataset}\n"
    )
    story.mini.write(
        "releases/revoked.yaml",
        f"revoked:\n  - {{commit: {dataset}, reason: bought labels, owner: credit-risk, date: 2026-01-01}}\n",
    )
    told = found(story, dataset)
    lines = click.unstyle(report.as_text(told)).splitlines()
    assert lines[0] == f"{dataset}  1 release descends from it"
    assert lines[2] == "serves now"
    assert lines[3].split() == ["production/income", "model", f"{commit_id('one')[:12]},", "made", "from",
                                f"income_data@{dataset[:12]}"]  # fmt: skip
    assert f"git {released[:12]} “Release one to production”" in " ".join(" ".join(lines[4:6]).split())
    assert lines[-2:] == [
        "! pipelines/income/training.yaml trains on it: the next model would descend from it too",
        "revoked since 2026-01-01 by credit-risk: bought labels",
    ]
    document = json.loads(report.as_json(told))
    assert (document["ok"], document["affected"][0]["now"]) == (False, True)
