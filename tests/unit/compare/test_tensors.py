"""Open Inference tensors as rows, and what is wrong with those that are none."""

from __future__ import annotations

from typing import Any

import pytest

from releasectl import tensors
from releasectl.model import Missing


def tensor(shape: Any, data: Any) -> dict[str, Any]:
    return {"name": "x", "shape": shape, "datatype": "FP64", "data": data}


@pytest.mark.parametrize(
    ("shape", "data", "rows"),
    [
        ([2, 2], [1, 2, 3, 4], [(1, 2), (3, 4)]),
        ([2, 2], [[1, 2], [3, 4]], [(1, 2), (3, 4)]),
        ([2], ["a", "b"], [("a",), ("b",)]),
        ([1, 2, 2], [1, 2, 3, 4], [(1, 2, 3, 4)]),
        ([0, 3], [], []),
        ([2, 0], [], [(), ()]),
    ],
)
def test_rows(shape: Any, data: Any, rows: Any) -> None:
    assert tensors.rows(tensor(shape, data)) == rows


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        {},
        tensor([2, 2], [1, 2, 3]),
        tensor([-1, 2], []),
        tensor([], [1]),
        tensor(None, [1]),
        tensor([1.5], [1]),
        tensor([True], [1]),
        {"name": "x", "shape": [1], "parameters": {"binary_data_size": 8}},
    ],
)
def test_no_rows(bad: Any) -> None:
    assert isinstance(tensors.rows(bad), Missing)


def test_inputs_join_tensors_column_by_column() -> None:
    both = {"inputs": [tensor([2], [1, 2]), tensor([2, 2], ["a", "b", "c", "d"])]}
    assert tensors.inputs(both) == [(1, "a", "b"), (2, "c", "d")]


@pytest.mark.parametrize(
    "bad",
    [None, [], {}, {"inputs": []}, {"inputs": [3]}, {"inputs": [tensor([1], [1]), tensor([2], [1, 2])]}],
)
def test_inputs_of_a_request_that_is_none(bad: Any) -> None:
    assert isinstance(tensors.inputs(bad), Missing)


def test_digest_knows_numbers_by_value() -> None:
    assert tensors.digest((1, 2.5, "a")) == tensors.digest((1.0, 2.5, "a"))
    assert tensors.digest((1, 2)) != tensors.digest((2, 1))
    assert tensors.digest((float("nan"),)) == tensors.digest((float("nan"),))
    assert 0 <= tensors.digest(("x",)) < 2**63


@pytest.mark.parametrize("bad", [None, "1", True, float("nan"), float("inf"), [1]])
def test_number(bad: Any) -> None:
    assert isinstance(tensors.number(bad), Missing)
    assert tensors.number(3) == 3.0
