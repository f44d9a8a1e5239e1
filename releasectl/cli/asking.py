"""What it takes to ask the model of a release: `predict` and `explain` begin with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releasectl.cli.wiring import Workspace, inference_of, serving_of
from releasectl.errors import InvalidInput

if TYPE_CHECKING:
    from releasectl.ask import Asked


def asked_of(workspace: Workspace, deployment: str) -> Asked:
    """The release that `TARGET/NAME` names, with what it takes to ask what is deployed of it.

    No other release is read: a broken one keeps nobody from asking a model.
    """
    from releasectl.ask import Asked, live
    from releasectl.load import load
    from releasectl.model import Missing
    from releasectl.past import lock_of

    file = f"releases/{deployment}.yaml"
    part = load(workspace.root, wanted=lambda path: path == file or path.startswith("environments/"))
    release = part.releases[0] if part.releases else workspace.release(deployment)
    environment = part.environments[release.environment]
    platform = workspace.platform(environment.name)
    found = live(serving_of(platform), environment, release)
    lock = part.locks.get(found.commit) or lock_of(workspace.root, found.commit)
    if isinstance(lock, Missing):
        what = f"{found.commit} is live, and what its rows look like is not known: {lock.reason}"
        raise InvalidInput.at(
            deployment, what, f"apply what the files say: releasectl apply {environment.name}"
        )
    return Asked(release, environment, lock, inference_of(platform), found.explained)
