"""Bucket names, as `[commit.]branch.repo[.project]` or `repo`."""

from __future__ import annotations

import pytest

from releasectl.sandbox.s3.bucket import Bucket, name_of, parse

ID = "5d0c2f3e6a1b4c7f8e9d0a1b2c3d4e5f"
NO_ID = ID.replace("4", "5", 1)  # no version-4 UUID


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("models", Bucket("models")),
        ("staging.models", Bucket("models", "staging")),
        ("master.models.risk", Bucket("models", "master", None, "risk")),
        (f"{ID}.master.models", Bucket("models", "master", ID)),
        (f"{ID}.master.models.risk", Bucket("models", "master", ID, "risk")),
        # Two parts are always branch and repository, even when the first looks like a commit.
        (f"{ID}.models", Bucket("models", ID)),
        (f"{NO_ID}.master.models", Bucket("master", NO_ID, None, "models")),
        ("nohex.master.models.risk", Bucket("master", "nohex", None, "models.risk")),
        ("", Bucket("")),
        ("..", Bucket("", "")),
    ],
)
def test_parse(name, expected):
    assert parse(name) == expected


def test_a_branch_has_one_name():
    assert parse(name_of("staging", "models")) == Bucket("models", "staging")
