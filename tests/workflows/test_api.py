"""What the workflows ask of GitHub, against the stand-in for its API."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from releasectl.errors import BackendUnreachable, PlatformRefused, UsageError
from releasectl.github import comment, deployment, issue, oidc
from releasectl.github.api import Api
from releasectl.review.fit import as_json
from releasectl.review.values import Drift, Watched
from tests.e2e.stand import ROOT
from tests.unit.github.reviews import REVIEW
from tests.workflows.github import GitHub
from tests.workflows.objects import BOT, REPOSITORY

WRITER = {"pull-requests": "write", "deployments": "write", "issues": "write"}
SUBJECT = {"sub": f"repo:{REPOSITORY}:environment:production"}


@pytest.fixture
def github() -> Iterator[GitHub]:
    found = GitHub()
    found.start()
    yield found
    found.stop()


@pytest.fixture
def api(github: GitHub) -> Api:
    return Api(github.url, f"{github.url}/graphql", REPOSITORY, github.grant(WRITER, SUBJECT))


def test_a_comment_is_written_once_updated_and_hidden(github: GitHub, api: Api) -> None:
    assert comment.upsert(api, 7, "one") == "written"
    assert comment.upsert(api, 7, "two") == "updated"
    assert [body.splitlines()[1] for body in github.visible(7)] == ["two"]
    assert comment.hide(api, 7) == 1
    assert github.visible(7) == []
    comment.upsert(api, 7, "three")
    assert [body.splitlines()[1] for body in github.visible(7)] == ["three"]
    assert comment.upsert(api, 8, "of another") == "written"


def test_a_comment_with_our_marker_by_somebody_else_is_left_alone(github: GitHub, api: Api) -> None:
    theirs = github.says(7, "mallory", f"{comment.MARKER}\nall is well")
    almost = github.says(7, "github-actions", f"{comment.MARKER}\nall is well")
    assert comment.upsert(api, 7, "ours") == "written"
    assert theirs["body"].endswith("well")
    assert almost["body"].endswith("well")


def test_several_of_ours_become_one(github: GitHub, api: Api) -> None:
    for number in range(150):  # two pages
        github.says(7, "ada", f"remark {number}")
    github.says(7, BOT, f"{comment.MARKER}\nold")
    github.says(7, BOT, f"{comment.MARKER}\nolder")
    assert comment.upsert(api, 7, "new") == "updated"
    assert [body.splitlines()[1] for body in github.visible(7)] == ["new"]


def test_the_deployment_of_the_environment_gets_its_status(github: GitHub, api: Api) -> None:
    sent = {"sha": "a" * 40, "environment": "production", "description": "x" * 500, "log_url": "https://l"}
    first = deployment.report(api, state="in_progress", url="", **sent)
    assert deployment.report(api, state="success", url="https://u", **sent) == first
    assert deployment.report(api, state="failure", url="", **{**sent, "sha": "b" * 40}) != first
    assert github.states("production") == ["in_progress", "success", "failure"]


def test_one_issue_while_there_is_drift(github: GitHub, api: Api) -> None:
    assert issue.settle(api, clean=True, title="t", body="clean") == "nothing to say"
    assert issue.settle(api, clean=False, title="t", body="one") == "opened"
    assert issue.settle(api, clean=False, title="t", body="two") == "updated"
    assert [each["body"].splitlines()[1] for each in github.issues] == ["two"]
    assert issue.settle(api, clean=True, title="t", body="clean") == "closed"
    assert [each["state"] for each in github.issues] == ["closed"]
    assert issue.settle(api, clean=False, title="t", body="three") == "opened"
    assert len(github.issues) == 2


def test_a_token_that_may_not(github: GitHub) -> None:
    reader = Api(github.url, f"{github.url}/graphql", REPOSITORY, github.grant({"contents": "read"}, SUBJECT))
    with pytest.raises(PlatformRefused, match="403"):
        comment.upsert(reader, 7, "x")
    assert github.comments == []
    with pytest.raises(PlatformRefused, match="401"):
        comment.upsert(Api(github.url, "", REPOSITORY, "stolen"), 7, "x")


def test_nobody_answers() -> None:
    with pytest.raises(BackendUnreachable, match="no answer"):
        comment.hide(Api("http://127.0.0.1:1", "", REPOSITORY, "t"), 7)


def test_tokens_of_the_cluster(github: GitHub) -> None:
    runner = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{github.url}/oidc?version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": github.grant({}, SUBJECT),
    }
    found = oidc.tokens(f"{github.url}/exchange", runner)
    assert found["PACHD_TOKEN"] == "pachyderm-token-of-production"
    assert github.exchanged == [("production", "pachyderm"), ("production", "seldon-deploy")]
    pull = {"sub": f"repo:{REPOSITORY}:pull_request"}
    with pytest.raises(PlatformRefused, match="unknown subject"):
        oidc.tokens(
            f"{github.url}/exchange", {**runner, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": github.grant({}, pull)}
        )
    with pytest.raises(UsageError, match="id-token: write"):
        oidc.tokens(f"{github.url}/exchange", {})


def command(github: GitHub, *words: str, token: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """As the step of a workflow: the system's Python and nothing installed."""
    given = {
        "GITHUB_API_URL": github.url, "GITHUB_GRAPHQL_URL": f"{github.url}/graphql", "GITHUB_TOKEN": token,
        "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "5",
        "GITHUB_SHA": "a" * 40, "PATH": "/usr/bin:/bin", "PULL_REQUEST": "7", **environment,
    }  # fmt: skip
    python = (sys.executable, "-I", "-S", str(ROOT / ".github/steps.py"))
    return subprocess.run([*python, *words], env=given, capture_output=True, text=True, check=False)


