"""`releasectl prove-revert [REV]`: is it safe to revert a release, and what would it do?"""

from __future__ import annotations

from pathlib import Path

import click

from releasectl.cli.options import format_option, platform_option
from releasectl.cli.wiring import Workspace
from releasectl.errors import BackendUnreachable, PolicyDenied, UsageError


@click.command("prove-revert")
@click.argument("revision", default="HEAD", metavar="[REV]")
@click.option(
    "-m",
    "--mainline",
    type=click.IntRange(1),
    metavar="N",
    help="Of a merge: the side that stays. Default: 1.",
)
@click.option(
    "--patch",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the state after the revert, whole, as a patch for `git apply`.",
)
@platform_option
@format_option
@click.pass_obj
def prove_revert(
    root: str | None,
    revision: str,
    mainline: int | None,
    patch: Path | None,
    platform: str | None,
    output: str,
) -> None:
    """Rehearse `git revert REV` (default: HEAD) without touching anything.

    Exits with 0 if it is safe, 10 if it is not, 4 if that cannot be found out.
    """
    from releasectl.clock import SystemClock
    from releasectl.files import replace
    from releasectl.report import revert as report
    from releasectl.revert import Verdict, prove

    workspace = Workspace(root, platform)
    if patch is not None and not patch.parent.is_dir():
        what = f"there is no folder {patch.parent}"
        raise UsageError.at(f"--patch {patch}", what, "make it, or name another")
    proof = prove(workspace.root, revision, workspace.cluster, now=SystemClock().now(), mainline=mainline)
    if patch is not None and proof.verdict is not Verdict.UNSAFE:
        replace(patch, proof.patch.encode())
        click.echo(f"wrote {patch}", err=True)
    click.echo(report.FORMATS[output](proof), nl=False)
    codes = {Verdict.UNSAFE: PolicyDenied.exit_code, Verdict.UNPROVEN: BackendUnreachable.exit_code}
    if proof.verdict in codes:
        raise click.exceptions.Exit(codes[proof.verdict])
