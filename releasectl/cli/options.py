"""Options that several commands share, written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from releasectl.cli.names import completes, deployments, environments, platforms, root_of, targets
from releasectl.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

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


class Moment(click.ParamType["datetime"]):
    """ISO 8601; a day is its first moment, and a time that does not say is in UTC."""

    name = "time"

    def convert(
        self,
        value: str | datetime,
        param: click.Parameter | None,
        ctx: click.Context | None,  # noqa: ARG002
    ) -> datetime:
        from datetime import UTC, datetime

        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            remedy = "write it as in 2026-11-24, 2026-11-24T08:30 or 2026-11-24T09:30+01:00"
            option = param.opts[0] if param else "TIME"
            raise UsageError.at(f"{option} {value}", "is no time", remedy) from None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


MOMENT = Moment()


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
    """TARGET/NAME, such as production/income; the path of its file names a release as well."""
    return click.argument(
        "deployment", metavar="TARGET/NAME", shell_complete=completes(deployments), callback=as_deployment
    )(command)


def as_deployment(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """TARGET/NAME of an environment there is; else UsageError with the releases that may be meant."""
    named = _of_file(root_of(ctx), value)
    target, _, name = named.partition("/")
    known = completes(environments)(ctx, param, "")
    if target and name and (target in known or not known):
        return named
    meant = [each for each in completes(deployments)(ctx, param, "") if {target, name} & set(each.split("/"))]
    what = f"names no release: {target!r} is no environment" if target and name else "names no release"
    raise UsageError.at(
        value, what, f"write {' or '.join(meant[:5]) or 'TARGET/NAME, as in production/income'}"
    )


def _of_file(root: Path | None, value: str) -> str:
    """`releases/production/income.yaml`, from the root or from where one is -> `production/income`."""
    if root is None or not value.endswith(".yaml"):
        return value
    for path in (Path(value).resolve(), root / value):
        if path.is_file() and path.is_relative_to(root / "releases"):
            return path.relative_to(root / "releases").as_posix().removesuffix(".yaml")
    return value.removeprefix("releases/").removesuffix(".yaml")
