"""Replayed traffic goes on with other rows: the same rows again are no evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from releasectl import traffic
from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from releasectl.ports import Cluster, LoggedSpan
from tests.builder import HOLDOUT
from tests.story import Story, house, quick, story  # noqa: F401  (fixtures)

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@dataclass
class Rows:
    """An inference that remembers which rows of the holdout it was asked."""

    asked: list[int] = field(default_factory=list)

    def infer(self, _namespace: str, _deployment: str, _model: str, request: Any) -> Any:
        self.asked += json.loads(request["parameters"]["audit_rows"])["rows"]
        return {"model_version": "a model"}


def test_traffic_goes_on_where_it_ended(
    story: Story,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    story.released("one")
    ports, seen = story.cluster.ports, Rows()
    lines = "age,workclass\n" + "".join(f"{age},Private\n" for age in range(20, 25))
    story.cluster.data.add("income_holdout", "master", HOLDOUT, {"/holdout.csv": lines.encode()})
    inference: Any = seen
    monkeypatch.setattr(Workspace, "cluster", lambda *_: Cluster(ports.data, ports.serving, inference))
    command = ["-C", str(story.root), "traffic", "production/income", "--rate", "10000", "--connections", "1"]
    for requests in ("3", "4"):
        assert guarded([*command, "--requests", requests]) == 0
    assert seen.asked == [0, 1, 2, 3, 4, 0, 1]
    assert "4 requests, rows from 4 of 5 in income_holdout" in capsys.readouterr().out
    assert guarded([*command, "--requests", "1", "--offset", "4"]) == 0
    assert seen.asked[-1] == 4


@dataclass
class Growing:
    """A log to which the shadow's answers come after the last request."""

    counts: list[int]

    def endpoints(self, _namespace: str, _name: str) -> Any:
        count = self.counts.pop(0) if len(self.counts) > 1 else self.counts[0]
        return {"shadow": LoggedSpan(count, NOW, NOW)}


def test_traffic_for_a_shadow_ends_when_its_copies_are_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(traffic, "QUIET_SECONDS", 0.05)
    log = Growing([1, 2, 3, 4])
    traffic.settle(cast("Any", log), "creditco", cast("Any", SimpleNamespace(name="income")))
    assert log.counts == [4]


def test_what_is_kept_may_be_spoilt(tmp_path: Path) -> None:
    kept = tmp_path / "traffic"
    assert traffic.ended(kept) == 0
    kept.write_text("no number")
    assert traffic.ended(kept) == 0
