"""`why`: every rule, the facts it saw, its verdict. `rules`: the catalogue, and one page of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from releasectl.cli.main import guarded
from releasectl.repo import ENGINE
from releasectl.rulebook import rules
from releasectl.ruletable import BEGIN, END, as_markdown, with_table
from tests.builder import LENIENT, Mini, build


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    found = build(tmp_path)
    text = LENIENT.replace("  DUP-001: off\n", "  DUP-001: {strictness: warn, parameters: {share: 0.6}}\n")
    found.write("environments/staging/policy.yaml", text)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)  # else nobody knows what was before
    return found


def run(mini: Mini, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = guarded(["-C", str(mini.root), *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_why_tells_passing_failing_and_silent_rules(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(mini, capsys, "why", "staging/income")
    assert code == 0
    assert "the first: no model served before it" in out
    assert "✓ PIN-001 What runs is" not in out
    assert "✓ PIN-001 Images and models are pinned [deny] passed" in out
    assert "creditco/serving:1.0.0" not in out
    assert (
        "! DUP-001 The training data are not a few rows many times [warn] warn: 1 of 1 fact not as wanted"
        in out
    )
    assert "with share 0.6" in out
    assert "✗ share of training rows that are distinct: unknown, because" in out
    assert "- FAIR-001 No model decides by a protected trait [off] is off here" in out
    assert "every fact: releasectl why staging/income --all" in out
    silent = len(rules()) - out.count(" passed\n") - 1
    told = f"{len(rules())} rules: 1 warn, {out.count(' passed' + chr(10))} passed, {silent} off"
    assert told in out


def test_why_shows_every_fact_when_it_is_asked(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(mini, capsys, "why", "staging/income", "--all")
    assert "  ✓ an image: creditco/serving:1.0.0 (wanted: an exact version or a digest)" in out
    assert "  ✗ share of training rows that are distinct: unknown, because" in out
    assert "--all" not in out


def test_why_of_what_speaks_against_a_release(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(mini, capsys, "why", "staging/income", "--findings")
    ids = [line.split()[1] for line in out.splitlines() if line.startswith(("✓ ", "! ", "✗ ", "- ", "· "))]
    assert (code, ids) == (0, ["DUP-001"])
    assert "  → " in out
    both = run(mini, capsys, "why", "staging/income", "--findings", "--format", "json")
    assert both == run(mini, capsys, "why", "staging/income", "--format", "json")


def test_why_tells_together_what_is_unknown_for_one_reason(
    mini: Mini, capsys: pytest.CaptureFixture[str]
) -> None:
    mini.write("environments/staging/policy.yaml", LENIENT.replace("  CARD-001: off\n", ""))
    _, out, _ = run(mini, capsys, "why", "staging/income", "--findings")
    told = " ".join(out.partition("CARD-001")[2].split())
    assert "owner of the card, contact of the card, tier of the card" in told
    assert told.count("unknown, because") == 3  # of the thirteen facts one wants the groups


def test_why_as_json_has_every_rule(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(mini, capsys, "why", "staging/income", "--format", "json")
    found = json.loads(out)
    assert (code, found["ok"], found["release"]) == (0, True, "staging/income")
    assert [each["rule"] for each in found["rules"]] == list(rules())
    duplicates = next(each for each in found["rules"] if each["rule"] == "DUP-001")
    assert duplicates["parameters"] == {"share": 0.6}
    (fact,) = duplicates["facts"]
    assert (fact["holds"], fact["wanted"]) == (False, "at least 0.6")
    assert "missing" in fact["actual"]


def test_the_path_of_its_file_names_a_release(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    _, by_path, _ = run(mini, capsys, "why", "releases/staging/income.yaml")
    assert by_path == run(mini, capsys, "why", "staging/income")[1]


def test_why_of_nothing(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(mini, capsys, "why", "staging/wealth")
    assert code == 2
    assert "staging/wealth: no such release" in err


def test_the_catalogue(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(mini, capsys, "rules")
    assert code == 0
    assert all(rule in out for rule in rules())
    _, out, _ = run(mini, capsys, "rules", "--format", "json")
    found = json.loads(out)["rules"]
    assert [each["id"] for each in found] == list(rules())
    duplicates = next(each for each in found if each["id"] == "DUP-001")
    assert duplicates["environments"]["staging"] == {
        "strictness": "warn",
        "parameters": {"share": 0.6},
        "waivable": True,
    }
    assert duplicates["authority"][0]["status"] == "company policy"


@pytest.mark.parametrize("rule", rules())
def test_every_page_can_be_read(rule: str, mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(mini, capsys, "rules", "--explain", rule)
    assert code == 0
    record = rules()[rule].RULE
    told = " ".join(out.split())  # in whatever lines
    for part in (record.title, record.remedy.advice, record.owner, record.remedy.after.splitlines()[0]):
        assert " ".join(part.split()) in told
    assert "In staging: " in out
    code, out, _ = run(mini, capsys, "rules", "--explain", rule, "--format", "markdown")
    assert out.startswith(f"# {rule}: {record.title}")


@pytest.mark.parametrize("asked", ["fair-004", "Fair-004", "selection_rates"])
def test_a_rule_is_named_in_any_case_or_by_its_module(
    asked: str, mini: Mini, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(mini, capsys, "rules", "--explain", asked)
    assert code == 0
    assert out.startswith("FAIR-004: ")


def test_a_page_tells_the_bounds_of_parameters_and_what_environments_make_of_it(
    mini: Mini, capsys: pytest.CaptureFixture[str]
) -> None:
    for output in ("text", "markdown"):
        _, out, _ = run(mini, capsys, "rules", "--explain", "FAIR-004", "--format", output)
        told = " ".join(out.split())
        assert "ratio: 0.8 (selection rate of a group to that of the group selected most; " in told
        assert "from 0.5 to 1; lower is looser)" in told
        assert "of gender, race, marital-status, age-band, native-country; fewer is looser)" in told
        assert "In staging: off" in told


def test_an_unknown_rule(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(mini, capsys, "rules", "--explain", "FAIR-01")
    assert code == 2
    assert "did you mean `FAIR-001`?" in err
    assert "`releasectl rules` lists them" in run(mini, capsys, "rules", "--explain", "proxy")[2]


def test_rules_can_be_asked_while_a_release_is_broken(mini: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    mini.write("releases/staging/income.yaml", "name: [\n")
    assert run(mini, capsys, "rules")[0] == 0


def test_the_readme_s_table_is_that_of_the_environments(mini: Mini) -> None:
    readme = (ENGINE / "policies/README.md").read_text()
    environments = mini.load().environments
    once = with_table(readme, environments)
    assert as_markdown(environments) in once
    assert with_table(once, environments) == once
    before, after = readme.partition(BEGIN)[0], readme.partition(END)[2]
    assert once.startswith(before)
    assert once.endswith(after)
    assert (
        "| [DUP-001](duplicates.py) | The training data are not a few rows many times | high | off | warn |"
        in once
    )
