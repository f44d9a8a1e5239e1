"""A revoked commit, or anything made from one, is refused by check, plan and apply."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from releasectl.errors import InvalidInput, PolicyDenied
from releasectl.judge import assess, circumstances, denied, judge
from releasectl.load import load
from releasectl.model import Place, Repository, Revocation
from releasectl.plan import plan
from releasectl.render import render
from releasectl.revocation import merged
from tests.builder import CANDIDATE, DATASET, HOLDOUT, MODEL, Mini, build, commit_id
from tests.unit.flow.fakes import FakeCluster
from tests.unit.flow.world import Wish, rendered_environment, world_with_models

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def revoke(mini: Mini, commit: str, day: str = "2026-11-20") -> None:
    entry = f"  - commit: {commit}\n    reason: bought labels\n    owner: credit-risk\n    date: {day}\n"
    mini.write("releases/revoked.yaml", "revoked:\n" + entry)


def found(repository: Repository) -> list[tuple[str, str]]:
    findings = judge(repository, render(repository))
    assert denied(findings) == findings
    return [(finding.rule, finding.release) for finding in findings]


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    return build(tmp_path)


def test_a_revocation_is_read(mini: Mini) -> None:
    revoke(mini, DATASET)
    place = Place("releases/revoked.yaml", 2, 13)
    expected = Revocation(DATASET, "bought labels", "credit-risk", date(2026, 11, 20), place)
    assert mini.load().revoked == (expected,)
    assert mini.load().revoked[0].place == place


@pytest.mark.parametrize("commit", [MODEL, HOLDOUT])
def test_both_releases_of_the_model_are_denied(mini: Mini, commit: str) -> None:
    revoke(mini, commit)
    assert found(mini.load()) == [("REVO-001", "production/income"), ("REVO-001", "staging/income")]


def test_a_dataset_condemns_what_was_made_from_it_and_what_still_trains_on_it(mini: Mini) -> None:
    revoke(mini, DATASET)
    assert found(mini.load()) == [
        ("REVO-001", "pipelines/income"),
        ("REVO-001", "production/income"),
        ("REVO-001", "staging/income"),
    ]


def test_a_candidate_is_denied_too(mini: Mini) -> None:
    mini.lock(CANDIDATE, dataset=commit_id("vendor"))
    mini.release("income", extra=f"strategy: {{type: shadow, candidate: {CANDIDATE}}}\n")
    revoke(mini, commit_id("vendor"))
    (finding,) = judge(mini.load(), render(mini.load()))
    assert (finding.release, finding.pointer) == ("staging/income", "/strategy/candidate")
    assert f"made from income_data@{commit_id('vendor')}" in finding.message


def test_another_commit_changes_nothing(mini: Mini) -> None:
    revoke(mini, commit_id("something else"))
    assert found(mini.load()) == []


@pytest.mark.parametrize("strictness", ["off", "advise", "warn"])
def test_no_environment_can_relax_it(mini: Mini, strictness: str) -> None:
    mini.write("environments/production/policy.yaml", f"rules:\n  REVO-001: {strictness}\n")
    with pytest.raises(InvalidInput, match="no environment can change"):
        found(mini.load())


@pytest.mark.parametrize(
    ("day", "sound"), [("2026-11-24", True), ("2026-11-25", True), ("2026-11-26", False)]
)
def test_the_clock_is_an_input(mini: Mini, day: str, sound: bool) -> None:
    """At noon in Greenwich it is tomorrow on Kiritimati already."""
    revoke(mini, commit_id("something else"), day)
    if sound:
        assert len(load(mini.root, now=NOW).revoked) == 1
    else:
        with pytest.raises(InvalidInput, match="is in the future"):
            load(mini.root, now=NOW)


def revoked_world(commit: str) -> tuple[FakeCluster, Repository, dict[str, dict[str, Wish]]]:
    from dataclasses import replace

    world = world_with_models("one")
    wishes = {"production": {"income": Wish("one")}}
    revocation = Revocation(commit, "bought labels", "credit-risk", date(2026, 11, 20), Place("x"))
    return world.cluster, replace(world.repository(wishes), revoked=(revocation,)), wishes


@pytest.mark.parametrize("what", ["one", "dataset of one", "holdout"])
def test_plan_and_apply_refuse_it_before_anything_is_written(what: str) -> None:
    from tests.unit.flow.fake_pachyderm import commit_id as flow_commit
    from tests.unit.flow.world import World

    cluster, repository, wishes = revoked_world(flow_commit(what))
    rendered = rendered_environment(repository, wishes)
    with pytest.raises(PolicyDenied, match="revoked since 2026-11-20"):
        plan("production", repository, rendered, cluster.ports)
    with pytest.raises(PolicyDenied, match="revoked since 2026-11-20"):
        World(cluster).apply("production", repository, rendered)
    assert cluster.writes == []
    assert cluster.data.writes == []


def test_training_on_a_revoked_dataset_is_refused() -> None:
    from tests.unit.flow.fake_pachyderm import commit_id as flow_commit

    cluster, repository, _ = revoked_world(flow_commit("dataset"))
    with pytest.raises(PolicyDenied, match="trains on income_data@"):
        plan("pipelines", repository, (), cluster.ports)


def test_the_digest_that_only_a_lock_tells_is_to_be_written_down(mini: Mini) -> None:
    mini.lock(MODEL, evidence={"card": {"training_data": {"commit": DATASET, "sha256": "e" * 64}}})
    revoke(mini, DATASET)
    repository = mini.load()
    (told,) = assess(repository, render(repository), circumstances(mini.root)).notices
    assert told.remedy == f"add `sha256: {'e' * 64}` to the entry"


def test_an_entry_tells_the_bytes_of_data_that_no_lock_knows(mini: Mini) -> None:
    """Whoever uploads the file once more gets another commit."""
    digest = "e" * 64
    entry = f"{{commit: {'d' * 32}, sha256: {digest}, reason: sold, owner: credit-risk, date: 2026-11-20}}"
    mini.write("releases/revoked.yaml", f"revoked:\n  - {entry}\n")
    card = {"training_data": {"commit": DATASET, "sha256": digest}}
    mini.lock(MODEL, evidence={"card": card})
    (whole, other) = (load(mini.root, now=NOW), load(mini.root, now=NOW, wanted=lambda _: True))
    for repository in (whole, other):
        assert [rule for rule, _ in found(repository)] == ["REVO-001", "REVO-001"]


def test_what_was_revoked_keeps_its_bytes_whatever_the_files_say_now() -> None:
    told = {"digests": frozenset({"e" * 64}), "models": frozenset({CANDIDATE})}
    before = Revocation(DATASET, "sold", "credit-risk", NOW.date(), Place("x"), **told)
    now = Revocation(DATASET, "bought", "credit-ml", NOW.date(), Place("x"))
    (kept,) = merged([before], [now])
    assert (kept.reason, kept.digests, kept.models) == ("bought", before.digests, before.models)


def test_a_lock_that_is_not_read_tells_the_bytes_of_what_is_revoked(mini: Mini) -> None:
    revoke(mini, DATASET)
    mini.lock(CANDIDATE, evidence={"card": {"training_data": {"commit": DATASET, "sha256": "e" * 64}}})
    mini.write(f"releases/models/{'f' * 32}.yaml", f"broken: {DATASET}\n")
    repository = load(mini.root, now=NOW, wanted=lambda path: not path.startswith("releases/models/"))
    assert repository.revoked[0].digests == {"e" * 64}


@pytest.mark.parametrize(
    ("commit", "told"),
    [
        (MODEL[:-1] + ("0" if MODEL[-1] != "0" else "1"), f"did you mean `{MODEL}`?"),
        (commit_id("a stranger"), "copy all its digits; if it is of what never served here, all is well"),
        (MODEL, ""),
        (HOLDOUT, ""),
    ],
)
def test_a_revoked_commit_that_nothing_knows_is_told(mini: Mini, commit: str, told: str) -> None:
    revoke(mini, commit)
    repository = mini.load()
    notices = assess(repository, render(repository), circumstances(mini.root)).notices
    of_it = [each.remedy for each in notices if each.place.file == "releases/revoked.yaml"]
    assert [remedy[: len(told)] for remedy in of_it] == ([told] if told else [])
