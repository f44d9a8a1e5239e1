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


def judge(case: Case) -> Iterator[Seen]:
    for field, value in _strings(case.deployment, ""):
        if field == "image":
            yield Seen("/model", "an image", value, PINNED)
        elif field == "modelUri":
            yield Seen("/model", "a model URI", value, COMMITTED)


def judge_model(model: Model) -> Iterator[Seen]:
    for index, upstream in enumerate(model.lock.lineage):
        if upstream.pipeline is not None:
            at = ("lineage", str(index), "pipeline", "image")
            what = f"the image of the pipeline {upstream.pipeline.name}"
            yield model.says(what, upstream.pipeline.image, PINNED, at=at)


def _strings(value: Json, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
    elif isinstance(value, str):
        yield key, value
