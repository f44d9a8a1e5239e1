"""A file that no rule can judge: each format shows it in its own way, and the exit code says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from releasectl.cli.main import guarded
from releasectl.schema import schema
from tests.builder import build

FILE = "releases/staging/income.yaml"
WHAT = "unknown field `modle` of a release"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    mini = build(tmp_path)
    mini.write(FILE, (tmp_path / FILE).read_text() + "modle: x\n")
    mini.write("releases/production/other.yaml", "a: [\n")
    return tmp_path


def in_sarif(text: str) -> bool:
    places = [each["locations"][0]["physicalLocation"] for each in json.loads(text)["runs"][0]["results"]]
    files = [place["artifactLocation"]["uri"] for place in places]
    return files == ["releases/production/other.yaml", FILE] and WHAT in text


def in_github(text: str) -> bool:
    errors = [line for line in text.splitlines() if line.startswith("::error ")]
    return len(errors) == 2 and f"file={FILE},line=4,col=1,title=refused::{WHAT}" in errors[1]


def in_junit(text: str) -> bool:
    cases = list(ElementTree.fromstring(text.split("\n", 1)[1]).iter("testcase"))
    failure = cases[1].find("failure")
    return (
        len(cases) == 2
        and cases[1].get("file") == FILE
        and failure is not None
        and "`modle`" in str(failure.get("message"))
    )


def in_markdown(text: str) -> bool:
    return text.startswith("### Policy: ❌") and f"| `{FILE}:4:1` |" in text and "modle" in text


def in_json(text: str) -> bool:
    found = json.loads(text)
    Draft202012Validator(schema("releasectl/report/check.schema.json")).validate(found)
    return (found["command"], found["exit_code"]) == ("check", 3) and found["problems"][1][
        "where"
    ] == f"{FILE}:4:1"


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("text", lambda text: text == ""),
        ("json", in_json),
        ("sarif", in_sarif),
        ("github", in_github),
        ("junit", in_junit),
        ("markdown", in_markdown),
    ],
)
def test_a_file_that_cannot_be_read(
    form: str, shown: Callable[[str], bool], broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(["-C", str(broken), "check", "--format", form]) == 3
    out, err = capsys.readouterr()
    assert shown(out)
    on_stderr = form not in ("json", "github")  # whose output tells people as well, or is all that is read
    assert (WHAT in err) == on_stderr == bool(err)
