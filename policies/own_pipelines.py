"""ORIG-001: A model comes out of our own pipelines.

A lock says where its commit is from and who measured it. Whoever writes one could name a repository of their
own, an image that says what it is told to, or nobody at all. So a lock is of a family of `pipelines/`: its
folder is named after the family, its repository is that of one of the family's pipelines, on the branch that
pipelines write, and its lineage ends there. Every pipeline of the lineage is one that is rendered from a
`dag.jsonnet`, by name, with an image of `pipelines/images.yaml`, in any version: a model outlives the image
that made it. And the lineage has who trained the model, who measured it, and who made each part that the
release serves beside it. The name of a pipeline says which of them it makes, as `income_drift` does.

A pipeline that gets another name did not make the models of before. So the old one stays in `dag.jsonnet`
beside it, reading a branch that nobody moves, as long as one of them may serve; and so does an image in
`images.yaml`. Another family has a folder of its own in `pipelines/`. What a pull request adds there counts
once it is merged, and not for a release that comes with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from policies.lockstep import served
from releasectl.model import Lock
from releasectl.ours import repository
from releasectl.policy import (
    NONE,
    Case,
    Model,
    Need,
    Remedy,
    Rule,
    Seen,
    Severity,
    Strictness,
    among,
    exactly,
)
from releasectl.policy.authorities import COMPANY

RULE = Rule(
    id="ORIG-001",
    title="A model comes out of our own pipelines",
    severity=Severity.CRITICAL,
    default=Strictness.DENY,
    needs=(Need.MANIFEST, Need.LOCK),
    remedy=Remedy(
        "release a commit that `releasectl apply pipelines` made; a pipeline or an image that has a new name "
        "stays in dag.jsonnet and images.yaml under the old one, too, as long as what it made may serve, and "
        "another family has a folder of its own in pipelines/",
        before="repo: a_model_of_mine\nlineage:\n- {repo: a_model_of_mine, branch: dev}",
        after="repo: copy_models\nlineage:\n- {repo: income_training, branch: master}\n"
        "- {repo: income_evaluation, branch: master}\n- {repo: copy_models, branch: master}",
    ),
    authority=(COMPANY,),
    owner="platform",
    unwaivable=("production",),
)

BRANCH: Final = "master"  # where a pipeline writes, unless its spec says otherwise
ALWAYS: Final = frozenset({"training", "evaluation"})


def judge(case: Case) -> Iterator[Seen]:
    pipelines = {name for dag in case.dags.values() for name in dag.pipelines}
    images = {repository(image) for dag in case.dags.values() for image in dag.images.values()}
    uris = tuple(served(case))
    for model in case.models:
        yield from _of_a_family(case, model)
        yield from _made(model, pipelines, images)
        parts = ALWAYS | set(_parts(model.lock, uris))
        known = {word for name in _names(model.lock) for word in _words(name)}
        what = "parts that no pipeline of the lineage is named after"
        yield model.says(what, sorted(parts - known), NONE, at=("lineage",))


def _of_a_family(case: Case, model: Model) -> Iterator[Seen]:
    lock = model.lock
    families, family = [f"/{name}" for name in case.dags], case.dags.get(lock.path.removeprefix("/"))
    yield model.says("the folder of the lock", lock.path, among(families), at=("path",))
    own = [f"{name}@{BRANCH}" for name in sorted(family.pipelines)] if family else []
    branch = f"{lock.repo}@{lock.branch}"
    yield model.says("the branch of the lock", branch, among(own), at=("branch",))
    last, at = lock.lineage[-1], ("lineage", str(len(lock.lineage) - 1))
    end = f"{last.repo}@{last.branch}={last.commit}"
    yield model.says("the end of the lineage", end, exactly(f"{branch}={lock.commit}"), at=at)


def _made(model: Model, pipelines: set[str], images: set[str]) -> Iterator[Seen]:
    """By whom, and with what."""
    made = [(each, each.pipeline) for each in model.lock.lineage if each.pipeline is not None]
    strange = [by.name for each, by in made if by.name not in pipelines or by.name != each.repo]
    yield model.says("pipelines of the lineage that are none of ours", strange, NONE, at=("lineage",))
    foreign = sorted({by.image for _, by in made if repository(by.image) not in images})
    yield model.says("images of the lineage that are none of ours", foreign, NONE, at=("lineage",))


def _names(lock: Lock) -> Iterator[str]:
    """Of the pipelines that made something; the lock's own only gathers it."""
    return (each.pipeline.name for each in lock.lineage if each.pipeline and each.pipeline.name != lock.repo)


def _parts(lock: Lock, uris: tuple[str, ...]) -> Iterator[str]:
    """The folders beside the model that the release serves of this commit."""
    for uri in uris:
        if f"://{lock.commit}." in uri and not uri.endswith(lock.path):
            yield uri.rpartition("/")[2]


@lru_cache(maxsize=256)
def _words(name: str) -> tuple[str, ...]:
    return tuple(re.split("[_-]", name))
