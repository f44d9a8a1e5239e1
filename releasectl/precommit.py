"""What a commit needs before it is made: what it changes is rendered and judged, and nothing else is read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from releasectl.checked import Checked
from releasectl.judge import assess, checked, circumstances
from releasectl.load import load
from releasectl.render import manifests, render, update, write
from releasectl.scope import load_scope, since


def prepare(root: Path, *, now: datetime, revision: str = "HEAD") -> tuple[tuple[str, ...], Checked]:
    """The generated files that were brought up to date, and what the rules say of what changed."""
    scope = since(root, revision)
    whole = scope.whole or _left_over(root)
    repository = load(root, now=now) if whole else load_scope(root, scope, now)
    rendered = render(repository) if whole or scope.pipelines else manifests(repository)
    changed = write(root, rendered) if whole else update(root, rendered)
    paths = ("releases",) if whole else tuple(sorted(scope.releases))
    judgement = assess(repository, rendered, circumstances(root, now, paths=paths), partly=not whole)
    return changed, checked(repository, judgement)


def _left_over(root: Path) -> bool:
    """A release that is gone leaves manifests behind, which only a whole rendering removes."""
    for file in root.glob("environments/*/rendered/*.yaml"):
        environment, name = file.parts[-3], file.name.removesuffix(".yaml").removesuffix(".detectors")
        if not (root / "releases" / environment / f"{name}.yaml").is_file():
            return True
    return False
