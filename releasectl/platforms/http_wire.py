"""The HTTP line to Seldon: a limit on every answer, and errors that say who answered what, and the remedy."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from urllib3 import BaseHTTPResponse, HTTPHeaderDict
from urllib3 import exceptions as failures

from releasectl.errors import BackendUnreachable, NotLookedAt, PlatformRefused, Problem, ReleaseError
from releasectl.model import Json, Platform

LOOPBACK = re.compile(r"localhost|127\.[\d.]+|::1")
LARGEST = 64 << 20  # bytes of an answer
CHUNK = 1 << 16
DEEPEST = 100  # levels of JSON; a graph of Seldon has at most ten nodes one below the other
CONNECT_SECONDS = 5.0  # at most, however patient the platform is with answers
GATEWAY = (502, 503, 504)  # a proxy answers for a server that does not


class NotFound(PlatformRefused):
    """The server has no such thing; an adapter turns it into `Missing` where the port allows that."""


class Conflict(PlatformRefused):
    """The object is not, or no longer, what the request was based on."""


REFUSALS: Mapping[int, type[PlatformRefused]] = {404: NotFound, 409: Conflict}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer; servers and proxies spell the names of headers as they like."""

    status: int
    headers: HTTPHeaderDict
    body: bytes

    @property
    def kind(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def html(self) -> bool:
        return self.kind in ("text/html", "application/xhtml+xml")

    def fields(self) -> Mapping[str, Json]:
        """The body as a JSON object; empty if it is anything else."""
        try:
            said = parsed(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, Mapping) else {}

    def message(self) -> str:
        """What the server says, in the words of whichever format it speaks."""
        said = self.fields()
        for key in ("message", "error", "detail", "reason"):
            if value := said.get(key):
                return value if isinstance(value, str) else json.dumps(value)
        return self.text()

    def causes(self) -> Iterator[tuple[str, str]]:
        """(field, message) of every cause in a Kubernetes Status."""
        details = self.fields().get("details")
        causes = details.get("causes") if isinstance(details, Mapping) else None
        for cause in causes if isinstance(causes, list) else ():
            if isinstance(cause, Mapping):
                yield str(cause.get("field") or ""), str(cause.get("message") or cause.get("reason") or "")

    def text(self) -> str:
        """The body, or the title of a page, on one short line."""
        text = self.body.decode(errors="replace")
        if title := re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL):
            text = title[1]
        text = " ".join(text.split())
        return f"{text[:300]}..." if len(text) > 300 else text or "no reason given"


def parsed(body: bytes | str) -> Json:
    """Its JSON; a ValueError if it is none, or nested deeper than anybody here descends."""
    try:
        value = json.loads(body)
    except RecursionError:
        raise ValueError("nested without end") from None
    level = [value]
    for _ in range(DEEPEST):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return value
    raise ValueError(f"nested over {DEEPEST} deep")


