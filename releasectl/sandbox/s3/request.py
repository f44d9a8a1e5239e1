"""An HTTP request as the gateway sees it: a frozen value, split into bucket, key and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from releasectl.sandbox.s3.errors import S3Error

# What XML 1.0 cannot carry, not even escaped: an answer that echoes it could not be parsed.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Request:
    """`path` and `query` are as sent (percent-encoded), headers have lower-case names."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    bucket: str
    key: str

    def parameter(self, name: str, default: str = "") -> str:
        """The first value of a query parameter, decoded."""
        for encoded, value in self.query:
            if encoded == name:
                return decode(value.replace("+", " "))
        return default

    def asks(self, name: str) -> bool:
        return any(encoded == name for encoded, _ in self.query)


def parse(
    method: str, raw_path: bytes, raw_query: bytes, raw_headers: Iterable[tuple[bytes, bytes]]
) -> Request:
    """Split a request; raises S3Error for what is not UTF-8 or could not be echoed."""
    path = raw_path.decode("latin-1")
    bucket, _, key = path.removeprefix("/").partition("/")
    pairs = [pair.partition("=") for pair in raw_query.decode("latin-1").split("&") if pair]
    headers: dict[str, str] = {}
    for name, value in raw_headers:
        lowered, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[lowered] = f"{headers[lowered]},{text}" if lowered in headers else text
    return Request(
        method=method,
        path=path,
        query=tuple((decode(name), value) for name, _, value in pairs),
        headers=headers,
        bucket=decode(bucket),
        key=decode(key),
    )


def decode(text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", "The specified URI is not percent-encoded UTF-8.") from None
    if UNPRINTABLE.search(decoded):
        raise S3Error("InvalidURI", "The specified URI holds a character that XML cannot carry.")
    return decoded
