"""One comment per pull request: written once, updated in place, hidden when it says what is no longer so."""

from __future__ import annotations

from typing import Final

from releasectl.github.api import Api
from releasectl.model import Json

MARKER: Final = "<!-- releasectl: review -->"
AUTHOR: Final = "github-actions[bot]"  # anybody can write the marker, nobody else can be its author
_HIDE: Final = """\
mutation($id: ID!) {
  minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } }
}"""
_SHOW: Final = """\
mutation($id: ID!) {
  unminimizeComment(input: {subjectId: $id}) { unminimizedComment { isMinimized } }
}"""


def upsert(api: Api, number: int, body: str) -> str:
    """Make `body` the one visible comment of ours; returns what was done."""
    text = f"{MARKER}\n{body}"
    first, *others = [*_ours(api, number), None]
    for other in others:
        if other is not None:
            api.graphql(_HIDE, {"id": other["node_id"]})
    if first is None:
        api.call("POST", f"/issues/{number}/comments", {"body": text})
        return "written"
    api.call("PATCH", f"/issues/comments/{first['id']}", {"body": text})
    api.graphql(_SHOW, {"id": first["node_id"]})
    return "updated"


def hide(api: Api, number: int) -> int:
    """Hide what was said before as outdated; returns how many comments that were."""
    found = _ours(api, number)
    for comment in found:
        api.graphql(_HIDE, {"id": comment["node_id"]})
    return len(found)


def _ours(api: Api, number: int) -> list[Json]:
    return [
        comment
        for comment in api.pages(f"/issues/{number}/comments")
        if comment["user"]["login"] == AUTHOR
        and comment["user"]["type"] == "Bot"
        and (comment.get("body") or "").startswith(MARKER)
    ]
