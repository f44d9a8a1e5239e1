"""What is stored is there after a restart, and numbers never repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from releasectl.sandbox.seldon.store import Store, StoredDetector

DRIFT = StoredDetector("ns", "income", "drift", "income-drift", {"name": "income-drift"})


def body(name: str = "income", namespace: str = "ns") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "seldon.db"


def test_objects_and_their_status_have_writers_of_their_own(path: Path) -> None:
    store = Store(path)
    first = store.put_object(body())
    store.put_status("ns", "income", {"state": "Creating"})
    second = store.put_object({**body(), "status": {"state": "forged"}})
    assert second["status"] == {"state": "Creating"}
    versions = [each["metadata"]["resourceVersion"] for each in (first, second)]
    assert versions == ["1", "3"]
    store.put_object(body("other"))
    store.put_object(body(namespace="elsewhere"))
    again = Store(path)
    assert again.object("ns", "income") == second
    assert [each["metadata"]["name"] for each in again.objects("ns")] == ["income", "other"]
    assert len(again.objects()) == 3
    assert again.next_number("resourceVersion") == 6


def test_a_status_of_nothing_is_not_written(path: Path) -> None:
    store = Store(path)
    store.put_status("ns", "income", {})
    assert store.object("ns", "income") is None


def test_detectors_are_unique_and_go_with_their_owner(path: Path) -> None:
    store = Store(path)
    store.put_object(body())
    assert store.add_detector(DRIFT)
    assert not store.add_detector(DRIFT)
    assert store.detectors() == [DRIFT]
    assert store.delete_object("ns", "income")
    assert store.detectors() == []
    assert not store.delete_object("ns", "income")


def test_commitments_processes_and_settings_are_kept(path: Path) -> None:
    store = Store(path)
    store.commit("ns/income", {"revisions": {}})
    store.put_process("key", {"a": 1}, {"pid": 2})
    store.put_process("key", {"a": 1}, {"pid": 3})
    store.set("traefik", {"pid": 4})
    store.close()
    again = Store(path)
    assert again.commitments() == {"ns/income": {"revisions": {}}}
    assert again.processes() == [({"a": 1}, {"pid": 3})]
    assert again.setting("traefik") == {"pid": 4}
    again.forget("ns/income")
    again.delete_process("key")
    assert (again.commitments(), again.processes()) == ({}, [])
