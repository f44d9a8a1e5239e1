"""`releasectl release NAME --env E --commit C`: a model commit -> lock, release file, manifests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from releasectl.cli import names
from releasectl.cli.options import StrategyName, format_option, platform_option
from releasectl.cli.wiring import Workspace, read_ahead
from releasectl.errors import InvalidInput, PolicyDenied, UsageError


@click.command()
@click.argument("name", shell_complete=names.completes(names.releases))
@click.option(
    "--env",
    "environment",
    metavar="ENVIRONMENT",
    required=True,
    help="The environment that should serve it.",
    shell_complete=names.completes(names.environments),
)
@click.option(
    "--commit",
    "reference",
    required=True,
    metavar="COMMIT|latest",
    help="A commit of copy_models, or where else its DAG gathers; 8 digits do.",
    shell_complete=names.completes(names.models),
)
@click.option(
    "--strategy",
    type=StrategyName(),
    default="direct",
    show_default=True,
    help="By any other than direct, the commit is put on trial beside the model, which stays.",
)
@click.option("--owner", metavar="TEAM", help="Who answers for it; needed for a release that is new.")
@click.option("--pr", "open_pr", is_flag=True, help="Commit it on a branch, push that, open a pull request.")
@platform_option
@format_option
@click.pass_obj
def release(
    root: str | None,
    name: str,
    environment: str,
    reference: str,
    strategy: str,
    owner: str | None,
    open_pr: bool,
    platform: str | None,
    output: str,
) -> None:
    """Write the lock and the release file of a model commit, render, check, and say what a reviewer needs."""
    read_ahead()
    from releasectl.cli.pr import open_pull_request
    from releasectl.clock import SystemClock
    from releasectl.gather import gather, resolve
    from releasectl.git import edited
    from releasectl.judge import denied
    from releasectl.plan.locks import commit_problems
    from releasectl.propose import accept, propose, standing
    from releasectl.report import release as report
    from releasectl.revert.wayback import of_release
    from releasectl.unwritten import as_pachyderm_has_it

    workspace = Workspace(root, platform)
    standing(workspace.root, environment=environment, name=name, owner=owner, strategy=strategy)
    data = workspace.data(environment)
    commit = resolve(data, workspace.gathered_in(name), reference)
    lock = gather(data, commit, f"/{workspace.dag_of(name)}")
    proposal = propose(
        workspace.root, environment=environment, name=name, lock=lock, owner=owner, strategy=strategy
    )
    if proposal.release.strategy.candidate is not None:  # apply would ask for the model beside it
        InvalidInput.raise_if(commit_problems(proposal.repository.locks[proposal.release.model], data))
    refused = denied(proposal.own_findings)
    if refused:
        proposal = as_pachyderm_has_it(workspace.root, proposal)
    changed = () if refused else accept(workspace.root, proposal)
    back = None
    if changed:
        back = of_release(workspace.root, environment, name, workspace.cluster, now=SystemClock().now())
    click.echo(report.FORMATS[output](proposal, changed, back, commits=open_pr), nl=False)
    if changed and (path := f"environments/{environment}/environment.yaml") in edited(workspace.root):
        what = (
            f"! {path} is not committed as it is: merge it first, as an apply is judged by the commit before"
        )
        click.secho(what, fg="yellow", err=True)
    if refused:
        raise click.exceptions.Exit(PolicyDenied.exit_code)
    if open_pr:
        branch = f"release/{environment}-{name}-{proposal.lock.commit[:12]}"
        _begin(workspace.root, branch, (*proposal.paths, *changed), proposal.title)
        open_pull_request(Workspace(root, platform), live=True)


def _begin(root: Path, branch: str, written: Sequence[str], title: str) -> None:
    """Commit what the release wrote on a branch of its own."""
    from releasectl.githistory import require_repository, uncommitted
    from releasectl.pullrequest import begin

    require_repository(root)
    paths = [path for path in uncommitted(root) if path in written]
    if not paths:
        remedy = "leave out --pr, or open one for the commits of this branch: `releasectl pr`"
        raise UsageError.at("--pr", "there is nothing to commit: HEAD says so already", remedy)
    begin(root, branch, paths, title)
