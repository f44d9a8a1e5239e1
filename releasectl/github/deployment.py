"""Tells GitHub how a deployment goes: the one that the job's environment made, or a new one."""

from __future__ import annotations

from releasectl.github.api import Api

STATES = ("in_progress", "success", "failure")
MOST_CHARACTERS = 140  # of a status's description


def report(
    api: Api, *, sha: str, environment: str, state: str, description: str, url: str, log_url: str
) -> int:
    """Add a status; returns the id of the deployment."""
    found = next(iter(api.pages("/deployments", sha=sha, environment=environment)), None)
    if found is None:
        found = api.call(
            "POST",
            "/deployments",
            {
                "ref": sha,
                "environment": environment,
                "description": f"releasectl apply {environment}",
                "auto_merge": False,
                "required_contexts": [],  # what is merged was checked
                "production_environment": environment == "production",
            },
        )
    status = {
        "state": state,
        "environment": environment,
        "description": description[:MOST_CHARACTERS],
        "log_url": log_url,
        "auto_inactive": True,
    }
    if url:
        status["environment_url"] = url
    api.call("POST", f"/deployments/{found['id']}/statuses", status)
    return int(found["id"])
