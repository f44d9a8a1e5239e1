"""GitHub's objects as it answers them, with every field that its description requires."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

REPOSITORY = "creditco/releases"
BOT = "github-actions[bot]"


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user(login: str) -> dict[str, Any]:
    url = f"https://api.github.com/users/{login}"
    kinds = (
        "followers",
        "following",
        "gists",
        "starred",
        "subscriptions",
        "organizations",
        "repos",
        "events",
    )
    urls = {f"{kind}_url": f"{url}/{kind}" for kind in (*kinds, "received_events")}
    return {
        "login": login,
        "id": sum(login.encode()),
        "node_id": f"U_{login}",
        "avatar_url": "https://avatars.githubusercontent.com/in/15368",
        "gravatar_id": "",
        "url": url,
        "html_url": f"https://github.com/{login}",
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
        **urls,
    }


def comment(url: str, number: int, issue_number: int, body: str, login: str) -> dict[str, Any]:
    return {
        "id": number,
        "node_id": f"IC_{number}",
        "url": f"{url}/repos/{REPOSITORY}/issues/comments/{number}",
        "html_url": f"https://github.com/{REPOSITORY}/pull/{issue_number}#issuecomment-{number}",
        "issue_url": f"{url}/repos/{REPOSITORY}/issues/{issue_number}",
        "body": body,
        "user": user(login),
        "author_association": "NONE",
        "created_at": now(),
        "updated_at": now(),
    }


def deployment(url: str, number: int, body: Any) -> dict[str, Any]:
    own = f"{url}/repos/{REPOSITORY}/deployments/{number}"
    return {
        "url": own,
        "id": number,
        "node_id": f"DE_{number}",
        "sha": body["ref"],
        "ref": body["ref"],
        "task": body.get("task", "deploy"),
        "payload": {},
        "environment": body["environment"],
        "original_environment": body["environment"],
        "description": body["description"],
        "creator": user(BOT),
        "created_at": now(),
        "updated_at": now(),
        "statuses_url": f"{own}/statuses",
        "repository_url": f"{url}/repos/{REPOSITORY}",
        "production_environment": body["production_environment"],
        "transient_environment": False,
    }


def status(url: str, number: int, deployment_number: int, body: Any) -> dict[str, Any]:
    own = f"{url}/repos/{REPOSITORY}/deployments/{deployment_number}"
    return {
        "url": f"{own}/statuses/{number}",
        "id": number,
        "node_id": f"DS_{number}",
        "state": body["state"],
        "creator": user(BOT),
        "description": body["description"],
        "environment": body["environment"],
        "target_url": "",
        "environment_url": body.get("environment_url", ""),
        "log_url": body["log_url"],
        "created_at": now(),
        "updated_at": now(),
        "deployment_url": own,
        "repository_url": f"{url}/repos/{REPOSITORY}",
    }


def issue(url: str, number: int, body: Any) -> dict[str, Any]:
    own = f"{url}/repos/{REPOSITORY}/issues/{number}"
    return {
        "id": number,
        "node_id": f"I_{number}",
        "url": own,
        "repository_url": f"{url}/repos/{REPOSITORY}",
        "labels_url": f"{own}/labels{{/name}}",
        "comments_url": f"{own}/comments",
        "events_url": f"{own}/events",
        "html_url": f"https://github.com/{REPOSITORY}/issues/{number}",
        "number": number,
        "state": "open",
        "title": body["title"],
        "body": body["body"],
        "user": user(BOT),
        "labels": [{"name": name} for name in body["labels"]],
        "assignees": [],
        "milestone": None,
        "locked": False,
        "comments": 0,
        "closed_at": None,
        "created_at": now(),
        "updated_at": now(),
        "author_association": "NONE",
    }
