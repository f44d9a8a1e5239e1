"""A trial from step to step and to its end, in the files that a person commits."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from releasectl.cli.main import guarded
from releasectl.report import promote as report
from tests.builder import CANDIDATE, LENIENT, MODEL, Mini, environment_yaml
from tests.unit.promote.trials import OTHER, PATH, begin, state, step, strategy, text

TODAY = datetime.now(UTC).date()
WAIVER = {
    "rule": "DUP-001",
    "release": "income",
    "environment": "production",
    "reason": "the rows are sold in bundles",
    "owner": "credit-ml",
    "approver": "model-risk",
    "ticket": "RISK-1",
    "created": str(TODAY),
    "expires": str(TODAY + timedelta(days=30)),
}


def test_a_shadow_becomes_a_canary_and_then_the_model(mini: Mini) -> None:
    before = text(mini)
    begin(mini, "shadow")
    states = [strategy(mini)]
    while states[-1]["type"] != "direct":
        step(mini)
        states.append(strategy(mini))
    assert states == [
        state("shadow", 100),
        state("canary", 10),
        state("canary", 25),
        state("canary", 50),
        state("direct", None, CANDIDATE, None),
    ]
    assert text(mini) == before.replace(MODEL, CANDIDATE), "the trial leaves no trace in the file"


def test_an_ab_test_ends_with_its_first_promotion(mini: Mini) -> None:
    begin(mini, "abtest")
    assert strategy(mini) == state("abtest", 50)
    step(mini)
    assert strategy(mini) == state("direct", None, CANDIDATE, None)


def test_the_steps_are_those_of_the_environment(mini: Mini) -> None:
    extra = "promotion:\n  canary_steps: [5, 40]\n"
    mini.write("environments/production/environment.yaml", environment_yaml("production") + extra)
    begin(mini, "canary")
    assert strategy(mini) == state("canary", 5)
    step(mini)
    assert strategy(mini) == state("canary", 40)
    step(mini)
    assert strategy(mini)["type"] == "direct"


def test_a_share_between_two_steps_goes_on_to_the_next(mini: Mini) -> None:
    mini.release(
        "income", "production", extra=f"strategy: {{type: canary, candidate: {CANDIDATE}, traffic: 30}}\n"
    )
    step(mini)
    assert strategy(mini) == state("canary", 50)


@pytest.mark.parametrize("kind", ["shadow", "canary", "abtest"])
def test_abort_takes_back_what_began(mini: Mini, kind: str) -> None:
    before = text(mini)
    begin(mini, kind)
    assert text(mini) != before
    step(mini, "abort")
    assert text(mini) == before


def test_comments_stay(mini: Mini) -> None:
    mini.write(
        PATH,
        f"# for the loan desk\nname: income\nowner: credit-ml  # ask them\nmodel: {MODEL}  # trained\n"
        f"strategy:  # agreed with risk\n  # two weeks\n  type: shadow\n  candidate: {CANDIDATE}  # v3\n"
        "# the rest is default\n",
    )
    for _ in range(4):
        step(mini)
    assert text(mini) == (
        f"# for the loan desk\nname: income\nowner: credit-ml  # ask them\nmodel: {CANDIDATE}  # trained\n"
        "strategy:  # agreed with risk\n  # two weeks\n  type: direct\n# the rest is default\n"
    )


def revoke(mini: Mini, commit: str) -> None:
    entry = f"  - commit: {commit}\n    reason: bad labels\n    owner: credit-risk\n    date: 2026-01-05\n"
    mini.write("releases/revoked.yaml", "revoked:\n" + entry)


def test_a_revoked_candidate_is_not_promoted_and_can_be_aborted(
    mini: Mini, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(mini, "shadow")
    revoke(mini, CANDIDATE)
    before = text(mini)
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 10
    told = capsys.readouterr().out
    assert "REVO-001" in told
    assert "end its trial: `releasectl abort production/income`" in told
    assert text(mini) == before
    assert guarded(["-C", str(mini.root), "abort", "production/income"]) == 0
    assert strategy(mini)["candidate"] is None


def test_the_fault_of_another_release_stops_nothing(mini: Mini) -> None:
    """staging serves what was revoked; production must be able to move on all the same."""
    mini.lock(OTHER)
    mini.release("income", "staging", OTHER)
    begin(mini, "shadow")
    revoke(mini, OTHER)
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 0
    assert strategy(mini) == state("canary", 10)


def test_the_report(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    begin(mini, "shadow")
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 0
    told = capsys.readouterr().out
    for line in (
        "production/income  promote: shadow 100 % → canary 10 %",
        f"    {MODEL[:12]} answers 90 % of the requests",
        f"    {CANDIDATE[:12]} answers 10 %",
        "  +  traffic: 10",
        "no server of the model restarts: only its candidate and the weights change",
        "next: git add -A releases environments && git commit -m 'Promote production/income: canary 10 %'",
    ):
        assert line in told.splitlines()
    assert guarded(["-C", str(mini.root), "promote", "production/income", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["command"], found["ok"], found["strategy"]["new"]["traffic"]) == ("promote", True, 25)
    assert found["written"] == [PATH, "environments/production/rendered/income.yaml"]


def test_a_router_says_that_it_restarts(mini: Mini) -> None:
    mini.release(
        "income", "production", extra=f"strategy: {{type: abtest, candidate: {CANDIDATE}, router: true}}\n"
    )
    assert report.restarts(step(mini, "abort")).startswith("the router is part of what Seldon restarts")


def test_the_command_line(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 3
    assert "put one on trial" in capsys.readouterr().err
    assert guarded(["-C", str(mini.root), "abort", "production/loans"]) == 2
    assert (
        guarded(["release", "income", "--env", "production", "--commit", "latest", "--strategy", "blue"]) == 2
    )
    assert "'blue' is not one of abtest, canary, direct, shadow" in capsys.readouterr().err


def test_what_a_refused_step_says_is_enough_to_waive_the_trial_to_its_end(
    mini: Mini, capsys: pytest.CaptureFixture[str]
) -> None:
    """A candidate has the fingerprints of the model that it becomes."""
    subprocess.run(["git", "init", "-q", mini.root], check=True)  # else nobody knows what was waived before
    begin(mini, "canary")
    strict = LENIENT.replace("  DUP-001: off\n", "") + "  DUP-001: deny\n"
    mini.write("environments/production/policy.yaml", strict)
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 10
    told = capsys.readouterr().out
    prints = sorted({*re.findall(r"\b[0-9a-f]{16}\b", told)})
    assert prints, told
    entries = [WAIVER | {"fingerprint": each} for each in prints]
    mini.write("policies/waivers.yaml", yaml.safe_dump({"waivers": entries}))
    for share in (25, 50, None):
        assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 0
        assert strategy(mini)["share"] == share
    assert strategy(mini)["model"] == CANDIDATE


def test_what_was_said_of_a_model_before_is_one_line(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    mild = LENIENT.replace("  DUP-001: off\n", "") + "  DUP-001: warn\n"
    mini.write("environments/production/policy.yaml", mild)
    begin(mini, "canary")
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 0
    told = capsys.readouterr().out
    assert "findings as before, of a model named here already: DUP-001" in told, told
    assert told.count("DUP-001") == 1
    mini.write("environments/production/policy.yaml", mild.replace("DUP-001: warn", "DUP-001: deny"))
    assert guarded(["-C", str(mini.root), "promote", "production/income"]) == 10
    assert "as before" not in capsys.readouterr().out, "what forbids is told whole"
