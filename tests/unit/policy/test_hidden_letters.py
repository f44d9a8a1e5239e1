"""Names in evidence that move, hide or reorder what stands beside them: no report passes them on."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
import yaml

from releasectl import lock as locks
from releasectl.cli.main import guarded
from releasectl.report.findings import FORMATS
from releasectl.yamltext import dump_yaml
from tests import policy_cases
from tests.builder import build

HIDDEN = "\x1b[2J\a\u200b\u202e\ufdd0\uffff\U000e0041"
JUDGED = ("FAIR-001", "FAIR-003", "FAIR-004", "FAIR-005", "FAIR-006", "PERF-002", "XAI-001")


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """Model 2, a group and a feature of which have such names."""
    mini = build(tmp_path)
    document = yaml.load(locks.dump(policy_cases.lock_of("v2")), yaml.CSafeLoader)
    for traits in document["evidence"]["groups"]["traits"].values():
        traits["groups"][f"gr{HIDDEN}oup"] = next(iter(traits["groups"].values()))
    document["features"]["features"][0]["name"] = f"gender{HIDDEN}"
    document["digest"] = locks.digest_of(document)
    mini.write(locks.path_of(document["commit"]), locks.HEADER + dump_yaml(document))
    mini.release("income", "staging", document["commit"])
    rules = "".join(f"  {rule}: warn\n" for rule in JUDGED)
    policy = (tmp_path / "environments/staging/policy.yaml").read_text().splitlines(keepends=True)
    kept = [line for line in policy[1:] if not line.strip().startswith(JUDGED)]
    mini.write("environments/staging/policy.yaml", f"rules:\n{''.join(kept)}{rules}")
    return tmp_path


def told(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    guarded(["-C", str(root), *arguments])
    out, err = capsys.readouterr()
    return click.unstyle(out + err)


@pytest.mark.parametrize("output", FORMATS)
def test_no_format_passes_them_on(strange: Path, capsys: pytest.CaptureFixture[str], output: str) -> None:
    text = told(strange, capsys, "check", "--format", output)
    assert "FAIR-001" in text
    assert not set(text) & set(HIDDEN) - set("[2J")
    if output == "junit":
        assert ElementTree.fromstring(text.partition("\n")[2]).tag == "testsuites"


def test_every_fact_shows_them_by_their_codes(strange: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "".join(told(strange, capsys, "why", "staging/income", "--all").split())
    assert r"gr\x1b[2J\x07\u200b\u202e\ufdd0\uffff\U000e0041oup" in text
    assert not set(text) & set(HIDDEN) - set("[2J")
