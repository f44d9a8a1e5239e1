"""The command line: a lazy table of commands, and the one place that turns errors into exit codes."""

from __future__ import annotations

from releasectl.cli import interrupt  # first: what follows takes the time in which ^C would show a traceback

# isort: split
import gc
import importlib
import os
import sys
from contextlib import suppress
from itertools import groupby, pairwise

import click

from releasectl import __version__
from releasectl.errors import EXIT_CODES, PlatformRefused, ReleaseError, UsageError

interrupt.as_usual()

COMMANDS = {
    "check": "releasectl.cli.check:check",
    "why": "releasectl.cli.why:why",
    "rules": "releasectl.cli.rules:rules",
    "replay": "releasectl.cli.replay:replay",
    "render": "releasectl.cli.render:render",
    "plan": "releasectl.cli.plan:plan",
    "apply": "releasectl.cli.apply:apply",
    "verify": "releasectl.cli.verify:verify",
    "status": "releasectl.cli.status:status",
    "lineage": "releasectl.cli.lineage:lineage",
    "release": "releasectl.cli.release:release",
    "promote": "releasectl.cli.promote:promote",
    "abort": "releasectl.cli.abort:abort",
    "prove-revert": "releasectl.cli.prove_revert:prove_revert",
    "history": "releasectl.cli.history:history",
    "impact": "releasectl.cli.impact:impact",
    "precommit": "releasectl.cli.precommit:precommit",
    "review": "releasectl.cli.review:review",
    "drift": "releasectl.cli.drift:drift",
    "pr": "releasectl.cli.pr:pr",
    "compare": "releasectl.cli.compare:compare",
    "traffic": "releasectl.cli.traffic:traffic",
    "predict": "releasectl.cli.predict:predict",
    "explain": "releasectl.cli.explain:explain",
    "data": "releasectl.cli.data:data",
    "sandbox": "releasectl.cli.sandbox:sandbox",
    "completion": "releasectl.cli.completion:completion",
}
GROUPS = ("data", "sandbox")

COLLECTED = (100_000, 20, 20)  # hardly anything that a command reads is garbage before its end

SHOWN = 50  # problems on a terminal: a CSV file can have one in each row


class LazyGroup(click.Group):
    """Imports a command's module when it is asked for, so that `--version` loads click alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if (target := COMMANDS.get(cmd_name)) is None:
            return None
        module, attribute = target.split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The whole first sentence of each: click would cut it where the line ends."""
        commands = [(name, self.get_command(ctx, name)) for name in COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, each.get_short_help_str(limit=150)) for name, each in commands if each]
            )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


def exit_codes_epilog() -> str:
    """The table of exit codes for --help; click keeps the lines apart because of the backspace mark."""
    return "\b\nExit codes:\n" + "\n".join(f"  {code:>3}  {text}" for code, text in EXIT_CODES.items())


