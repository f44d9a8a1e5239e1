"""Of generated files that somebody edited, or forgot to render: a note, since no command goes by them."""

from __future__ import annotations

import click

from releasectl.cli.wiring import PIPELINES, Workspace


def tell_stale(paths: tuple[str, ...]) -> None:
    """No fault of the files that were judged, so it has no exit code: `render --check` has."""
    if paths:
        count = "a generated file is" if len(paths) == 1 else f"{len(paths)} generated files are"
        some = ", ".join(paths[:3]) + (", ..." if len(paths) > 3 else "")
        click.secho(
            f"note: {count} not what the files say: `releasectl render` ({some})", fg="yellow", err=True
        )


def tell_stale_of(workspace: Workspace, target: str) -> None:
    """What stands on disk in place of what is sent to the cluster."""
    from releasectl.render import differing

    folder = "pipelines/" if target == PIPELINES else f"environments/{target}/"
    tell_stale(differing(workspace.root, workspace.rendered_for(target), folder))
