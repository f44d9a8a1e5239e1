"""Options that several commands share, written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from releasectl.cli.names import completes, deployments, platforms, targets
from releasectl.errors import UsageError

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
    shell_complete=completes(platforms),
    help="Name in environments/platforms/, or a file. Default: the environment's. [RELEASECTL_PLATFORM]",
)

rows_option = click.option(
    "--csv", "file", required=True, type=click.Path(path_type=Path), help="Rows with a header."
)

target_argument = click.argument("target", metavar="TARGET", shell_complete=completes(targets))


class StrategyName(click.ParamType[str]):
    """A strategy by name: a file of generators/strategies, looked up only when it is asked for."""

    name = "strategy"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002
        return "|".join(_strategies())

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in _strategies():
            self.fail(f"{value!r} is not one of {', '.join(_strategies())}", param, ctx)
        return value


def _strategies() -> tuple[str, ...]:
    from generators.catalogue import strategy_names

    return strategy_names()


def deployment_argument(command: Command) -> Command:
    """TARGET/NAME, such as production/income."""
    return click.argument(
        "deployment", metavar="TARGET/NAME", shell_complete=completes(deployments), callback=_two_names
    )(command)


def _two_names(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """As it is; with the releases of that name where only one of the two is given."""
    target, _, name = value.partition("/")
    if target and name:
        return value
    known = [each for each in completes(deployments)(ctx, param, "") if value in each.split("/")]
    example = " or ".join(known) or "TARGET/NAME, as in production/income"
    raise UsageError.at(value, "names no release", f"write {example}")
