"""A model commit -> its lock: evidence that nobody can read is named by its file in Pachyderm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releasectl.errors import InvalidInput, PlatformRefused
from releasectl.gather import REPO, gather, resolve
from tests.builder import commit_id
from tests.story import artefacts
from tests.unit.flow.fakes import FakeCluster

COMMIT = commit_id("one")


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        ("evidence/metrics.json", b"", "cannot be read: Expecting value"),
        ("evidence/metrics.json", b'{"roc_auc": NaN}', "cannot be read: Out of range float values"),
        ("evidence/metrics.json", b"[" * 100_000, "cannot be read: maximum recursion depth"),
        ("evidence/metrics.json", b"\xff\xfe\x00", "cannot be read: "),
        ("evidence/groups.json", b"[]", "holds a list, wanted a block of fields"),
        ("evidence/data-profile.json", b'"rows"', "holds the text `rows`, wanted a block of fields"),
        ("evidence/card.yaml", b"", "holds nothing, wanted a block of fields"),
        ("evidence/card.yaml", b"a: [", "cannot be read: while parsing"),
        ("evidence/card.yaml", b"since: 2024-01-31\n", "cannot be read: Object of type date"),
        ("schema.json", b"7", "holds the number 7, wanted a block of fields"),
    ],
)
def test_evidence_that_cannot_be_read(file: str, content: bytes, what: str) -> None:
    data = FakeCluster().data
    data.add(REPO, "master", COMMIT, artefacts("one") | {f"/income/{file}": content})
    with pytest.raises(PlatformRefused) as raised:
        gather(data, resolve(data, REPO, "latest"), "/income")
    (problem,) = raised.value.problems
    assert problem.where == f"{REPO}@{COMMIT}:/income/{file}"
    assert problem.what.startswith(what)
    assert problem.remedy == "mend what writes this file, then train again and release that commit"


@pytest.mark.parametrize("reference", [commit_id("unknown"), "latest"])
def test_sound_commits_are_named_however_many_failed_after_them(reference: str) -> None:
    data = FakeCluster().data
    for number in range(10):
        data.add(REPO, "master", commit_id(f"{number}"), {})
    for commit in [commit_id(f"{number}") for number in range(3, 10)]:
        data.states[REPO, commit] = replace(data.states[REPO, commit], error="datum 7 failed")
    with pytest.raises(InvalidInput) as raised:
        resolve(data, REPO, reference)
    (problem,) = raised.value.problems
    newest = ", ".join(commit_id(f"{number}") for number in (2, 1, 0))
    assert f"name one of the newest: {newest}" in problem.remedy


def test_a_commit_by_its_first_digits() -> None:
    data = FakeCluster().data
    alike = ["0123456789ab" + letter * 20 for letter in "cd"]
    for commit in (COMMIT, *alike):
        data.add(REPO, "master", commit, {})
    assert resolve(data, REPO, COMMIT[:12]).commit == COMMIT
    assert resolve(data, REPO, alike[0][:13]).commit == alike[0]
    with pytest.raises(InvalidInput, match="2 commits begin with 0123456789ab"):
        resolve(data, REPO, alike[0][:12])
    with pytest.raises(InvalidInput, match="is 7 digits, a commit has 32"):
        resolve(data, REPO, COMMIT[:7])
