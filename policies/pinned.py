"""PIN-001: what runs is named by something that cannot change.

A tag such as `latest`, or a bucket of a branch, changes under a release without a commit in this repository:
nobody reviewed what then serves, and `git revert` does not bring the old state back. So images have an exact
version or a digest, and every model URI names its commit.

Authority: company policy (integrity of releases).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from releasectl.model import Json
from releasectl.policy import Breach, Case, Rule, Severity, Strictness

RULE = Rule("PIN-001", "Images and models are pinned", Severity.HIGH, Strictness.DENY)

_IMAGE = re.compile(r".+(:[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.-]*|@sha256:[0-9a-f]{64})")
_URI = re.compile(r"s3://[0-9a-f]{32}\.[^/]+/.+")


def judge(case: Case) -> Iterator[Breach]:
    for field, value in _strings(case.deployment, ""):
        if field == "image" and not _IMAGE.fullmatch(value):
            yield Breach(
                "/model", f"the image {value} has no exact version", "write name:1.2.3 in environment.yaml"
            )
        if field == "modelUri" and not _URI.fullmatch(value):
            yield Breach("/model", f"{value} names no commit", "write s3://<commit>.<branch>.<repo>/<path>")


def _strings(value: Json, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
    elif isinstance(value, str):
        yield key, value
