"""GitHub's REST and GraphQL API, as far as the workflows need it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from releasectl.errors import BackendUnreachable, PlatformRefused
from releasectl.model import Json

VERSION: Final = "2026-03-10"
TIMEOUT: Final = 30.0
MOST_BYTES: Final = 8 * 1024 * 1024
PER_PAGE: Final = 100
MOST_PAGES: Final = 30


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes to the address that the runner names and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


@dataclass(frozen=True, slots=True)
class Api:
    """One repository, `owner/name`, as the holder of `token`."""

    url: str
    graphql_url: str
    repository: str
    token: str

    def call(self, method: str, path: str, body: Json = None) -> Json:
        """`path` is relative to the repository."""
        return self._send(method, f"{self.url}/repos/{self.repository}{path}", body)

    def pages(self, path: str, **query: str) -> Iterator[Json]:
        """Every item of a list, oldest page first."""
        for page in range(1, MOST_PAGES + 1):
            asked = urlencode({**query, "per_page": PER_PAGE, "page": page})
            found = self.call("GET", f"{path}?{asked}")
            yield from found
            if len(found) < PER_PAGE:
                return
        what = f"more than {PER_PAGE * MOST_PAGES} items"
        raise PlatformRefused.at(f"GitHub {path}", what, "close or delete what is no longer needed")

    def graphql(self, query: str, variables: Mapping[str, str]) -> Json:
        answer = self._send("POST", self.graphql_url, {"query": query, "variables": dict(variables)})
        if errors := answer.get("errors"):
            said = "; ".join(str(error.get("message")) for error in errors)
            raise PlatformRefused.at("GitHub GraphQL", said, "see the permissions of the job")
        return answer["data"]

    def _send(self, method: str, url: str, body: Json) -> Json:
        request = urllib.request.Request(
            url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "releasectl",
                "X-GitHub-Api-Version": VERSION,
            },
        )
        return answer_of(request, f"GitHub {method} {url.removeprefix(self.url)}")


def answer_of(request: urllib.request.Request, where: str) -> Json:
    """The JSON that comes back; anything else is an error that says where."""
    try:
        with _OPENER.open(request, timeout=TIMEOUT) as response:
            content = response.read(MOST_BYTES)
    except urllib.error.HTTPError as error:
        said = error.read(2000).decode(errors="replace").strip()
        what = f"answers {error.code} {error.reason}: {said}"
        raise PlatformRefused.at(where, what, "see the permissions of the job, and the address") from None
    except OSError as error:  # URLError and timeouts are OSErrors
        raise BackendUnreachable.at(
            where, f"no answer: {error}", "run the job again once it answers"
        ) from None
    try:
        return json.loads(content) if content else None
    except ValueError:
        raise BackendUnreachable.at(
            where, "answers with something else than JSON", "see the address"
        ) from None
