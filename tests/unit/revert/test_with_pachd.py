"""The same questions, put to the sandbox's pachd over the wire."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from python_pachyderm import Client

from releasectl.history import history
from releasectl.impact import impact
from releasectl.ledger import REPO as RECORDS
from releasectl.model import Platform, Source
from releasectl.platforms.pachyderm import build
from releasectl.revert import Verdict, prove
from releasectl.sandbox.pachd.server import Pachd
from tests.story import Story, artefacts

pytestmark = pytest.mark.processes


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Pachd]:
    pachd = Pachd(tmp_path / "pachd", 0, workers=Path(sys.prefix), code=Path.cwd())
    pachd.start()
    yield pachd
    pachd.stop()


@pytest.fixture
def story(tmp_path: Path, server: Pachd) -> Story:
    platform = Platform(
        name="test",
        pachd=f"127.0.0.1:{server.port}",
        pachd_tls=False,
        pachd_token_env=None,
        s3="",
        seldon_deploy="",
        seldon_deploy_token_env=None,
        ingress="",
        timeout_seconds=10.0,
        sandbox={},
        source=Source("test.yaml", {}, {}),
    )
    story = Story(tmp_path / "repository")
    story.begin()
    data: Any = build(platform)
    story.cluster.data = data
    for name in ("one", "two"):
        story.models[name] = data.put("copy_models", "master", artefacts(name), name)
    return story


def test_a_revert_is_proven_done_recorded_and_remembered(story: Story, server: Pachd) -> None:
    one, two = story.models["one"], story.models["two"]
    for name in ("one", "two"):
        story.release(name)
        story.commit(f"Release {name}")
        story.apply()
    data, now = story.cluster.data, story.cluster.clock.now()

    def proof() -> Any:
        return prove(story.root, "HEAD", lambda _: story.cluster.ports, now=now)

    found = proof()
    assert (found.verdict, found.reasons, found.unseen) == (Verdict.SAFE, (), ())
    assert data.branches("copy_models")["production"] == two  # type: ignore[index]
    story.revert()
    story.apply()
    assert data.branches("copy_models")["production"] == one  # type: ignore[index]
    told = history(story.root, "production/income", data, now=story.cluster.clock.now())
    assert [period.model for period in told.periods] == [one, two, one]
    assert (told.disagreements, told.records) == ((), 3)
    spans = impact(story.root, story.load(), two, {"production": data}).affected[0].served
    assert [span.until for span in spans] == [told.periods[1].until]

    client = Client("127.0.0.1", server.port)
    client.delete_repo("copy_models", force=True)
    lost = proof()
    assert lost.verdict is Verdict.UNSAFE
    assert f"Pachyderm has no commit {two} in copy_models" in lost.reasons[0].what
    assert RECORDS in data.repos()
    server.stop()
    assert proof().verdict is Verdict.UNPROVEN
