from __future__ import annotations

from pathlib import Path

import pytest

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
