"""Quantities of Kubernetes, as its own documentation writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from releasectl.webhook.resource_rules import amount


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("500m", "0.5"),
        ("0.5", "0.5"),
        ("1", "1"),
        ("1Gi", "1073741824"),
        ("128974848", "128974848"),
        ("129e6", "129000000"),
        ("128974848000m", "128974848"),
        ("123Mi", "128974848"),
        ("2E", "2000000000000000000"),
    ],
)
def test_amount(written: str, number: str) -> None:
    assert amount(written) == Decimal(number)


@pytest.mark.parametrize("written", ["", "x", ".", "1.2.3", "1 Gi", "True", "-1"])
def test_what_is_no_quantity_is_not_compared(written: str) -> None:
    assert amount(written) is None
