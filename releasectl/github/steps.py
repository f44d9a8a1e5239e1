"""The commands that the steps of the workflows call, by way of .github/steps.py."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from releasectl.errors import ReleaseError, UsageError
from releasectl.github import comment, deployment, images, issue, oidc
from releasectl.github.api import Api

Environment = Mapping[str, str]


def main(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python3 -I .github/steps.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "comment", help="REVIEW (JSON) as the comment on PULL_REQUEST; without it, hide the old one"
    )
    commands.add_parser("drift-issue", help="DRIFT (JSON) as the one issue about drift")
    status = commands.add_parser("deployment", help="the status of a deployment of this commit")
    status.add_argument("state", choices=[*deployment.STATES, "cancelled"])
    status.add_argument("environment")
    with_token = commands.add_parser("with-token", help="run a command with tokens of the cluster")
    with_token.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    publish = commands.add_parser("images", help="build and publish what changed of the trainers' images")
    publish.add_argument("registry")
    arguments = parser.parse_args(argv)
    try:
        return COMMANDS[arguments.command](arguments, os.environ)
    except ReleaseError as error:
        for problem in error.problems:
            print(f"::error title=releasectl::{_data(str(problem))}", flush=True)
        return error.exit_code


def write_comment(_: argparse.Namespace, environment: Environment) -> int:
    """The one comment on the pull request, written or replaced."""
    from releasectl.report.review import as_markdown
    from releasectl.review.reading import read
    from releasectl.review.values import Review

    number = _number(environment, "PULL_REQUEST")
    content = environment.get("REVIEW", "")
    if not content:
        print(f"no review: {comment.hide(_api(environment), number)} comments hidden as outdated")
        return 0
    body = as_markdown(read(Review, content, "REVIEW"))
    print(f"comment {comment.upsert(_api(environment), number, body)}")
    return 0


def settle_issue(_: argparse.Namespace, environment: Environment) -> int:
    """The one issue about drift: opened, updated, or closed when all is clean."""
    from releasectl.report.drift import TITLE, as_markdown
    from releasectl.review.reading import read
    from releasectl.review.values import Drift

    drift = read(Drift, _needed(environment, "DRIFT"), "DRIFT")
    body = as_markdown(drift, run_url(environment))
    print(f"issue: {issue.settle(_api(environment), clean=drift.clean, title=TITLE, body=body)}")
    return 0


def report_deployment(arguments: argparse.Namespace, environment: Environment) -> int:
    """The state of a deployment of this commit; a cancelled one has failed."""
    deployment.report(
        _api(environment),
        sha=_needed(environment, "GITHUB_SHA"),
        environment=arguments.environment,
        state="failure" if arguments.state == "cancelled" else arguments.state,
        description=f"releasectl apply {arguments.environment}: {arguments.state.replace('_', ' ')}",
        url=environment.get("DEPLOYMENT_URL", ""),
        log_url=run_url(environment),
    )
    print(f"deployment of {arguments.environment}: {arguments.state}")
    return 0


def run_with_token(arguments: argparse.Namespace, environment: Environment) -> int:
    """Without an exchange the platform needs no token, as the sandbox does; the job's log says so."""
    given: dict[str, str] = {}
    if exchange := environment.get("TOKEN_EXCHANGE_URL"):
        given = oidc.tokens(exchange, environment)
        for token in given.values():
            print(f"::add-mask::{token}", flush=True)
    else:
        print("TOKEN_EXCHANGE_URL is not set: the command gets no token of the cluster", flush=True)
    os.execvpe(arguments.words[0], arguments.words, {**environment, **given})


def publish_images(arguments: argparse.Namespace, environment: Environment) -> int:
    """What was built and what was there already, as a table in the run's summary."""
    found = images.publish(Path.cwd(), arguments.registry, lambda line: print(line, flush=True))
    told = images.as_markdown(found)
    print(told)
    with Path(_needed(environment, "GITHUB_STEP_SUMMARY")).open("a", encoding="utf-8") as summary:
        summary.write(told)
    return 0


COMMANDS: Mapping[str, Callable[[argparse.Namespace, Environment], int]] = {
    "comment": write_comment,
    "drift-issue": settle_issue,
    "deployment": report_deployment,
    "with-token": run_with_token,
    "images": publish_images,
}


def run_url(environment: Environment) -> str:
    """Where the log of this run is read."""
    parts = [_needed(environment, f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}"


def _api(environment: Environment) -> Api:
    names = ("GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN")
    return Api(*(_needed(environment, name) for name in names))


def _needed(environment: Environment, name: str) -> str:
    if value := environment.get(name):
        return value
    raise UsageError.at(name, "is not in the environment", "see the step in .github/workflows that runs this")


def _number(environment: Environment, name: str) -> int:
    value = _needed(environment, name)
    if not value.isascii() or not value.isdigit():
        raise UsageError.at(name, "is no number", "see the step in .github/workflows that runs this")
    return int(value)


def _data(message: str) -> str:
    """As the data of a workflow command, which a line's end would close."""
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
