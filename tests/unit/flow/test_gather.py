"""A model commit -> its lock: evidence that nobody can read is named by its file in Pachyderm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from releasectl.errors import InvalidInput, PlatformRefused, UsageError
from releasectl.gather import REPO, gather, gathered_in, resolve
from releasectl.load import load
from releasectl.model import Rendered
from releasectl.render import specs
from releasectl.repo import ENGINE
from tests.builder import commit_id
from tests.story import artefacts
from tests.unit.flow.fakes import FakeCluster

COMMIT = commit_id("one")


def spec(dag: str, name: str, *inputs: dict[str, Any]) -> Rendered:
    made = {"pipeline": {"name": name}, "input": inputs[0] if len(inputs) == 1 else {"cross": list(inputs)}}
    return Rendered(f"pipelines/{dag}/rendered/{name}.yaml", "", (made,))


READ: dict[str, Any] = {"pfs": {"repo": "a", "glob": "/"}}
LINKED: dict[str, Any] = {"pfs": {"repo": "b", "glob": "/", "empty_files": True}}
KEPT: dict[str, Any] = {"pfs": {"repo": "b", "branch": "retired", "glob": "/", "empty_files": True}}
GATHERED = {
    "what links all of its inputs": ("churn_models", [("train", READ), ("churn_models", LINKED, LINKED)]),
    "a lone input": ("churn_models", [("churn_models", LINKED), ("train", READ, READ)]),
    "what reads one does not gather": (REPO, [("both", READ, LINKED)]),
    "one that is kept for what it made": ("churn_models", [("old", KEPT, KEPT), ("churn_models", LINKED)]),
    "nothing gathers": (REPO, []),
}


@pytest.mark.parametrize("name", GATHERED)
def test_where_a_dag_gathers(name: str) -> None:
    wanted, specs = GATHERED[name]
    others = [spec("income", REPO, LINKED), spec("churn-2", "churn_2_models", LINKED)]
    assert gathered_in([*others, *(spec("churn", *each) for each in specs)], "churn") == wanted


def test_a_dag_that_gathers_twice_is_refused() -> None:
    with pytest.raises(
        InvalidInput, match=r"pipelines/churn/dag\.jsonnet: gathers in several pipelines: a, b"
    ):
        gathered_in([spec("churn", "a", LINKED), spec("churn", "b", LINKED)], "churn")


def test_this_repository_gathers_where_its_readme_says() -> None:
    assert (
        gathered_in(specs(load(ENGINE, wanted=lambda path: path.startswith("pipelines/"))), "income") == REPO
    )


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
    with pytest.raises((InvalidInput, UsageError)) as raised:
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
    with pytest.raises(UsageError, match="2 commits begin with 0123456789ab"):
        resolve(data, REPO, alike[0][:12])
    with pytest.raises(UsageError, match="is 7 digits, a commit has 32"):
        resolve(data, REPO, COMMIT[:7])
