"""Replayed traffic goes on with other rows: the same rows again are no evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from releasectl import traffic
from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from releasectl.ports import Cluster
from tests.builder import HOLDOUT
from tests.story import Story, house, quick, story  # noqa: F401  (fixtures)


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


def test_what_is_kept_may_be_spoilt(tmp_path: Path) -> None:
    kept = tmp_path / "traffic"
    assert traffic.ended(kept) == 0
    kept.write_text("no number")
    assert traffic.ended(kept) == 0
