"""What a waiver has to be, when it holds, and what is said of one that does not."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from releasectl import renewals
from releasectl.errors import InvalidInput
from releasectl.gitrun import run
from releasectl.judge import Judgement, assess, circumstances, denied
from releasectl.render import render
from tests.builder import LENIENT, Mini, build
from tests.unit.policy.test_since import git

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LONGER = LENIENT.replace(
    "rules:\n", "rules:\n  LOG-001: {strictness: deny, parameters: {retention_days: 999}}\n"
)
ENTRY = {
    "rule": "LOG-001",
    "release": "income",
    "environment": "staging",
    "fingerprint": "",
    "reason": "the index is being moved",
    "owner": "platform",
    "approver": "model-risk",
    "ticket": "RISK-1",
    "created": "2026-11-01",
    "expires": "2026-12-31",
}


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    """In staging the log is not kept long enough, which may be waived."""
    found = build(tmp_path)
    found.write("environments/staging/policy.yaml", LONGER)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)  # else nobody knows what was before
    return found


def judged(mini: Mini, now: datetime = NOW) -> Judgement:
    repository = mini.load()
    return assess(repository, render(repository), circumstances(mini.root, now))


def waive(mini: Mini, **changes: Any) -> dict[str, Any]:
    (finding,) = denied(judged(mini).findings)
    entry = {**ENTRY, "fingerprint": finding.fingerprint, **changes}
    kept = {key: value for key, value in entry.items() if value is not None}
    mini.write("policies/waivers.yaml", yaml.safe_dump({"waivers": [kept]}, sort_keys=False))
    return entry


def test_without_a_waiver_it_is_denied(mini: Mini) -> None:
    (finding,) = denied(judged(mini).findings)
    assert (finding.rule, finding.release) == ("LOG-001", "staging/income")


def test_with_one_it_is_not_and_says_so(mini: Mini) -> None:
    waive(mini)
    found = judged(mini)
    assert denied(found.findings) == ()
    (finding,) = found.findings
    assert finding.waiver is not None
    assert (finding.waiver.approver, finding.waiver.place.line) == ("model-risk", 2)
    assert found.notices == ()


@pytest.mark.parametrize(
    ("moment", "holds", "said"),
    [
        (datetime(2026, 10, 31, 23, 59, tzinfo=UTC), False, "begins on 2026-11-01"),
        (datetime(2026, 11, 1, 0, 0, tzinfo=UTC), True, None),
        (datetime(2026, 12, 16, tzinfo=UTC), True, None),
        (datetime(2026, 12, 17, tzinfo=UTC), True, "in 14 days"),
        (datetime(2026, 12, 30, tzinfo=UTC), True, "in 1 day"),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), True, "in 0 days"),
        (datetime(2027, 1, 1, 0, 0, tzinfo=UTC), False, "expired on 2026-12-31"),
    ],
)
def test_the_clock_decides(mini: Mini, moment: datetime, holds: bool, said: str | None) -> None:
    waive(mini)
    found = judged(mini, moment)
    assert (denied(found.findings) == ()) is holds
    assert [notice.what for notice in found.notices if said and said not in notice.what] == []
    assert bool(found.notices) is bool(said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"approver": "platform"}, "approved by its own owner"),
        ({"approver": "plat-form"}, "approved by its own owner"),
        ({"approver": "p.l_atform."}, "approved by its own owner"),
        ({"approver": "credit-ml2"}, "approved by credit-ml2, a team that owns no rule"),
        ({"approver": "model-risc"}, "approved by model-risc, a team that owns no rule"),
        ({"expires": "2027-01-31"}, "lasts 91 days, at most 90"),
        ({"expires": "2026-10-01"}, "before it was created"),
        ({"created": "2026-02-30"}, "has 2026-02-30 as `created`, which is no day of the calendar"),
        ({"expires": "2026-13-01"}, "has 2026-13-01 as `expires`, which is no day of the calendar"),
    ],
)
def test_a_wrong_one_does_not_hold(mini: Mini, changes: dict[str, str], said: str) -> None:
    waive(mini, **changes)
    found = judged(mini)
    assert len(denied(found.findings)) == 1
    (notice,) = found.notices
    assert notice.wrong
    assert said in notice.what
    assert notice.place.file == "policies/waivers.yaml"


def test_everything_that_is_wrong_with_one_is_told(mini: Mini) -> None:
    waive(mini, approver="platform", created="2026-02-30", expires="2026-13-01")
    assert [notice.place.line for notice in judged(mini).notices if notice.wrong] == [8, 10, 11]
    waive(mini, approver="platform", expires="2027-06-01")
    assert [notice.place.line for notice in judged(mini).notices if notice.wrong] == [8, 11]


def test_ninety_days_are_possible(mini: Mini) -> None:
    waive(mini, created="2026-11-01", expires="2027-01-30")
    assert denied(judged(mini).findings) == ()


@pytest.mark.parametrize(
    "changes",
    [{"fingerprint": "0" * 16}, {"release": "income-2"}, {"environment": "production"}, {"rule": "PIN-001"}],
)
def test_one_that_matches_nothing_is_told(mini: Mini, changes: dict[str, str]) -> None:
    waive(mini, **changes)
    found = judged(mini)
    assert len(denied(found.findings)) == 1
    assert "matches no finding" in found.notices[0].what
    assert found.notices[0].remedy.startswith(
        "keep it if it waits for a release that is to come; else remove it"
    )


def test_another_value_needs_another_waiver(mini: Mini) -> None:
    waive(mini)
    file = mini.root / "environments/staging/environment.yaml"
    file.write_text(file.read_text().replace("retention_days: 760", "retention_days: 30"))
    assert len(denied(judged(mini).findings)) == 1


def test_an_environment_may_refuse_waivers(mini: Mini) -> None:
    waive(mini)
    mini.write("environments/staging/policy.yaml", LONGER.replace("}}", "}, waivable: false}"))
    found = judged(mini)
    assert len(denied(found.findings)) == 1
    assert "cannot be waived in staging" in found.notices[0].what


@pytest.mark.parametrize(
    ("changes", "said", "remedy"),
    [
        ({"rule": "LOG-002"}, "the rule `LOG-002`, which does not exist", "did you mean `LOG-001`?"),
        ({"environment": "stagign"}, "the environment `stagign`", "did you mean `staging`?"),
        ({"approvr": "x"}, "unknown field `approvr` of a waiver", "did you mean `approver`?"),
        ({"ticket": None}, "a waiver needs the field `ticket`", "add `ticket:`"),
        ({"fingerprint": "xyz"}, "`xyz` is not a fingerprint", "copy the 16 digits"),
        ({"expires": "soon"}, "`soon` is not a date", "write year, month and day"),
        ({"reason": "because"}, "`because` is not a reason", "write a sentence"),
        ({"reason": " " * 1000}, "is not a reason", "write a sentence"),
        ({"reason": "_._._._._._._._"}, "is not a reason", "write a sentence"),
        ({"ticket": " "}, "` ` is not a ticket", "as in RISK-2041"),
        ({"owner": " "}, "` ` is not a team's name", "as in credit-ml"),
        ({"approver": " "}, "` ` is not a team's name", "as in credit-ml"),
        ({"approver": "@platform <x>"}, "`@platform <x>` is not a team's name", "as in credit-ml"),
        ({"approver": "Plat-Form"}, "`Plat-Form` is not a team's name", "as in credit-ml"),
        ({"approver": "platfor\u217f"}, "`platfor\\u217f` is not a team's name", "as in credit-ml"),
        ({"approver": "platform\n"}, "is not a team's name", "as in credit-ml"),
    ],
)
def test_what_is_no_waiver_at_all(mini: Mini, changes: dict[str, Any], said: str, remedy: str) -> None:
    waive(mini, **changes)
    with pytest.raises(InvalidInput) as caught:
        judged(mini)
    (problem,) = caught.value.problems
    assert problem.where.startswith("policies/waivers.yaml:")
    assert said in problem.what
    assert remedy in problem.remedy


def test_two_for_one_finding_the_one_that_holds_counts(mini: Mini) -> None:
    old = waive(mini)
    entries = [old | {"created": "2026-08-01", "expires": "2026-09-01"}, old, old | {"created": "2026-12-01"}]
    mini.write("policies/waivers.yaml", yaml.safe_dump({"waivers": entries}))
    found = judged(mini)
    assert denied(found.findings) == ()
    told = " ".join(notice.what for notice in found.notices)
    assert "expired on 2026-09-01" in told
    assert "begins on 2026-12-01" in told


def test_soon_is_two_weeks() -> None:
    from releasectl.waivers import LONGEST, SOON

    assert (timedelta(days=90), timedelta(days=14)) == (LONGEST, SOON)


def granted(mini: Mini, *days: str) -> None:
    """Waivers of the same finding on those days, each in a commit; the last is in the file."""
    git(mini.root, "init", "-q", "-b", "main")
    git(mini.root, "add", "-A")
    git(mini.root, "commit", "-q", "-m", "without")
    (finding,) = denied(judged(mini).findings)
    for day in days:
        expires = date.fromisoformat(day) + timedelta(days=60)
        entry = ENTRY | {"fingerprint": finding.fingerprint, "created": day, "expires": str(expires)}
        mini.write("policies/waivers.yaml", yaml.safe_dump({"waivers": [entry]}, sort_keys=False))
        git(mini.root, "add", "-A")
        git(mini.root, "commit", "-q", "--allow-empty", "-m", day)


@pytest.mark.parametrize(
    ("days", "holds"),
    [
        (("2026-06-01", "2026-08-01", "2026-11-01"), True),
        (("2026-04-01", "2026-06-01", "2026-08-01", "2026-11-01"), False),
        (("2026-08-01", "2026-08-01", "2026-08-01", "2026-11-01"), True),
        (("2025-10-31", "2026-06-01", "2026-08-01", "2026-11-01"), True),
        (("2025-11-01", "2026-06-01", "2026-08-01", "2026-11-01"), False),
    ],
)
def test_two_renewals_within_a_year_whatever_is_left_of_them(
    mini: Mini, days: tuple[str, ...], holds: bool
) -> None:
    granted(mini, *days)
    found = judged(mini)
    assert (denied(found.findings) == ()) is holds
    told = " ".join(notice.what for notice in found.notices)
    assert ("is renewal 3 within a year, at most 2 are possible: it does not hold" in told) is not holds


def test_what_is_renewed_before_it_is_committed(mini: Mini) -> None:
    granted(mini, "2026-04-01", "2026-06-01", "2026-08-01")
    waive(mini, created="2026-11-01")
    assert len(denied(judged(mini).findings)) == 1


def test_another_rule_has_renewals_of_its_own(mini: Mini) -> None:
    granted(mini, "2026-04-01", "2026-06-01")
    file = mini.root / "policies/waivers.yaml"
    for rule, day in (("LOG-002", "2026-07-01"), ("PIN-001", "2026-08-01")):
        entry = ENTRY | {"rule": rule, "fingerprint": "0" * 16, "created": day, "expires": "2026-08-31"}
        file.write_text(yaml.safe_dump({"waivers": [entry]}))
        git(mini.root, "commit", "-q", "-a", "-m", day)
    mini.write("policies/waivers.yaml", "waivers: []\n")
    waive(mini)
    assert denied(judged(mini).findings) == ()


def test_in_a_shallow_clone_nothing_is_waived(mini: Mini, tmp_path_factory: pytest.TempPathFactory) -> None:
    granted(mini, "2026-08-01", "2026-11-01")
    clone = tmp_path_factory.mktemp("shallow") / "clone"
    git(mini.root, "clone", "-q", "--depth=1", f"file://{mini.root}", str(clone))
    found = judged(Mini(clone))
    (finding,) = (each for each in denied(found.findings) if each.rule == "LOG-001")
    assert finding.waiver is None
    assert any(
        "is not known, so it does not hold: this clone is shallow" in each.what for each in found.notices
    )


@pytest.mark.parametrize(("day", "asked"), [("2026-08-01", False), ("2026-11-01", True)])
def test_git_is_asked_only_while_a_waiver_matters(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, day: str, asked: bool
) -> None:
    granted(mini, day)
    repository = mini.load()
    given, rendered = circumstances(mini.root, NOW), render(repository)
    words: list[object] = []

    def noted(*arguments: Any, **options: Any) -> Any:
        words.append(arguments)
        return run(*arguments, **options)

    monkeypatch.setattr(renewals, "run", noted)
    assess(repository, rendered, given)
    assert bool(words) is asked
