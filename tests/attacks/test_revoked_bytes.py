"""REVO-001 knows the bytes of a revoked dataset, whoever removes what tells them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from releasectl import lock as locks
from releasectl.checking import reasons
from releasectl.cli.wiring import Workspace
from releasectl.errors import PolicyDenied
from releasectl.load import load
from releasectl.yamltext import dump_yaml
from tests.attacks.conftest import NOW, V1, V3, Repo, clone, lock_document, rules_of

REVOKED = "releases/revoked.yaml"
ANEW, AGAIN = "c" * 32, "d" * 32  # the same bytes, uploaded once more: another dataset, and what it made
DOCUMENT = pickle.loads(lock_document("v3"))
DATA = DOCUMENT["evidence"]["card"]["training_data"]


def entry(sha256: str = "") -> str:
    told = f"sha256: {sha256}, " if sha256 else ""
    about = "reason: bought labels, owner: credit-risk, date: 2026-10-02"
    return f"revoked:\n- {{commit: {DATA['commit']}, {told}{about}}}\n"


@pytest.fixture
def repo(template: Path, tmp_path: Path) -> Repo:
    """Main has the lock of model 3, which nobody serves; whether its data are revoked, each test says."""
    found = clone(template, tmp_path)
    found.lock("v3")
    found.commit("a lock", "2026-10-02")
    merge(found)
    return found


def merge(repo: Repo) -> None:
    repo.git("branch", "-f", "main", "HEAD")


def serve_the_same_bytes(repo: Repo) -> None:
    document = json.loads(json.dumps(DOCUMENT, default=str).replace(DATA["commit"], AGAIN).replace(V3, ANEW))
    document["digest"] = locks.digest_of(document)
    repo.mini.write(locks.path_of(ANEW), locks.HEADER + dump_yaml(document))
    repo.release(V1, extra=f"strategy: {{type: shadow, candidate: {ANEW}}}\n")


def without_the_lock(repo: Repo) -> None:
    (repo.root / locks.path_of(V3)).unlink()


def revoked_before(repo: Repo) -> None:
    repo.mini.write(REVOKED, entry())
    repo.commit("revoke", "2026-10-03")
    merge(repo)
    without_the_lock(repo)


def revoked_in_the_same_breath(repo: Repo) -> None:
    repo.mini.write(REVOKED, entry())
    without_the_lock(repo)


def removed_long_ago(repo: Repo) -> None:
    revoked_before(repo)
    repo.commit("without the lock", "2026-10-04")
    merge(repo)


def another_digest_first(repo: Repo) -> None:
    repo.mini.write(REVOKED, entry(DATA["sha256"]))
    repo.commit("revoke", "2026-10-03")
    repo.mini.write(REVOKED, entry("e" * 64))
    without_the_lock(repo)
    repo.commit("another digest", "2026-10-04")
    merge(repo)


@pytest.mark.parametrize(
    "shed", [revoked_before, revoked_in_the_same_breath, removed_long_ago, another_digest_first]
)
def test_the_same_bytes_are_revoked_though_the_lock_that_tells_them_is_gone(
    repo: Repo, shed: Callable[[Repo], None]
) -> None:
    shed(repo)
    serve_the_same_bytes(repo)
    repo.commit("the same bytes")
    found = repo.judged()
    assert "REVO-001" in rules_of(found)
    assert f"the same bytes as {DATA['commit']}" in " ".join(each.message for each in found.denied)


def test_an_apply_knows_them_as_well(repo: Repo) -> None:
    removed_long_ago(repo)
    serve_the_same_bytes(repo)
    with pytest.raises(PolicyDenied, match=f"the same bytes as {DATA['commit']}"):
        Workspace(str(repo.root)).judged("production")
    repository = load(repo.root, now=NOW)
    (release,) = repository.releases_in("production")
    told = reasons(repo.root, repository, release, now=NOW).findings
    assert "REVO-001" in {each.rule for each in told}


@pytest.mark.parametrize("of", [DATA["commit"], V3])
def test_the_way_back_does_not_lead_to_it_though_its_lock_went_with_the_rollback(repo: Repo, of: str) -> None:
    """Nor is the revocation one that stops nothing."""
    repo.release(V3)
    repo.commit("release it", "2026-10-03")
    repo.git("revert", "--no-edit", "HEAD")
    without_the_lock(repo)
    repo.commit("and its lock", "2026-10-04")
    merge(repo)
    found = repo.judged()
    assert [each for each in found.findings if "have no lock any more" in each.message]
    repo.mini.write(REVOKED, entry().replace(DATA["commit"], of))
    repo.commit("revoke", "2026-10-05")
    merge(repo)
    found = repo.judged()
    assert not [each for each in found.findings if "have no lock any more" in each.message]
    assert not [each for each in found.notices if "stops nothing" in each.what]


@pytest.mark.parametrize(
    ("now", "said"), [("", "it goes"), (DATA["sha256"][1:] + DATA["sha256"][0], "it becomes ")]
)
def test_a_digest_that_goes_is_told_like_a_revocation_that_does(repo: Repo, now: str, said: str) -> None:
    """Before what counts less; until it is merged it is in force."""
    assert now != DATA["sha256"]
    repo.mini.write(REVOKED, entry(DATA["sha256"]))
    repo.commit("revoke", "2026-10-03")
    merge(repo)
    repo.mini.write(REVOKED, entry(now))
    repo.edit("environments/production/environment.yaml", "branch: production", "branch: attic")
    repo.commit("a word")
    first, *_ = repo.judged().delta
    about = f"takes back the sha256 of the revocation of {DATA['commit']}, {DATA['sha256']}: {said}{now}"
    assert (first.what, first.place.file) == (about, REVOKED)


def test_a_digest_that_comes_takes_nothing_back(repo: Repo) -> None:
    repo.mini.write(REVOKED, entry())
    repo.commit("revoke", "2026-10-03")
    merge(repo)
    repo.mini.write(REVOKED, entry(DATA["sha256"]))
    repo.commit("a digest")
    (only,) = repo.judged().delta
    assert only.what.startswith(f"rewrites the revocation of {DATA['commit']} (")


def test_a_lock_that_never_came_to_the_main_line_tells_nothing(repo: Repo) -> None:
    """Or a branch could have any data revoked, and leave no trace of it."""
    good = pickle.loads(lock_document("v1"))["evidence"]["card"]["training_data"]["sha256"]
    repo.mini.write(REVOKED, entry())
    main = repo.commit("revoke", "2026-10-03")
    document = json.loads(json.dumps(DOCUMENT, default=str).replace(DATA["sha256"], good).replace(V3, ANEW))
    document["digest"] = locks.digest_of(document)
    repo.mini.write(locks.path_of(ANEW), locks.HEADER + dump_yaml(document))
    repo.commit("a lie", "2026-10-04")
    repo.git("rm", "-q", locks.path_of(ANEW))
    repo.commit("and no trace of it", "2026-10-05")
    repo.git("checkout", "-q", "-B", "main", main)
    repo.git("merge", "-q", "--no-ff", "--no-edit", "attack")
    repo.git("checkout", "-q", "-B", "attack")
    repo.mini.write("notes.txt", "something else\n")
    repo.commit("notes")
    found = repo.judged()
    assert (found.exit_code, found.standing) == (0, ())
