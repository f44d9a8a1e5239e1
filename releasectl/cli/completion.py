"""`releasectl completion bash|zsh|fish`: the shell's completion script, from click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a completion script: eval "$(releasectl completion bash)"."""
    root = ctx.find_root()
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(root.command, {}, "releasectl", "_RELEASECTL_COMPLETE").source())
