"""Options that several commands share, written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or for machines.",
)

platform_option = click.option(
    "--platform",
    envvar="RELEASECTL_PLATFORM",
    metavar="NAME|FILE",
    help="Name in environments/platforms/, or a file. Default: the environment's. [RELEASECTL_PLATFORM]",
)

target_argument = click.argument("target", metavar="TARGET")


def deployment_argument(command: Command) -> Command:
    """TARGET/NAME, such as production/income."""
    return click.argument("deployment", metavar="TARGET/NAME")(command)