@click.group(
    cls=LazyGroup,
    epilog=exit_codes_epilog(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "-C",
    "root",
    type=click.Path(exists=True, file_okay=False),
    help="Work on the repository that this folder is in. Files are still named from where you are.",
)
@click.version_option(__version__, prog_name="releasectl", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context, root: str | None) -> None:
    """Machine-learning releases as files in git: data to serving on Pachyderm and Seldon, and back."""
    ctx.obj = root
    ctx.color = colour()


def run() -> None:
    """Entry point of the console script."""
    interrupt.not_swallowed()
    gc.set_threshold(*COLLECTED)
    try:
        code = guarded(sys.argv[1:])
    except KeyboardInterrupt:  # while a message was being written
        code = interrupted()
    interrupt.without_words()
    sys.exit(code)


def guarded(argv: list[str]) -> int:
    """Run the command line and return its exit code; nothing but exit codes and messages leaves here."""
    try:
        code = main.main(argv, prog_name="releasectl", standalone_mode=False)
    except ReleaseError as error:
        return report(error, argv)
    except click.exceptions.Abort:
        return interrupted()
    except click.ClickException as error:
        return report_usage(error, argv)
    except SystemExit as exit:  # how click ends where the reader of a pipe has gone, as `| head` does
        if not isinstance(exit.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # no second error at interpreter exit
        return 0
    except OSError as error:
        return report_os_error(error, argv)
    except Exception as error:
        return interrupted() if came_of_interrupt(error) else report_crash(argv)
    return code if isinstance(code, int) else 0


def interrupted() -> int:
    click.echo("interrupted: repeat the command to go on from here", err=True)
    return interrupt.EXIT_CODE


def came_of_interrupt(error: BaseException) -> bool:
    """Python wraps ^C in another error where it lands in the body of a class, as imports run many."""
    cause = error.__cause__ or error.__context__
    return isinstance(error, KeyboardInterrupt) or (cause is not None and came_of_interrupt(cause))


def report(error: ReleaseError, argv: list[str]) -> int:
    """All problems of a run, as text on stderr or, with --format json, as one JSON document on stdout."""
    if wants_json(argv):
        from releasectl.report.envelope import envelope

        told = envelope(command_of(argv), ok=False, exit_code=error.exit_code, problems=error.problems)
        with suppress(OSError):  # stdout itself may be what failed: then stderr is left
            click.echo(told, nl=False)
            return error.exit_code
    for remedy, together in groupby(error.problems[:SHOWN], key=lambda problem: problem.remedy):
        for problem in together:
            click.secho("error: ", fg="red", bold=True, nl=False, err=True, color=colour())
            click.echo(f"{problem.where}: {problem.what}", err=True)
        click.secho(f"  -> {remedy}", fg="cyan", err=True, color=colour())
    if len(error.problems) > 1:
        rest = "" if len(error.problems) <= SHOWN else f", the first {SHOWN} above; --format json has all"
        click.echo(f"{len(error.problems)} problems{rest}", err=True)
    return error.exit_code


def wants_json(argv: list[str]) -> bool:
    """Read from the words: what is wrong may be the command line itself. The last one counts."""
    followed = zip(argv, [*argv[1:], ""], strict=False)
    given = [after if word == "--format" else word for word, after in followed if word.startswith("--format")]
    return given[-1:] in (["json"], ["--format=json"])


def command_of(argv: list[str]) -> str:
    """What was asked for, if there is such a command; of a group, with its verb."""
    words = argv[2:] if argv[:1] == ["-C"] else argv
    asked, after = next((two for two in pairwise([*words, "-"]) if two[0] in COMMANDS), ("", ""))
    return f"{asked} {after}" if asked in GROUPS and not after.startswith("-") else asked


def colour() -> bool | None:
    """None leaves it to click, which colours for a terminal only; not for a dumb one (https://no-color.org)."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def report_usage(error: click.ClickException, argv: list[str]) -> int:
    """In click's own words, with the usage of the command."""
    if not wants_json(argv):
        error.show()
        return error.exit_code
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "releasectl"
    return report(UsageError.at(command, error.format_message(), f"see `{command} --help`"), argv)


def report_os_error(error: OSError, argv: list[str]) -> int:
    """A full disk or a file that may not be written: the system's own words, and what to do."""
    from releasectl.files import remedy

    where = error.filename or ("standard output" if came_of_output(error) else "the system")
    return report(PlatformRefused.at(where, error.strerror or str(error), remedy(error)), argv)


def came_of_output(error: OSError) -> bool:
    """Whether it was raised by what writes the output; such an error names no file."""
    from traceback import walk_tb

    modules = [frame.f_globals.get("__name__") for frame, _ in walk_tb(error.__traceback__)]
    return modules[-1:] in (["click.utils"], ["rich.console"])


def report_crash(argv: list[str]) -> int:
    """A fault of ours: the traceback goes to a file, the person gets one line."""
    import tempfile
    import traceback

    from releasectl.files import remedy

    kind, value, _ = sys.exc_info()
    what = f"{kind.__name__ if kind else 'error'}: {value}"
    try:
        with tempfile.NamedTemporaryFile("w", prefix="releasectl-", suffix=".log", delete=False) as log:
            log.write(traceback.format_exc())
    except OSError as error:
        what += f"; and no file for the traceback: {error.strerror}"
        return report(ReleaseError.at("internal error", what, f"{remedy(error)}, and report it"), argv)
    return report(ReleaseError.at("internal error", what, f"please report it with {log.name}"), argv)


if __name__ == "__main__":
    run()
