from __future__ import annotations

from typing import Any

import pytest

from generators.specs import faults


def spec(name: str = "income_training", **changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "pipeline": {"name": name},
        "input": {"pfs": {"repo": "income_data", "glob": "/"}},
        "transform": {"cmd": ["true"]},
    }
    return base | changes


def pfs(**changes: Any) -> dict[str, Any]:
    return {"pfs": {"repo": "income_data", "glob": "/"} | changes}


REFUSED = {
    "no name": (spec(""), "cannot name a pipeline"),
    "slash": (spec("a/b"), "cannot name a pipeline"),
    "52 characters": (spec("a" * 52), "52 characters"),
    "unknown field": (spec(parallelism={"constant": 1}), "no field named"),
    "a duration in words": (spec(datum_timeout="5m"), "is no pipeline spec"),
    "cpu in thousandths": (spec(resource_requests={"cpu": "500m"}), "is no pipeline spec"),
    "a pipeline that is a list": (spec(pipeline=[1]), "cannot name a pipeline"),
    "a name that is a number": (spec(pipeline={"name": 3}), "cannot name a pipeline"),
    "a name that is nothing": (spec(pipeline={"name": None}), "cannot name a pipeline"),
    "an input that is a number": (spec(input=3), "is no pipeline spec"),
    "an input that is an empty list": (spec(input=[]), "sets nothing"),
    "an input of a cross that is empty text": (spec(input={"cross": [""]}), "sets nothing"),
    "no command": (spec(transform={"image": "a"}), "transform.cmd"),
    "no input": (spec(input=None), "has no input"),
    "two kinds": (spec(input=pfs() | {"cross": [pfs()]}), "sets pfs and cross"),
    "empty cross": (spec(input={"cross": []}), "sets nothing"),
    "no glob": (spec(input=pfs(glob="")), "has no glob"),
    "own output": (spec(input=pfs(repo="income_training")), "its own output"),
    "commit": (spec(input=pfs(commit="abc")), "fixes a commit"),
    "reserved": (spec(input=pfs(name="out")), "reserved"),
    "twice": (spec(input={"cross": [pfs(), pfs(branch="incoming")]}), "two inputs are called"),
    "s3 with glob": (spec(input=pfs(s3=True, glob="/*")), "takes everything"),
    "s3 with empty files": (spec(input=pfs(s3=True, emptyFiles=True, empty_files=True)), ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_pachd_refuses(name: str) -> None:
    faulty, what = REFUSED[name]
    found = list(faults([faulty]))
    assert found
    assert what in found[0].what


def test_names_that_kubernetes_takes_for_one() -> None:
    (fault,) = faults([spec("a_b"), spec("A-b")])
    assert "same name as a_b" in fault.what


@pytest.mark.parametrize(
    "good",
    [
        spec(),
        spec(datum_timeout="300s", resource_requests={"cpu": 0.5, "memory": "512Mi"}),
        spec(input={"cross": [pfs(), pfs(repo="holdout", branch="master")]}),
        spec(input={"union": [{"cross": [pfs(), pfs(name="b")]}, pfs(name="c")]}),
    ],
)
def test_what_pachd_takes(good: dict[str, Any]) -> None:
    assert list(faults([good])) == []
