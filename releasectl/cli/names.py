"""What a shell completes: names of the repository, by the names of its files alone, none of which is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from releasectl.errors import ReleaseError
from releasectl.repo import find_root

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def completes(names: Callable[[Path], Iterable[str]]) -> Completer:
    """For `shell_complete`: those of `names` that go on as the word begins; outside of a repository, none."""

    def complete(ctx: click.Context, _: click.Parameter, begun: str) -> list[str]:
        root = root_of(ctx)
        return sorted({name for name in names(root) if name.startswith(begun)}) if root else []

    return complete


def root_of(ctx: click.Context) -> Path | None:
    """The repository that a command works on; None outside of one."""
    try:
        return find_root(Path(ctx.find_root().params.get("root") or "."))
    except ReleaseError:
        return None


def environments(root: Path) -> Iterator[str]:
    return (path.parent.name for path in root.glob("environments/*/environment.yaml"))


def targets(root: Path) -> Iterator[str]:
    yield "pipelines"
    yield from environments(root)


def platforms(root: Path) -> Iterator[str]:
    return (path.stem for path in root.glob("environments/platforms/*.yaml"))


def deployments(root: Path) -> Iterator[str]:
    """TARGET/NAME of every release file."""
    for environment in environments(root):
        yield from (f"{environment}/{path.stem}" for path in root.glob(f"releases/{environment}/*.yaml"))


def releases(root: Path) -> Iterator[str]:
    """Names that serve somewhere, and those of the model families, which may yet."""
    yield from (deployment.partition("/")[2] for deployment in deployments(root))
    yield from (path.parent.name for path in root.glob("pipelines/*/training.yaml"))


def models(root: Path) -> Iterator[str]:
    """The newest that Pachyderm has, and all that were released before."""
    yield "latest"
    yield from (path.stem for path in root.glob("releases/models/*.yaml"))


def rules(_: Path) -> Iterable[str]:
    from releasectl.rulebook import rules as known

    return known()
