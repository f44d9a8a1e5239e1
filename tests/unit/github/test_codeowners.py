"""CODEOWNERS by the examples of GitHub's own page, and the file of this repository."""

from __future__ import annotations

import pytest

from releasectl.review.codeowners import approvals, matches, parse
from tests.e2e.stand import ROOT

CASES = [
    ("*", "a/b.md", True),
    ("*.js", "a/b.js", True),
    ("*.js", "a/b.ts", False),
    ("/build/logs/", "build/logs/a/b", True),
    ("/build/logs/", "x/build/logs/a", False),
    ("docs/*", "docs/a.md", True),
    ("docs/*", "docs/build/a.md", False),
    ("apps/", "x/apps/a", True),
    ("apps/", "apps", False),
    ("/docs/", "docs/a", True),
    ("**/logs", "build/logs/a", True),
    ("**/logs", "deeply/nested/logs", True),
    ("/pipelines/*/training.yaml", "pipelines/income/training.yaml", True),
    ("/pipelines/*/training.yaml", "pipelines/a/b/training.yaml", False),
    ("/releases/revoked.yaml", "releases/revoked.yaml", True),
    ("/a+b/", "a+b/c", True),
]


@pytest.mark.parametrize(("pattern", "file", "expected"), CASES)
def test_patterns(pattern: str, file: str, expected: bool) -> None:
    assert matches(pattern, file) is expected


def test_the_last_match_decides_and_may_name_nobody() -> None:
    rules = parse("* @a # everything\n/free/\n/x/ @b @c\n")
    found = {
        each.pattern: (each.owners, each.files) for each in approvals(rules, ["free/1", "x/2", "y", "x/3"])
    }
    assert found == {
        "/free/": ((), ("free/1",)),
        "/x/": (("@b", "@c"), ("x/2", "x/3")),
        "*": (("@a",), ("y",)),
    }


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("releases/production/income.yaml", "@creditco/model-risk"),
        ("releases/staging/income.yaml", "@creditco/credit-ml"),
        ("policies/waivers.yaml", "@creditco/model-risk"),
        ("environments/production/policy.yaml", "@creditco/model-risk"),
        (".github/CODEOWNERS", "@creditco/security"),
        (".github/workflows/apply.yml", "@creditco/security"),
        ("pipelines/income/training.yaml", "@creditco/data-stewards"),
        ("releasectl/judge.py", "@creditco/platform"),
        ("releases/release.schema.json", "@creditco/platform"),
        ("trainers/schemas/card.schema.json", "@creditco/model-risk"),
        ("policies/waivers.schema.json", "@creditco/model-risk"),
        ("environments/platforms/gke.yaml", "@creditco/platform"),
        ("json.py", "@creditco/platform"),
        ("README.md", "@creditco/platform"),
    ],
)
def test_the_owners_here(file: str, owner: str) -> None:
    (found,) = approvals(parse((ROOT / ".github/CODEOWNERS").read_text()), [file])
    assert owner in found.owners
