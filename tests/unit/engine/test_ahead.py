"""What is begun ahead answers, or fails, where it is asked."""

from __future__ import annotations

import threading

import pytest

from releasectl.ahead import Ahead
from releasectl.errors import InvalidInput


def test_it_runs_beside_the_one_who_began_it() -> None:
    begun, answered = threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        assert answered.wait(10)
        return threading.get_ident()

    ahead = Ahead(work)
    assert begun.wait(10)
    answered.set()
    assert ahead.result() != threading.get_ident()
    assert ahead.result() == ahead.result()


def test_an_error_is_told_to_the_one_who_asks(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        raise InvalidInput.at("here", "wrong", "right it")

    ahead = Ahead(work)
    for _ in range(2):
        with pytest.raises(InvalidInput, match="wrong"):
            ahead.result()
    assert capsys.readouterr().err == ""
