"""An old run of CI does not take the cluster back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from releasectl.errors import InvalidInput
from releasectl.git import revision
from releasectl.ledger import BRANCH, REPO
from releasectl.order import require_order
from tests.unit.flow.fakes import FakeCluster
from tests.unit.github.clones import commit, git


def applied(cluster: FakeCluster, commit_id: str | None, at: str = "20261124T080000000Z") -> None:
    """A record of an apply of `staging`, as the ledger keeps it."""
    record = {
        "target": "staging", "result": "applied", "author": "CI", "dirty": False,
        "git_commit": commit_id or {"missing": "no git"}, "started": "2026-11-24T08:00:00+00:00",
        "finished": "2026-11-24T08:00:01+00:00", "models": {}, "changes": [], "problems": [],
    }  # fmt: skip
    cluster.data.append(REPO, BRANCH, f"/staging/{at}-x.json", json.dumps(record).encode())


@pytest.fixture
def commits(clone: Path) -> list[str]:
    """Three on main, the oldest first; HEAD is the second."""
    found = [git(clone, "rev-parse", "HEAD")]
    for number in range(2):
        (clone / "README.md").write_text(f"{number}\n")
        commit(clone, f"change {number}")
        found.append(git(clone, "rev-parse", "HEAD"))
    git(clone, "switch", "-q", "--detach", found[1])
    return found


@pytest.mark.parametrize("last", [None, 0, 1])
def test_forward_and_again(clone: Path, commits: list[str], last: int | None) -> None:
    cluster = FakeCluster()
    applied(cluster, None if last is None else commits[last])
    require_order(clone, "staging", revision(clone), cluster.data)


def test_nothing_was_applied_yet(clone: Path, commits: list[str]) -> None:
    assert commits
    require_order(clone, "staging", revision(clone), FakeCluster().data)


def test_back_is_refused(clone: Path, commits: list[str]) -> None:
    cluster = FakeCluster()
    applied(cluster, commits[2])
    with pytest.raises(InvalidInput, match="which comes after it"):
        require_order(clone, "staging", revision(clone), cluster.data)
    require_order(clone, "production", revision(clone), cluster.data)


def test_a_commit_that_git_does_not_know_is_no_reason(clone: Path, commits: list[str]) -> None:
    cluster = FakeCluster()
    applied(cluster, "f" * 40)
    assert commits
    require_order(clone, "staging", revision(clone), cluster.data)
