from __future__ import annotations

import datetime

import pytest
from hypothesis import given

from releasectl import lock as locks
from releasectl.errors import InvalidInput
from releasectl.model import Lock, Source
from releasectl.reading import validated
from tests.builder import EVIDENCE, make_lock
from tests.strategies import json_objects, locks_of


@given(locks_of())
def test_load_of_dump_is_the_lock(lock: Lock) -> None:
    text = locks.dump(lock)
    again = locks.load(text)
    assert again == lock
    assert locks.dump(again) == text
    assert locks.digest(again) == locks.digest(lock)
    assert again.source is not None
    assert again.source.data["digest"] == locks.digest_of(again.source.data)


@given(json_objects)
def test_digest_does_not_depend_on_the_order_of_fields(evidence: dict[str, object]) -> None:
    backwards = dict(reversed(evidence.items()))
    assert locks.dump(make_lock(evidence=evidence)) == locks.dump(make_lock(evidence=backwards))


def test_a_changed_number_changes_the_digest() -> None:
    better = EVIDENCE | {"metrics": EVIDENCE["metrics"] | {"accuracy": 0.99}}
    assert locks.digest(make_lock()) != locks.digest(make_lock(evidence=better))


def test_what_is_written_passes_its_schema() -> None:
    found = validated("lock.yaml", locks.dump(make_lock()).encode(), "releases/lock.schema.json")
    assert isinstance(found, Source)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), datetime.date(2024, 1, 31)])
def test_evidence_that_no_json_reader_takes_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match="evidence"):
        make_lock(evidence={"metrics": {"accuracy": value}})
