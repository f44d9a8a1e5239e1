from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from releasectl import repo
from releasectl.errors import Problem
from releasectl.model import Place, Source
from releasectl.yamlsource import parse, span
from releasectl.yamltext import dump_yaml
from tests.strategies import json_objects


def source(text: str) -> Source:
    parsed = parse("f.yaml", text.encode())
    assert isinstance(parsed, Source), parsed
    return parsed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12345678901234567890123456789012", "12345678901234567890123456789012"),
        ("1e10", "1e10"),
        ("12345678901234567890123456789e12", "12345678901234567890123456789e12"),
        ("0123", "0123"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("on", "on"),
        ("no", "no"),
        ("True", "True"),
        ("2024-01-31", "2024-01-31"),
        ("'12'", "12"),
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("1.5", 1.5),
        ("1.0e-05", 1e-05),
        ("1.0e999", "1.0e999"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_only_plain_numbers_and_words_are_not_text(text: str, value: object) -> None:
    found = source(f"key: {text}\n").data["key"]
    assert (type(found), found) == (type(value), value)


def test_every_value_and_field_name_has_its_place() -> None:
    parsed = source("name: income\nstrategy:\n  type: shadow\ndetectors: [drift,  outlier]\na/b: ü\n")
    assert parsed.place("/name") == Place("f.yaml", 1, 7)
    assert parsed.place("/name#") == Place("f.yaml", 1, 1)
    assert parsed.place("/strategy/type") == Place("f.yaml", 3, 9)
    assert parsed.place("/detectors/1") == Place("f.yaml", 4, 21)
    assert parsed.place("/a~1b") == Place("f.yaml", 5, 6)
    assert parsed.place("/strategy/missing") == parsed.place("/strategy")
    assert parsed.place("/missing") == Place("f.yaml", 1, 1)


def test_span_is_exact() -> None:
    text = '# é\nname: income\nmodel:   "abc"   # why\n'
    found = span(text, "/model")
    assert found is not None
    assert text[slice(*found)] == '"abc"'


def test_all_faults_of_one_file_are_told() -> None:
    found = parse("f.yaml", b"a: 1\na: 2\nb: !t x\nc: &x 1\nd: *x\n1: y\n")
    assert isinstance(found, tuple)
    assert [problem.where for problem in found] == ["f.yaml:2:1", "f.yaml:3:4", "f.yaml:4:4", "f.yaml:6:1"]


def test_a_billion_laughs_cost_nothing() -> None:
    lines = ["a: &a [" + ", ".join("x" * 50) + "]"]
    lines += [f"k{n}: &k{n} [" + ", ".join([f"*k{n - 1}" if n else "*a"] * 50) + "]" for n in range(200)]
    found = parse("f.yaml", "\n".join(lines).encode())
    assert isinstance(found, tuple)
    assert len(found) == 1


def test_ten_megabytes_are_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b"a" * 10_000_000)
    problem = repo.read(tmp_path, "big.yaml")
    assert isinstance(problem, Problem)
    assert problem.what == "10,000,000 bytes; a file of this kind holds at most 1,048,576"


@given(json_objects)
def test_what_is_dumped_is_read_back(value: dict[str, object]) -> None:
    text = dump_yaml(value)
    assert source(text).data == value
    assert dump_yaml(source(text).data) == text


def test_numbers_that_other_readers_see_are_quoted() -> None:
    assert dump_yaml(["1e10", "0o17", "y", "12345678901234567890123456789e12", 1e-05, "on"]) == (
        "- '1e10'\n- '0o17'\n- 'y'\n- '12345678901234567890123456789e12'\n- 1.0e-05\n- 'on'\n"
    )
