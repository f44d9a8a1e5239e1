"""One look at everything: what is as git says, what has drifted, and what cannot be seen."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from releasectl.cli.main import guarded
from releasectl.ports import Cluster
from releasectl.render import render
from releasectl.report.drift_text import as_text
from releasectl.review.drift import look
from releasectl.review.values import Drift, Watched
from tests.story import Silent, Story


def looked(story: Story, cluster: Any = None) -> Drift:
    repository = story.load()
    ports = story.cluster.ports if cluster is None else cluster
    return look(story.root, repository, render(repository), lambda _: ports, now=story.cluster.clock.now())


def states(found: Drift) -> dict[str, str]:
    return {each.subject: each.state for each in found.seen}


def test_after_an_apply_all_is_clean_and_an_edit_by_hand_is_drift(story: Story) -> None:
    story.released("one")
    story.apply()
    found = looked(story)
    assert states(found)["plan production"] == states(found)["verify production"] == "clean"
    assert found.commit == story.git("rev-parse", "HEAD")
    live = story.cluster.serving.objects["creditco-production", "income"]
    live["spec"]["predictors"][0]["replicas"] = 3
    found = looked(story)
    assert not found.clean
    assert states(found)["plan production"] == "drift"
    (plan,) = (each for each in found.seen if each.subject == "plan production")
    assert any(word.startswith("update SeldonDeployment creditco-production/income") for word in plan.words)


def test_what_does_not_answer_is_unknown_and_hides_nothing(story: Story) -> None:
    for model in ("one", "two"):  # the first release has no way back that could be unknown
        story.released(model)
        story.apply()
    silent: Any = Silent()
    before, after = looked(story), looked(story, Cluster(silent, silent, silent))
    assert not after.clean
    assert [each.subject for each in after.seen] == [each.subject for each in before.seen]
    assert {states(after)[f"{verb} production"] for verb in ("plan", "verify")} == {"unknown"}
    assert states(after)["way back of production"] == "unknown"
    assert states(after)["policy and waivers"] == states(before)["policy and waivers"]
    (plan,) = (each for each in after.seen if each.subject == "plan production")
    assert plan.words == ("pachd: no answer",)


def test_as_json_it_says_whether_all_is_clean(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = (clone / "environments/platforms/sandbox.yaml").read_text()
    nobody = tmp_path / "nobody.yaml"
    nobody.write_text(re.sub(r"(127\.0\.0\.1):\d+", r"\1:9", written.partition("sandbox:")[0]))
    assert guarded(["-C", str(clone), "drift", "--format", "json", "--platform", str(nobody)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["command"], said["ok"]) == ("drift", False)
    assert "unknown" in {each["state"] for each in said["seen"]}


def test_as_text_what_is_not_clean_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    plan = Watched("plan production", "drift", ("update SeldonDeployment income", "delete it"))
    found = Drift("0123456789abcdef" * 2 + "01234567", (Watched("verify staging", "clean", ()), plan))
    assert click.unstyle(as_text(found)).splitlines() == [
        "compared with 0123456789ab",
        "  ✗ plan production: drift",
        "    - update SeldonDeployment income",
        "    - delete it",
        "  ✓ verify staging",
        "",
        "✗ 2 looked at: 1 drift, 1 clean",
        "next: releasectl apply TARGET puts right what drifted; releasectl verify TARGET",
        "tells link by link",
    ]
    clean = click.unstyle(as_text(replace(found, seen=found.seen[:1])))
    assert clean.splitlines()[1:] == ["  ✓ verify staging", "", "✓ 1 looked at: 1 clean"]
