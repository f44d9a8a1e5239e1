"""What served when, told from real commits and from the records that applies leave."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from releasectl.cli.options import MOMENT
from releasectl.errors import InvalidInput, UsageError
from releasectl.history import History, history
from releasectl.history.values import moment
from releasectl.model import Missing
from releasectl.past import Version
from releasectl.ports import Cluster
from releasectl.report import history as report
from tests.builder import commit_id
from tests.story import ADA, BOB, Silent, Story
from tests.unit.flow.fake_seldon import FakeInference

TARGET = "production/income"


def told(story: Story, **options: Any) -> History:
    return history(story.root, TARGET, story.cluster.data, now=story.cluster.clock.now(), **options)


def rows(found: History) -> list[tuple[Any, Any]]:
    names = {commit_id(name): name for name in ("one", "two", "three")}
    return [
        (
            names.get(str(each.model)),
            None if isinstance(each.strategy, Missing) else each.strategy.type,
        )
        for each in found.periods
    ]


def complaints(found: History) -> list[str]:
    return [each.what for each in found.disagreements]


def test_a_release_a_second_one_and_the_way_back(story: Story) -> None:
    first = story.released("one")
    story.apply()
    second = story.released("two")
    story.apply()
    back = story.revert(second)
    story.apply()
    found = told(story)
    assert rows(found) == [("one", "direct"), ("two", "direct"), ("one", "direct")]
    released = [each.released for each in found.periods]
    assert [each.commit.id for each in released if isinstance(each, Version)] == [first, second, back]
    assert [each.until for each in found.periods] == [each.since for each in found.periods[1:]] + [None]
    assert found.periods[0].datasets == {
        "income_data": commit_id("dataset of one"),
        "income_holdout": commit_id("holdout"),
    }
    assert found.disagreements == ()
    assert found.records == 3


def test_a_trial_is_told_with_its_candidate_and_shares(story: Story) -> None:
    story.released("one")
    story.apply()
    story.released("two", strategy="shadow")
    story.apply()
    for _ in range(4):
        story.step("promote")
        story.apply()
    found = told(story)
    assert rows(found) == [("one", "direct"), ("one", "shadow"), *[("one", "canary")] * 3, ("two", "direct")]
    assert complaints(found) == []
    assert "canary 25 %, candidate " + commit_id("two") in click.unstyle(report.as_text(found))


def test_what_changes_nothing_makes_no_period(story: Story) -> None:
    story.released("one")
    story.apply()
    story.released("one", "staging")
    story.mini.write("README.md", "hello\n")
    story.commit("Another file")
    story.apply()
    story.released("three", name="loans")
    story.apply()  # a record of another release, in the same environment
    assert rows(told(story)) == [("one", "direct")]
    assert complaints(told(story)) == []


def test_at_a_moment(story: Story) -> None:
    before = story.cluster.clock.now()
    story.released("one")
    story.apply()
    between = story.cluster.clock.now() + timedelta(seconds=1)
    story.released("two")
    story.apply()
    assert rows(told(story, at=before)) == []
    assert rows(told(story, at=between)) == [("one", "direct")]
    assert rows(told(story, at=story.cluster.clock.now())) == [("two", "direct")]
    with pytest.raises(UsageError, match="is in the future"):
        told(story, at=story.cluster.clock.now() + timedelta(days=1))


def test_a_release_that_was_removed(story: Story) -> None:
    story.released("one")
    story.apply()
    story.revert()
    story.apply()
    found = told(story)
    assert rows(found) == [("one", "direct"), (None, None)]
    assert complaints(found) == []
    assert "nothing served" in report.as_text(found)


def test_a_merge_counts_once_and_names_who_wrote_it(story: Story) -> None:
    story.released("one")
    story.apply()
    story.git("checkout", "-q", "-b", "two")
    story.train("two")
    story.release("two")
    written = story.commit("Release two", BOB)
    story.git("checkout", "-q", "main")
    story.cluster.clock.sleep(600)
    story.git("merge", "-q", "--no-ff", "-m", "Merge two", "two", author=ADA)
    merged = story.git("rev-parse", "HEAD")
    story.apply()
    version = told(story).periods[-1].released
    assert isinstance(version, Version)
    assert (version.commit.id, version.written_by.id, version.written_by.author) == (merged, written, BOB)
    assert complaints(told(story)) == []


def test_a_change_that_waits_for_its_apply(story: Story) -> None:
    story.released("one")
    story.apply()
    second = story.released("two")
    (complaint,) = complaints(told(story))
    assert complaint == (
        f"git commit {second[:12]} (Release two to production) says {commit_id('two')[:12]}, "
        "and no apply since has brought it to the cluster"
    )


def test_a_change_that_was_overtaken(story: Story) -> None:
    story.released("one")
    story.apply()
    story.released("two")
    third = story.released("three")
    story.apply()
    (complaint,) = complaints(told(story))
    assert f"says {commit_id('two')[:12]}, and was never applied: git commit {third[:12]}" in complaint


def test_an_apply_of_files_that_nobody_committed(story: Story) -> None:
    first = story.released("one")
    story.apply()
    story.train("two")
    story.release("two")
    story.apply()
    assert rows(told(story)) == [("one", "direct"), ("two", "direct")]
    (complaint,) = complaints(told(story))
    assert complaint.endswith(
        f"by CI <ci@example.org> with uncommitted changes brought {commit_id('two')[:12]}, "
        f"and git commit {first[:12]} says {commit_id('one')[:12]}"
    )


@pytest.mark.parametrize("swept", [False, True])
def test_an_apply_of_a_commit_that_is_gone(story: Story, swept: bool) -> None:
    story.released("one")
    story.apply()
    lost = story.released("two")
    story.apply()
    story.git("reset", "-q", "--hard", "HEAD~1")
    if swept:
        story.git("reflog", "expire", "--expire=now", "--all")
        story.git("gc", "--quiet", "--prune=now")
        assert story.git("cat-file", "-t", lost, check=False) == ""
    assert rows(told(story)) == [("one", "direct"), ("two", "direct")]
    assert any(f"names git commit {lost[:12]}, which is not in the history of HEAD" in each
               for each in complaints(told(story)))  # fmt: skip


def test_an_apply_that_was_killed_is_not_certain(story: Story) -> None:
    story.released("one")
    story.apply()
    story.released("two")
    serving = story.cluster.serving

    class Dying:
        """Dies with the first write, once it is done."""

        def __getattr__(self, name: str) -> Any:
            return getattr(serving, name)

        def update(self, namespace: str, manifest: Any) -> None:
            serving.update(namespace, manifest)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        story.apply(ports=Cluster(story.cluster.data, Dying(), FakeInference(serving)))  # type: ignore[arg-type]
    found = told(story)
    assert rows(found) == [("one", "direct"), ("two", "direct")]
    assert [each.certain for each in found.periods] == [True, False]
    assert any("was interrupted" in each or "did not get to its end" in each for each in complaints(found))
    story.apply()
    assert [each.certain for each in told(story).periods] == [True, False, True]


def test_without_records_git_tells_what_should_have_served(story: Story) -> None:
    story.released("one")
    story.released("two")
    for data in (story.cluster.data, Silent()):
        found = history(story.root, TARGET, data, now=story.cluster.clock.now())  # type: ignore[arg-type]
        assert rows(found) == [("one", "direct"), ("two", "direct")]
        assert not any(each.certain for each in found.periods)
    assert isinstance(found.records, Missing)
    assert found.disagreements == ()
    assert "by git alone: the records of applies cannot be read: no answer" in report.as_text(found)


def test_unknown_release(story: Story) -> None:
    with pytest.raises(UsageError, match="names this release"):
        told(story)


def test_outside_git(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no git repository"):
        history(tmp_path, TARGET, Silent(), now=datetime.now(UTC))  # type: ignore[arg-type]


def test_the_report(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    first = story.released("one")
    story.apply()
    story.released("two")
    found = told(story)
    lines = click.unstyle(report.as_text(found)).splitlines()
    assert lines == [
        "production/income  1 record of applies",
        "",
        f"  {moment(found.periods[0].since)} → now",
        f"      model     {commit_id('one')}",
        "      strategy  direct",
        f"      datasets  income_data {commit_id('dataset of one')[:12]}, "
        f"income_holdout {commit_id('holdout')[:12]}",
        f"      released  by {ADA}, git {first[:12]} “Release one to production”",
        "      applied   by CI <ci@example.org>",
        "",
        "git and the records of applies disagree",
        *lines[10:13],
    ]
    assert " ".join(line.strip() for line in lines[10:]).endswith("→ releasectl apply production")
    document = json.loads(report.as_json(told(story)))
    assert (document["command"], document["ok"], len(document["periods"])) == ("history", False, 1)
    assert document["periods"][0]["strategy"]["type"] == "direct"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-11-24T08:30", datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
        ("2026-11-24T09:30+01:00", datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
    ],
)
def test_times(text: str, expected: datetime) -> None:
    assert MOMENT.convert(text, None, None) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "24.11.2026"])
def test_no_times(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        MOMENT.convert(text, None, None)
