"""The XML bodies of the gateway's answers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree

from releasectl.sandbox.s3.errors import S3Error
from releasectl.sandbox.s3.listing import Item, Page

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
OWNER = ("Owner", [("ID", "0" * 30), ("DisplayName", "pachyderm")])
Node = tuple[str, "str | Sequence[Node]"]


def document(root: str, children: Iterable[Node], namespace: str = NAMESPACE) -> bytes:
    element = ElementTree.Element(root, {"xmlns": namespace} if namespace else {})
    fill(element, children)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(element)


def fill(element: ElementTree.Element, children: Iterable[Node]) -> None:
    for name, content in children:
        child = ElementTree.SubElement(element, name)
        if isinstance(content, str):
            child.text = content
        else:
            fill(child, content)


def error(problem: S3Error, resource: str, request_id: str) -> bytes:
    return document(
        "Error",
        [
            ("Code", problem.code),
            ("Message", problem.message),
            ("Resource", resource),
            ("RequestId", request_id),
        ],
        namespace="",
    )


def buckets(names: Iterable[str], created: datetime) -> bytes:
    rows: list[Node] = [("Bucket", [("Name", name), ("CreationDate", iso(created))]) for name in names]
    return document("ListAllMyBucketsResult", [OWNER, ("Buckets", rows)])


def location() -> bytes:
    element = ElementTree.Element("LocationConstraint", {"xmlns": NAMESPACE})
    element.text = "PACHYDERM"
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(element)


def versioning() -> bytes:
    return document("VersioningConfiguration", [("Status", "Enabled")])


def listing(page: Page, head: Sequence[Node], *, url_encoded: bool, owner: bool) -> bytes:
    """ListBucketResult: `head` is what differs between versions 1 and 2."""
    spell = encoder(url_encoded)
    files = [
        ("Contents", contents(item, spell, owner=owner)) for item in page.items if item.entry is not None
    ]
    prefixes = [("CommonPrefixes", [("Prefix", spell(item.key))]) for item in page.items if not item.entry]
    return document("ListBucketResult", [*head, *files, *prefixes])


def contents(item: Item, spell: Callable[[str], str], *, owner: bool) -> list[Node]:
    assert item.entry is not None
    return [
        ("Key", spell(item.key)),
        ("LastModified", iso(item.entry.mtime)),
        ("ETag", f'"{item.entry.hash}"'),
        ("Size", str(item.entry.size)),
        ("StorageClass", "STANDARD"),
        *([OWNER] if owner else []),
    ]


def encoder(url_encoded: bool) -> Callable[[str], str]:
    return (lambda text: quote(text, safe="/-_.~")) if url_encoded else str


def token(key: str) -> str:
    """A continuation token: opaque to clients, the last key of the page to us."""
    return base64.urlsafe_b64encode(key.encode()).decode()


def key_of(continuation: str) -> str:
    try:
        return base64.b64decode(continuation, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect") from None


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
