"""OPS-006: Secrets are named, never written down.

What is committed is read by everybody who can read the repository, today and in its history. So a manifest
names the secret that holds a credential (`envSecretRefName`, `valueFrom`), and no value in it looks like
one: a password in an address, a private key, a token, or a variable called PASSWORD with a value.

The message never shows the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from releasectl.model import Json
from releasectl.policy import NONE, Case, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY

RULE = Rule(
    id="OPS-006",
    title="Secrets are named, never written down",
    severity=Severity.CRITICAL,
    default=Strictness.DENY,
    needs=(Need.MANIFEST,),
    remedy=Remedy(
        "put it into a Kubernetes Secret, name that one, and change the credential: it has been published",
        before="env: [{name: S3_PASSWORD, value: hunter2}]",
        after="env: [{name: S3_PASSWORD, valueFrom: {secretKeyRef: {name: s3, key: password}}}]",
    ),
    authority=(COMPANY,),
    owner="platform",
    unwaivable=("production",),
)

_NAME: Final = re.compile(r"passw(or)?d|secret|token|api_?key|private_?key|credential", re.IGNORECASE)
_VALUE: Final = re.compile(
    r"://[^/\s:@]+:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|"
    r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\."
)


def judge(case: Case) -> Iterator[Seen]:
    found: list[str] = []
    _written(case.deployment, "deployment", found)
    for detector in case.detectors:
        _written(detector["body"], detector["name"], found)
    yield Seen("/model", "fields that hold a secret themselves", found, NONE)


def _written(value: Json, path: str, found: list[str]) -> None:
    """Add the paths of what should be a reference."""
    if isinstance(value, dict):
        name, written = value.get("name"), value.get("value")
        if isinstance(written, str) and written and isinstance(name, str) and _NAME.search(name):
            found.append(f"{path}[{name}].value")
        for key, item in value.items():
            _written(item, f"{path}.{key}", found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _written(item, f"{path}[{index}]", found)
    elif isinstance(value, str) and _is_secret(value):
        found.append(path)


@lru_cache(maxsize=4096)  # manifests say the same again and again
def _is_secret(value: str) -> bool:
    return _VALUE.search(value) is not None
