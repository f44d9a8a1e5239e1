"""`releasectl sandbox up|down|status|logs`: the embedded cluster on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from releasectl.cli import interrupt
from releasectl.cli.options import format_option, platform_option
from releasectl.cli.wiring import Workspace
from releasectl.errors import BackendUnreachable, UsageError

if TYPE_CHECKING:
    from releasectl.report.sandbox import ServiceRow
    from releasectl.sandbox.services import Service


class Verbs(click.Group):
    """Others that people try first mean these."""

    OTHERS: Final = {"start": "up", "stop": "down", "ps": "status"}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, self.OTHERS.get(cmd_name, cmd_name))


@click.group(cls=Verbs)
def sandbox() -> None:
    """An embedded cluster: Pachyderm and Seldon Deploy as they speak on the wire."""


@sandbox.command()
@platform_option
@format_option
@click.pass_obj
def up(root: str | None, platform: str | None, output: str) -> None:
    """Start what does not run, and wait until it serves."""
    from releasectl.report import sandbox as report
    from releasectl.sandbox import lifecycle

    services = _services(root, platform)
    lifecycle.up(services, partial(click.echo, err=output == "json"))
    if output == "json":
        click.echo(report.as_json("sandbox up", _rows(services), ok=True), nl=False)


@sandbox.command()
@platform_option
@format_option
@click.pass_obj
def down(root: str | None, platform: str | None, output: str) -> None:
    """Stop everything that the sandbox started; its data stays."""
    from releasectl.report import sandbox as report
    from releasectl.sandbox import lifecycle

    services = _services(root, platform)
    lifecycle.down(services, partial(click.echo, err=output == "json"))
    if output == "json":
        click.echo(report.as_json("sandbox down", _rows(services), ok=True), nl=False)


@sandbox.command()
@platform_option
@format_option
@click.pass_obj
def status(root: str | None, platform: str | None, output: str) -> None:
    """What runs, where it listens, where it logs. Exit code 4 unless all of it runs."""
    from releasectl.report import sandbox as report

    services = _services(root, platform)
    rows = _rows(services)
    tell_who_answers([service for service, row in zip(services, rows, strict=True) if row.state == "stopped"])
    ok = all(row.state == "running" for row in rows)
    click.echo(
        report.as_json("sandbox status", rows, ok=ok) if output == "json" else report.as_text(rows), nl=False
    )
    if not ok:
        raise click.exceptions.Exit(BackendUnreachable.exit_code)


def tell_who_answers(stopped: Sequence[Service]) -> None:
    """The sandbox of another clone may have the ports of this one, and is then asked in its place."""
    from releasectl.sandbox.listeners import taken_ports

    for service in stopped:
        for problem in taken_ports(service):
            click.secho(
                f"note: {problem.where}: {problem.what}; what this clone asks is answered from there",
                fg="yellow",
                err=True,
            )


def _rows(services: Sequence[Service]) -> list[ServiceRow]:
    from releasectl.report.sandbox import ServiceRow
    from releasectl.sandbox import lifecycle

    return [
        ServiceRow(one.service.name, one.word, one.pid, dict(one.service.ports), str(one.service.log))
        for one in lifecycle.status(services)
    ]


@sandbox.command()
@click.argument("service", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is added.")
@click.option(
    "-n",
    "--lines",
    metavar="N",
    default=50,
    show_default=True,
    type=click.IntRange(0),
    help="Last lines to begin with, all logs together.",
)
@platform_option
@click.pass_obj
def logs(root: str | None, service: str | None, follow: bool, lines: int, platform: str | None) -> None:
    """Logs of the sandbox's processes, model servers included; SERVICE narrows by name."""
    from releasectl.sandbox import lifecycle

    try:
        for line in lifecycle.follow(_logs(root, platform, service), lines, follow):
            click.echo(line)
    except KeyboardInterrupt:  # how one that follows ends: there is nothing to go on with
        raise click.exceptions.Exit(interrupt.EXIT_CODE) from None


def _services(start: str | None, platform: str | None) -> tuple[Service, ...]:
    """The processes of the sandbox that the platform file describes."""
    from releasectl.sandbox.services import services

    workspace = Workspace(start, platform)
    return services(workspace.platform(), workspace.root)


def _logs(start: str | None, platform: str | None, name: str | None) -> Mapping[str, Path]:
    """Log files of the sandbox by process, model servers included; `name` narrows them."""
    found = _services(start, platform)
    logs = {service.name: service.log for service in found}
    for service in found:
        folder = service.state / "logs"
        logs |= {path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.log")}
    chosen = {key: path for key, path in logs.items() if name is None or name in key}
    if not chosen:
        remedy = "write a part of one: they begin the lines of `releasectl sandbox logs`"
        raise UsageError.at(name, "no log has that in its name", remedy)
    return chosen
