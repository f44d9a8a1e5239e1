"""A comparison of more requests than the request log has is refused; a log that cannot tell is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from releasectl.errors import BackendUnreachable, InvalidInput
from releasectl.model import Repository
from releasectl.ports import Endpoint, LoggedSpan
from releasectl.tally import counted
from releasectl.yamltext import dump_yaml
from tests.builder import CANDIDATE, build
from tests.policy_cases import comparison

FIRST = datetime(2026, 11, 4, 12, tzinfo=UTC)  # as `comparison` has it, 20 days ago; 9,000 requests


class Log:
    """Only counts are asked for."""

    def __init__(self, **counts: int) -> None:
        self.counts = {Endpoint(name, "income"): count for name, count in counts.items()}
        self.first = FIRST + timedelta(milliseconds=500)

    def endpoints(self, namespace: str, name: str) -> Mapping[Endpoint, LoggedSpan]:
        assert (namespace, name) == ("creditco-staging", "income")
        return {each: LoggedSpan(count, self.first, self.first) for each, count in self.counts.items()}


class Silent:
    def endpoints(self, _: str, name: str) -> Mapping[Endpoint, LoggedSpan]:
        raise BackendUnreachable.at(name, "nobody answers", "ask again")


def compared(folder: Path, kind: str = "canary", *also: str) -> Repository:
    """As a shadow, by a record of the old name, and by the strategies `also`."""
    mini = build(folder)
    mini.lock(CANDIDATE)
    mini.release("income", extra=f"strategy: {{type: {kind}, candidate: {CANDIDATE}}}\n")
    record = comparison(CANDIDATE, {"model": "v1", "first": 20, "last": 6}) | {"environment": "staging"}
    for strategy, end in (("shadow", ""), *((each, f".{each}") for each in also)):
        path = f"releases/comparisons/staging/income/{CANDIDATE}{end}.yaml"
        mini.write(path, dump_yaml(record | {"strategy": strategy}))
    return mini.load()


def told(repository: Repository, log: object) -> list[str]:
    return [each.what for each in counted(repository, "staging", lambda _: log)]  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize("shadow", [9000, 20_000])
def test_as_many_requests_as_it_says_are_enough(tmp_path: Path, shadow: int) -> None:
    assert told(compared(tmp_path), Log(default=30_000, shadow=shadow)) == []


@pytest.mark.parametrize("counts", [{"shadow": 8999}, {}], ids=["fewer", "none at all"])
def test_fewer_contradict_it(tmp_path: Path, counts: dict[str, int]) -> None:
    repository = compared(tmp_path)
    number = f"{counts.get('shadow', 0):,}"
    said = f"{CANDIDATE}.yaml: .* 9,000 requests by the comparison, {number} by the request log"
    with pytest.raises(InvalidInput, match=said):
        told(repository, Log(default=30_000, **counts))


def test_each_record_is_counted_by_the_endpoint_of_its_strategy(tmp_path: Path) -> None:
    repository = compared(tmp_path, "canary", "canary")
    assert told(repository, Log(default=30_000, shadow=9000, candidate=9000)) == []
    with pytest.raises(InvalidInput, match=f"{CANDIDATE}.canary.yaml: .* 7 by the request log") as caught:
        told(repository, Log(default=30_000, shadow=9000, candidate=7))
    assert len(caught.value.problems) == 1


def test_a_log_that_does_not_reach_back_is_told(tmp_path: Path) -> None:
    log = Log(default=10, shadow=10)
    log.first = FIRST + timedelta(days=1)
    (said,) = told(compared(tmp_path), log)
    assert said == "the request log begins at 2026-11-05 12:00, after the first request compared"


def test_so_is_one_that_has_nothing_or_does_not_answer(tmp_path: Path) -> None:
    repository = compared(tmp_path)
    assert "has nothing of income" in told(repository, Log())[0]
    assert "cannot be asked: nobody answers" in told(repository, Silent())[0]


def test_nobody_asks_for_a_shadow(tmp_path: Path) -> None:
    assert told(compared(tmp_path, "shadow"), None) == []


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_nothing_is_planned_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    compared(tmp_path)
    monkeypatch.setattr(Workspace, "request_log", lambda *_: Log(default=30_000, shadow=5))
    monkeypatch.setattr(Workspace, "cluster", lambda *_: None)
    assert guarded(["-C", str(tmp_path), command, "staging"]) == 3
    assert "9,000 requests by the comparison, 5 by the request log" in capsys.readouterr().err
