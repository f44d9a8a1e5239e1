"""Bench helpers: a sandbox with a trained model, and a table of quantiles at the end of the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.stand import Stand, datasets

SUMMARY: list[tuple[str, str]] = []


@pytest.fixture(scope="session")
def note() -> Callable[[str, str], None]:
    """note(name, text): a line for the table that the README quotes."""
    return lambda name, text: SUMMARY.append((name, text))


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return datasets(tmp_path_factory.mktemp("datasets"))


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory, data: dict[str, list[str]]) -> Iterator[Stand]:
    """The full dataset v1 is pushed and named; nothing has trained yet."""
    found = Stand(tmp_path_factory.mktemp("stand"))
    found.start()
    try:
        found.push(data["holdout"], "holdout.csv", "--repo", "income_holdout")
        found.push(data["v1"], "data.csv", "--train")
        found.commit("Train on v1")
        yield found
    finally:
        found.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if SUMMARY:
        terminalreporter.section("for the README")
        for name, text in SUMMARY:
            terminalreporter.write_line(f"| {name} | {text} |")


def model_server(stand: Stand, namespace: str) -> str:
    """The URL that the executor of the release `income` passes its requests on to."""
    pods = stand.root / ".sandbox/seldon/pods" / namespace
    (file,) = pods.glob("income-default-0-income-*/seldon-container-engine/upstreams.json")
    return str(json.loads(file.read_text())["income"][0])