def test_the_steps_install_nothing(github: GitHub) -> None:
    token = github.grant(WRITER, SUBJECT)
    done = command(github, "comment", token=token, REVIEW=as_json(REVIEW))
    assert (done.returncode, done.stdout) == (0, "comment written\n"), done.stderr
    assert "must not be merged" in github.visible(7)[0]
    assert command(github, "comment", token=token).stdout == "no review: 1 comments hidden as outdated\n"
    found = Drift("c" * 40, (Watched("plan production", "drift", ("update x",)),))
    assert command(github, "drift-issue", token=token, DRIFT=as_json(found)).stdout == "issue: opened\n"
    assert "actions/runs/5" in github.issues[0]["body"]
    done = command(github, "deployment", "success", "staging", token=token, DEPLOYMENT_URL="https://u")
    assert done.returncode == 0, done.stdout
    assert github.statuses[-1]["environment_url"] == "https://u"


@pytest.mark.parametrize(
    "content", ["{}", "[]", "x", json.dumps({"base": "<b>"}), '{"a": 1}\n::set-output::']
)
def test_a_report_that_is_none_writes_nothing(github: GitHub, content: str) -> None:
    done = command(github, "comment", token=github.grant(WRITER, SUBJECT), REVIEW=content)
    assert done.returncode == 3
    assert done.stdout.startswith("::error title=releasectl::REVIEW")
    assert len(done.stdout.splitlines()) == 1
    assert github.comments == []


def test_a_command_gets_tokens_that_the_log_does_not(github: GitHub) -> None:
    shown = 'printf "%s" "$PACHD_TOKEN"'
    done = command(
        github, "with-token", "sh", "-c", shown, token="", TOKEN_EXCHANGE_URL=f"{github.url}/exchange",
        ACTIONS_ID_TOKEN_REQUEST_URL=f"{github.url}/oidc?a=b",
        ACTIONS_ID_TOKEN_REQUEST_TOKEN=github.grant({}, SUBJECT),
    )  # fmt: skip
    masked, own = done.stdout.splitlines()[0], done.stdout.splitlines()[-1]
    assert masked == f"::add-mask::{own}"
    assert "is not set" in command(github, "with-token", "true", token="").stdout
