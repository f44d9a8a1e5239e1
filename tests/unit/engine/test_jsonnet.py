from __future__ import annotations

from pathlib import Path

import pytest

from generators.bounded import bounded
from generators.catalogue import strategy_imports, strategy_names
from generators.jsonnet import evaluate, evaluate_library, evaluate_text
from releasectl.errors import InvalidInput


def test_imports_come_from_the_folder_or_the_library(tmp_path: Path) -> None:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines/base.libsonnet").write_text("{ a: 1 }")
    (tmp_path / "pipelines/dag.jsonnet").write_text(
        "function(x) (import 'base.libsonnet') + { x: x, none: (import 'explainers.libsonnet').none.type }"
    )
    assert evaluate(tmp_path, "pipelines/dag.jsonnet", {"x": [1]}) == {"a": 1, "x": [1], "none": None}


@pytest.mark.parametrize(
    "path", ["/etc/hostname", "../outside.libsonnet", "link.libsonnet", "../../../../../../etc/hostname"]
)
def test_nothing_outside_the_repository_is_read(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.libsonnet").write_text("{ secret: 1 }")
    (root / "link.libsonnet").symlink_to(tmp_path / "outside.libsonnet")
    with pytest.raises(InvalidInput) as caught:
        evaluate_text(root, "dag.jsonnet", f"importstr '{path}'")
    assert caught.value.problems[0].where == "dag.jsonnet:1:1"


def test_a_pull_request_cannot_replace_the_generators(tmp_path: Path) -> None:
    (tmp_path / "generators").mkdir()
    (tmp_path / "generators/explainers.libsonnet").write_text("{ none: { type: 'mine' } }")
    text = "(import 'generators/explainers.libsonnet').none.type"
    assert evaluate_text(tmp_path, "dag.jsonnet", text) is None


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("{ a: 1", "dag.jsonnet:1:7", "jsonnet: "),
        ("\n{ a: b }", "dag.jsonnet:2:6", "jsonnet: Unknown variable: b"),
        ("{ a: error 'must provide a' }", "dag.jsonnet:1:6", "jsonnet: must provide a"),
        ("local f(x) = f(x + 1); f(1)", "dag.jsonnet:1:14", "jsonnet: max stack frames exceeded."),
        (
            "(import 'detectors.libsonnet').configurations({})",
            "generators/detectors.libsonnet",
            "must provide",
        ),
    ],
)
def test_errors_have_a_place(tmp_path: Path, text: str, where: str, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        evaluate_text(tmp_path, "dag.jsonnet", text)
    (problem,) = caught.value.problems
    assert problem.where.startswith(where)
    assert what in problem.what


def test_our_strategies_are_written_out_and_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each import would cost several milliseconds, in every command."""
    imported: list[str] = []
    monkeypatch.setattr("generators.jsonnet._importer", lambda _: lambda _, name: imported.append(name))
    strategies = strategy_imports(strategy_names())
    text = f"local all = {strategies}; [all[name].about for name in std.objectFields(all)]"
    assert len(evaluate_library(tmp_path, "here.jsonnet", text)) == len(strategy_names())
    assert imported == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("local f(x) = f(x + 1) tailstrict; f(1)", "has not come to an end"),
        ("std.join('', std.makeArray(300000000, function(i) 'x' + i))", "MB of memory"),
        ("std.repeat('x', 5000)", "gives more than 4 kB"),
    ],
)
def test_a_file_without_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, what: str
) -> None:
    monkeypatch.setattr("generators.jsonnet.bounded", bounded)  # stories evaluate without a bound
    monkeypatch.setattr("generators.bounded.SECONDS", 1)
    monkeypatch.setattr("generators.bounded.MEMORY", 200 << 20)
    monkeypatch.setattr("generators.bounded.ANSWER", 4 << 10)
    (tmp_path / "dag.jsonnet").write_text(text)
    with pytest.raises(InvalidInput) as caught:
        evaluate(tmp_path, "dag.jsonnet")
    (problem,) = caught.value.problems
    assert problem.where == "dag.jsonnet"
    assert what in problem.what


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "dag.jsonnet").write_bytes(b"[]\n// \xff\n")
    with pytest.raises(InvalidInput) as caught:
        evaluate(tmp_path, "dag.jsonnet")
    assert caught.value.problems[0].where == "dag.jsonnet:2:1"
    assert caught.value.problems[0].what == "byte 0xff is not UTF-8"


def test_what_a_file_makes_jsonnet_say_is_cut_and_has_no_hidden_letters(tmp_path: Path) -> None:
    (tmp_path / "dag.jsonnet").write_text("error '\u202e' + std.repeat('y', 1000)")
    with pytest.raises(InvalidInput) as caught:
        evaluate(tmp_path, "dag.jsonnet")
    what = caught.value.problems[0].what
    assert what.startswith("jsonnet: \\u202eyyy")
    assert len(what) < 400