@dataclass(frozen=True, slots=True)
class Peer:
    """The server at one address of a platform; `field` and `token_field` are where the platform's file
    names the address, and the variable with the token if the server can ask for one; `faults` are the
    statuses that tell of this server, and not of what it was asked.
    """

    name: str
    url: str
    field: str
    platform: Platform
    token_field: str = ""
    token_env: str | None = None
    faults: tuple[int, ...] = ()

    @property
    def here(self) -> str:
        return f"{self.name} at {self.url}"

    @property
    def patience(self) -> tuple[float, float]:
        """Seconds to connect in, and to wait for the next byte."""
        seconds = self.platform.timeout_seconds
        return min(seconds, CONNECT_SECONDS), seconds

    @property
    def proxy(self) -> str | None:
        """A proxy of the environment is for the network, not for a sandbox on this machine."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        proxies = getproxies_environment()
        if LOOPBACK.fullmatch(host) or proxy_bypass(host, proxies):
            return None
        return proxies.get(parts.scheme) or proxies.get("all")

    def unreachable(self, what: str, remedy: str = "") -> BackendUnreachable:
        return BackendUnreachable(Problem(self.here, what, remedy or self._start_remedy))

    def broken(self, error: failures.HTTPError) -> BackendUnreachable:
        """No answer, or only a part of one."""
        if isinstance(error, failures.SSLError):
            return self.unreachable(
                f"no trust: {error}", "set SSL_CERT_FILE to the certificates it is signed by"
            )
        if isinstance(error, failures.ProxyError):
            return self.unreachable(f"the proxy {self.proxy} fails: {error}", "mend or unset the proxy")
        if isinstance(error, failures.NewConnectionError):
            return self.unreachable(f"no connection: {str(error).rpartition(': ')[2]}")
        if isinstance(error, failures.TimeoutError):
            return self.late()
        return self.unreachable(f"the answer broke off: {error}")

    def late(self) -> BackendUnreachable:
        place = self.platform.source.place("/timeout_seconds")
        return self.unreachable(
            f"no answer within {self.platform.timeout_seconds:g} s",
            f"see whether it is busy or hangs; if it needs longer, raise timeout_seconds ({place})",
        )

    def receive(self, response: BaseHTTPResponse) -> Answer:
        """The whole answer, if it is not without end."""
        parts, size = [], 0
        while chunk := response.read1(CHUNK):
            parts.append(chunk)
            size += len(chunk)
            if size > LARGEST:
                response.close()
                raise self.unreachable(f"the answer is over {LARGEST >> 20} MiB", "see who answers there")
        response.release_conn()
        return Answer(response.status, response.headers, b"".join(parts))

    def value(self, answer: Answer) -> Json:
        """The JSON of a good answer; a login page is answered with 200, too."""
        if answer.html:
            raise self.unreachable(f"answers with a web page ({answer.message()!r})", self.token_remedy)
        if not answer.body:
            return None
        try:
            return parsed(answer.body)
        except ValueError as error:
            shown = answer.text()[:80]
            raise self.unreachable(
                f"answers with {answer.kind or 'something'} that is no JSON ({error}): {shown!r}",
                f"see who answers there: {self.url} ({self.platform.source.place(self.field)}) "
                f"should be {self.name}",
            ) from None

    def refusal(self, answer: Answer, where: str, remedies: Mapping[str, str]) -> ReleaseError:
        """The error for an answer that is not 2xx; `remedies` by status or by field of a cause."""
        status, said = answer.status, answer.message()
        if 300 <= status < 400:
            target = answer.headers.get("Location", "nowhere")
            return self.unreachable(f"redirects ({status}) to {target}", self.token_remedy)
        if status in (401, 403):
            return NotLookedAt.at(where, f"no permission ({status}): {said}", self.token_remedy)
        if status in GATEWAY:
            return self.unreachable(f"answers {status}: {said}", remedies.get(str(status), ""))
        fallback = remedies.get(str(status), "mend what it names, then repeat the command")
        if causes := list(answer.causes()):
            return PlatformRefused(
                *(
                    Problem(f"{where} {field}".strip(), message, remedies.get(field, fallback))
                    for field, message in causes
                )
            )
        error = NotLookedAt if status in self.faults else REFUSALS.get(status, PlatformRefused)
        return error.at(where, f"{self.name} refuses ({status}): {said}", fallback)

    @property
    def token(self) -> str:
        return os.environ.get(self.token_env or "", "").strip()

    @property
    def token_remedy(self) -> str:
        place = self.platform.source.place(self.field)
        if not self.token_field:
            return f"it asks who you are, and is sent no token: name an address that asks for none ({place})"
        if self.token_env is None:
            return f"it asks who you are: name a variable with a token as {self.token_field} ({place})"
        state = "renew the token in" if self.token else "set the variable"
        return f"{state} {self.token_env}, or ask for access"

    @property
    def _start_remedy(self) -> str:
        if self.platform.sandbox is not None:
            return "start it with `releasectl sandbox up`; `releasectl sandbox status` says what runs"
        place = self.platform.source.place(self.field)
        return f"see whether it runs and whether {self.url} ({place}) is its address from here"
