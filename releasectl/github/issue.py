"""One issue about drift: opened when there is any, updated while there is, closed when there is none."""

from __future__ import annotations

from typing import Final

from releasectl.github.api import Api
from releasectl.github.comment import AUTHOR
from releasectl.model import Json

MARKER: Final = "<!-- releasectl: drift -->"
LABEL: Final = "drift"


def settle(api: Api, *, clean: bool, title: str, body: str) -> str:
    """Bring the issue in line with what was found; returns what was done."""
    found = _open(api)
    text = f"{MARKER}\n{body}"
    if clean:
        for issue in found:
            api.call("POST", f"/issues/{issue['number']}/comments", {"body": body})
            closed = {"state": "closed", "state_reason": "completed"}
            api.call("PATCH", f"/issues/{issue['number']}", closed)
        return "closed" if found else "nothing to say"
    if not found:
        api.call("POST", "/issues", {"title": title, "body": text, "labels": [LABEL]})
        return "opened"
    api.call("PATCH", f"/issues/{found[0]['number']}", {"title": title, "body": text})
    return "updated"


def _open(api: Api) -> list[Json]:
    """Not by label, which anybody may take off; GitHub lists pull requests among the issues."""
    return [
        issue
        for issue in api.pages("/issues", state="open")
        if "pull_request" not in issue
        and issue["user"]["login"] == AUTHOR
        and (issue.get("body") or "").startswith(MARKER)
    ]
