"""Names and commits of the command line are judged before anything is asked or written for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from releasectl.errors import UsageError
from releasectl.gather import REPO, resolve
from releasectl.propose import propose
from tests.builder import build, make_lock
from tests.unit.flow.fake_pachyderm import Metered


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("team/income", "`team/income` cannot name a Kubernetes object: it holds `/`"),
        ("../income", "it holds `.`, `/`"),
        ("Income", "it holds `I`"),
        ("in\ncome", r"`in\ncome` cannot name"),
        ("", "`` cannot name"),
        ("i" * 300, "is 300 characters long, at most 25 are possible"),
    ],
)
def test_a_name_that_no_release_can_have(tmp_path: Path, name: str, what: str) -> None:
    build(tmp_path)
    with pytest.raises(UsageError) as caught:
        propose(tmp_path, environment="staging", name=name, lock=make_lock(), owner="credit-ml")
    assert what in caught.value.problems[0].what


@pytest.mark.parametrize(
    ("reference", "what"),
    [
        ("", "names no commit"),
        ("12ab", "no such commit (`12ab` is 4 digits, a commit has 32)"),
        ("12AB" * 8, f"no such commit (`{'12AB' * 8}` has upper-case letters)"),
    ],
)
def test_a_commit_that_cannot_be(reference: str, what: str) -> None:
    data = Metered()
    data.put(REPO, "master", {"/income/model.joblib": b"model"}, "a model")
    with pytest.raises(UsageError) as caught:
        resolve(data, REPO, reference)
    assert caught.value.problems[0].what == what
