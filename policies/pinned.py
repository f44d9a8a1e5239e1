"""PIN-001: What runs is named by something that cannot change.

A tag such as `latest`, or a bucket of a branch, changes under a release without a commit in this
repository: nobody reviewed what then serves, and `git revert` does not bring the old state back. So images
have an exact version or a digest, every model URI names its commit, and so does every pipeline of the
model's lineage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from releasectl.model import Json
from releasectl.policy import Case, Limit, Model, Need, Remedy, Rule, Seen, Severity, Strictness
from releasectl.policy.authorities import COMPANY

RULE = Rule(
    id="PIN-001",
    title="Images and models are pinned",
    severity=Severity.HIGH,
    default=Strictness.DENY,
    needs=(Need.MANIFEST, Need.LOCK),
    remedy=Remedy(
        "write name:1.2.3 or name@sha256:... in environment.yaml, and s3://<commit>.<branch>.<repo>/... "
        "in generators/",
        before="image: creditco/serving:latest",
        after="image: creditco/serving:1.0.0",
    ),
    authority=(COMPANY,),
    owner="platform",
)

_IMAGE: Final = re.compile(r".+(:[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.-]*|@sha256:[0-9a-f]{64})")
_URI: Final = re.compile(r"s3://[0-9a-f]{32}\.[^/]+/.+")

PINNED: Final = Limit("an exact version or a digest", lambda image: bool(_IMAGE.fullmatch(image)))
COMMITTED: Final = Limit("a URI with a commit", lambda uri: bool(_URI.fullmatch(uri)))
NAMED: Final = {"image": ("an image", PINNED), "modelUri": ("a model URI", COMMITTED)}


def judge(case: Case) -> Iterator[Seen]:
    found: list[tuple[str, str]] = []
    _named(case.deployment, found)
    for field, value in found:
        what, limit = NAMED[field]
        yield Seen("/model", what, value, limit)


def judge_model(model: Model) -> Iterator[Seen]:
    for index, upstream in enumerate(model.lock.lineage):
        if upstream.pipeline is not None:
            at = ("lineage", str(index), "pipeline", "image")
            what = f"the image of the pipeline {upstream.pipeline.name}"
            yield model.says(what, upstream.pipeline.image, PINNED, at=at)


def _named(value: Json, found: list[tuple[str, str]]) -> None:
    """Add what the fields of a manifest name that have to be pinned."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in NAMED and isinstance(item, str):
                found.append((key, item))
            else:
                _named(item, found)
    elif isinstance(value, list):
        for item in value:
            _named(item, found)
