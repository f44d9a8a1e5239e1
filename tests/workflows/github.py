"""A stand-in for GitHub's API: comments, deployments, issues and OpenID Connect, in the published shapes.

Every body that comes in and every answer that goes out is validated against GitHub's own OpenAPI description.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.workflows.identity import signed, verified
from tests.workflows.objects import BOT, REPOSITORY, comment, deployment, issue, now, status
from tests.workflows.shapes import REQUESTS, RESPONSES, valid


@dataclass
class Grant:
    """What a token may do: the permissions of a run, and the claims that GitHub would sign for its jobs."""

    permissions: dict[str, str]
    claims: dict[str, str]


@dataclass
class GitHub:
    """The state, and the server in front of it."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    grants: dict[str, Grant] = field(default_factory=dict)
    exchanged: list[tuple[str, str]] = field(default_factory=list)  # (subject, audience)
    refused: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1000))
    lock: Any = field(default_factory=threading.Lock)
    server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        github = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                with github.lock:
                    code, body = github.handle(self.command, self.path, self.headers, self.rfile.read(length))
                content = b"" if body is None else json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = answer

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}"

    def grant(self, permissions: dict[str, str], claims: dict[str, str]) -> str:
        """A token for one run."""
        token = f"ghs_{hashlib.sha256(str(next(self.numbers)).encode()).hexdigest()[:36]}"
        self.grants[token] = Grant(permissions, claims)
        return token

    def says(self, number: int, login: str, body: str) -> dict[str, Any]:
        """Somebody comments on a pull request by hand."""
        found = comment(self.url, next(self.numbers), number, body, login)
        self.comments.append(found)
        return found

    def visible(self, number: int) -> list[str]:
        """Bodies of our comments on a pull request that are not hidden."""
        issue = f"{self.url}/repos/{REPOSITORY}/issues/{number}"
        return [
            each["body"]
            for each in self.comments
            if each["issue_url"] == issue
            and each["user"]["login"] == BOT
            and each["node_id"] not in self.hidden
        ]

    def states(self, environment: str) -> list[str]:
        return [each["state"] for each in self.statuses if each["environment"] == environment]

    def handle(self, method: str, target: str, headers: Any, content: bytes) -> tuple[int, Any]:
        parts = urlsplit(target)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/exchange":
            return self.exchange(parse_qs(content.decode()))
        grant = self.grants.get(headers.get("Authorization", "").removeprefix("Bearer "))
        if grant is None:
            return self.no(401, "Bad credentials")
        if parts.path == "/oidc":
            return 200, {"value": signed({**grant.claims, "aud": query["audience"]})}
        body = json.loads(content) if content else None
        if parts.path == "/graphql":
            return self.graphql(grant, body)
        path = parts.path.removeprefix(f"/repos/{REPOSITORY}/").split("/")
        route = " ".join([method, *("*" if part.isdigit() else part for part in path)])
        if route not in ROUTES:
            return self.no(404, f"Not Found: {method} {target}")
        permissions, name = ROUTES[route]
        enough = {"read", "write"} if method == "GET" else {"write"}
        if not enough & {grant.permissions.get(permission) for permission in permissions}:
            return self.no(403, f"Resource not accessible by integration: {route} needs {permissions}")
        if route in REQUESTS:
            valid(REQUESTS[route], body)
        numbers = [int(part) for part in path if part.isdigit()]
        code, answer = getattr(self, name)(
            *numbers, **({"query": query} if method == "GET" else {"body": body})
        )
        for each in answer if isinstance(answer, list) else [answer]:
            valid(RESPONSES[route], each)
        return code, answer

    def no(self, code: int, message: str) -> tuple[int, Any]:
        self.refused.append(message)
        return code, {
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": str(code),
        }

    def graphql(self, grant: Grant, body: Any) -> tuple[int, Any]:
        if "write" not in (grant.permissions.get("pull-requests"), grant.permissions.get("issues")):
            return 200, {
                "data": None,
                "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}],
            }
        node, hides = body["variables"]["id"], "unminimize" not in body["query"]
        (self.hidden.add if hides else self.hidden.discard)(node)
        name = "minimizeComment" if hides else "unminimizeComment"
        inner = "minimizedComment" if hides else "unminimizedComment"
        return 200, {"data": {name: {inner: {"isMinimized": hides}}}}

    def exchange(self, form: dict[str, list[str]]) -> tuple[int, Any]:
        """The cluster's identity provider: who may read, who may apply. RFC 8693."""
        claims, audience = verified(form["subject_token"][0]), form["audience"][0]
        known = f"repo:{REPOSITORY}:environment:"
        if not claims["sub"].startswith(known):
            self.refused.append(f"exchange for {claims['sub']}")
            return 400, {"error": "invalid_target", "error_description": f"unknown subject {claims['sub']}"}
        self.exchanged.append((claims["sub"].removeprefix(known), audience))
        token = f"{audience}-token-of-{claims['sub'].removeprefix(known)}"
        kind = "urn:ietf:params:oauth:token-type:access_token"
        return 200, {
            "access_token": token,
            "issued_token_type": kind,
            "token_type": "Bearer",
            "expires_in": 600,
        }

    def list_comments(self, number: int, query: dict[str, str]) -> tuple[int, Any]:
        issue = f"{self.url}/repos/{REPOSITORY}/issues/{number}"
        return 200, paged([each for each in self.comments if each["issue_url"] == issue], query)

    def add_comment(self, number: int, body: Any) -> tuple[int, Any]:
        if len(body["body"]) > 65_536:
            return self.no(422, "body is too long (maximum is 65536 characters)")
        return 201, self.says(number, BOT, body["body"])

    def edit_comment(self, number: int, body: Any) -> tuple[int, Any]:
        found = next(each for each in self.comments if each["id"] == number)
        found |= {"body": body["body"], "updated_at": now()}
        return 200, found

    def list_deployments(self, query: dict[str, str]) -> tuple[int, Any]:
        found = [
            each
            for each in reversed(self.deployments)
            if all(each[key] == query[key] for key in ("sha", "environment") if key in query)
        ]
        return 200, paged(found, query)

    def add_deployment(self, body: Any) -> tuple[int, Any]:
        self.deployments.append(deployment(self.url, next(self.numbers), body))
        return 201, self.deployments[-1]

    def add_status(self, number: int, body: Any) -> tuple[int, Any]:
        self.statuses.append(status(self.url, next(self.numbers), number, body))
        return 201, self.statuses[-1]

    def list_issues(self, query: dict[str, str]) -> tuple[int, Any]:
        return 200, paged(
            [each for each in self.issues if each["state"] == query.get("state", "open")], query
        )

    def add_issue(self, body: Any) -> tuple[int, Any]:
        self.issues.append(issue(self.url, next(self.numbers), body))
        return 201, self.issues[-1]

    def edit_issue(self, number: int, body: Any) -> tuple[int, Any]:
        found = next(each for each in self.issues if each["number"] == number)
        found |= body | {"updated_at": now()}
        return 200, found


COMMENTS = ("issues", "pull-requests")  # either will do, as each is the other's thread
ROUTES = {
    "GET issues * comments": (COMMENTS, "list_comments"),
    "POST issues * comments": (COMMENTS, "add_comment"),
    "PATCH issues comments *": (COMMENTS, "edit_comment"),
    "GET deployments": (("deployments",), "list_deployments"),
    "POST deployments": (("deployments",), "add_deployment"),
    "POST deployments * statuses": (("deployments",), "add_status"),
    "GET issues": (("issues",), "list_issues"),
    "POST issues": (("issues",), "add_issue"),
    "PATCH issues *": (("issues",), "edit_issue"),
}


def paged(found: list[Any], query: dict[str, str]) -> list[Any]:
    size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
    return found[size * (page - 1) : size * page]
