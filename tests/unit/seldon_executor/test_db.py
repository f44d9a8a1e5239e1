"""The log's file: pairs, order, bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from releasectl.sandbox.seldon.requestlog.db import Log, LogReader
from releasectl.sandbox.seldon.requestlog.incoming import Logged

EVERYTHING = "select * from elements order by at"


def event(request_id: str, *, response: bool = False, second: int = 0, body: bytes = b"{}") -> Logged:
    row: dict[str, Any] = {
        "namespace": "credit", "deployment": "income", "predictor": "default", "container": "income",
        "request_id": request_id, "time": f"2026-01-01T00:00:{second:02}.000000Z", "model": "c",
        "source": "s", "body": body, "status": 200, "error": "", "seconds": 0.1,
    }  # fmt: skip
    return Logged(response, row)


def test_a_request_and_its_response_are_one_element_whichever_comes_first(tmp_path: Path) -> None:
    log, reader = Log(tmp_path / "log.db"), LogReader(tmp_path / "log.db")
    log.add([event("a", second=1), event("a", response=True, second=2)])
    log.add([event("b", response=True, second=4)])
    assert [row["at"][17:19] for row in reader.rows(EVERYTHING)] == ["01", "04"]
    log.add([event("b", second=3)])
    log.add([event("a", second=9, body=b"[]"), event("a", response=True, second=9)])  # sent once more
    rows = reader.rows(EVERYTHING)
    assert [(row["request_id"], row["at"][17:19], row["request"]) for row in rows] == [
        ("a", "01", b"{}"),
        ("b", "03", b"{}"),
    ]
    assert all(row["response"] == b"{}" for row in rows)


def test_detectors_go_on_where_they_were(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db")
    log.add([event(f"{number}", second=number) for number in range(5)])
    asked = log.after(log.cursor("d"), "credit", "income", 3)
    log.said("d", asked[-1].id, "outlier", [(asked[0].id, "yes")])
    log.close()
    again = Log(tmp_path / "log.db")
    assert len(again.after(again.cursor("d"), "credit", "income", 100)) == 2
    kept = LogReader(tmp_path / "log.db").rows(EVERYTHING)
    assert [row["outlier"] for row in kept] == ["yes", None, None, None, None]


def test_the_oldest_go_when_there_is_too_much(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db", keep_bytes=400_000)
    for batch in range(10):
        log.add([event(f"{batch:02}-{number:02}", body=b"x" * 2000) for number in range(50)])
    rows = LogReader(tmp_path / "log.db").rows("select request_id from elements order by id")
    assert 50 <= len(rows) < 200
    assert rows[-1]["request_id"] == "09-49"
    assert (tmp_path / "log.db").stat().st_size < 600_000


def test_no_log_is_an_empty_log(tmp_path: Path) -> None:
    assert LogReader(tmp_path / "log.db").rows(EVERYTHING) == []
