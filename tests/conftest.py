"""What all tests share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports are as wide as the terminal; tests have none, and the runner's workers claim 80 columns."""
    monkeypatch.setenv("COLUMNS", "120")
