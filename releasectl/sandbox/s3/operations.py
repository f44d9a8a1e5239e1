"""Request -> answer, over a `Reader`: what each S3 operation does. No server here, and no writes."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial

from releasectl.sandbox.pachd.reader import Entry, Reader
from releasectl.sandbox.s3 import conditions, documents
from releasectl.sandbox.s3.auth import authorise
from releasectl.sandbox.s3.bucket import DEFAULT_PROJECT, name_of
from releasectl.sandbox.s3.bucket import parse as parse_bucket
from releasectl.sandbox.s3.errors import S3Error
from releasectl.sandbox.s3.listing import page
from releasectl.sandbox.s3.request import Request

CHUNK = 1 << 20
DEFAULT_KEYS, MOST_KEYS = 1000, 5000
STARTED = datetime.now(UTC)
WRITES = frozenset({"PUT", "POST", "DELETE"})
# Sub-resources that S3 has and pachd's gateway has not; without this they would answer as a listing.
WORDS = (
    "accelerate acl analytics attributes cors encryption intelligent-tiering inventory legal-hold lifecycle "
    "logging metrics notification object-lock ownershipControls policy policyStatus publicAccessBlock "
    "replication requestPayment retention session tagging torrent uploadId uploads versions website"
)
FOREIGN = frozenset(WORDS.split())


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `stream` opens the body of a file, `body` is everything else."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: Callable[[], Iterator[bytes]] | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """A bucket that exists: the commit that its name stands for now."""

    repo: str
    id: str


def answer(reader: Reader, request: Request, now: datetime) -> Answer:
    """Check, then dispatch on what the path and the parameters name; raises S3Error."""
    authorise(request, now)
    if request.method in WRITES:
        raise S3Error("NotImplemented", "The sandbox's gateway only reads: write through pachd's gRPC API.")
    if request.method not in ("GET", "HEAD"):
        raise S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.")
    if not request.bucket:
        return xml(list_buckets(reader))
    commit = find(reader, request.bucket)
    for name in sorted(FOREIGN):
        if request.asks(name):
            raise S3Error("NotImplemented", f"Pachyderm's S3 gateway has no {name!r}.")
    if request.key:
        return read_object(reader, commit, request)
    if request.method == "HEAD":
        return Answer(200)
    return xml(read_bucket(reader, commit, request))


def xml(body: bytes) -> Answer:
    return Answer(200, {"Content-Type": "application/xml"}, body)


def find(reader: Reader, name: str) -> Commit:
    bucket = parse_bucket(name)
    commit = (
        reader.resolve(bucket.repo, bucket.branch, bucket.commit)
        if bucket.project == DEFAULT_PROJECT
        else None
    )
    if commit is None:
        raise S3Error("NoSuchBucket", f"The bucket {name!r} is no readable commit: [commit.]branch.repo")
    return Commit(bucket.repo, commit)


def list_buckets(reader: Reader) -> bytes:
    names = [name_of(branch, repo) for repo in reader.repos() for branch in sorted(reader.branches(repo))]
    # The reader knows no creation dates; S3 clients only show them.
    return documents.buckets(names, created=STARTED)


def read_bucket(reader: Reader, commit: Commit, request: Request) -> bytes:
    if request.asks("location"):
        return documents.location()
    if request.asks("versioning"):
        return documents.versioning()
    return list_objects(reader, commit, request, version=2 if request.parameter("list-type") == "2" else 1)


def list_objects(reader: Reader, commit: Commit, request: Request, *, version: int) -> bytes:
    prefix, delimiter = request.parameter("prefix"), request.parameter("delimiter")
    if delimiter not in ("", "/"):
        raise S3Error("InvalidArgument", "The delimiter must be '' or '/'.")
    limit, encoded = max_keys(request), url_encoded(request)
    continuation = request.parameter("continuation-token") if version == 2 else ""
    after = request.parameter("start-after" if version == 2 else "marker")
    found = page(
        entries(reader, commit, prefix),
        prefix=prefix,
        delimiter=delimiter,
        after=documents.key_of(continuation) if continuation else after,
        limit=limit,
    )
    spell = documents.encoder(encoded)
    optional = {
        **({"Delimiter": spell(delimiter)} if delimiter else {}),
        **({"EncodingType": "url"} if encoded else {}),
    }
    if version == 2:
        optional |= {"KeyCount": str(len(found.items))}
        optional |= {"StartAfter": spell(after)} if after else {}
        optional |= {"ContinuationToken": continuation} if continuation else {}
        optional |= {"NextContinuationToken": documents.token(found.last)} if found.truncated else {}
    else:
        optional |= {"Marker": spell(after)}
        optional |= {"NextMarker": spell(found.last)} if found.truncated else {}
    head = {
        "Name": request.bucket,
        "Prefix": spell(prefix),
        "MaxKeys": str(limit),
        "IsTruncated": str(found.truncated).lower(),
        **optional,
    }
    owner = version == 1 or request.parameter("fetch-owner") == "true"
    return documents.listing(found, list(head.items()), url_encoded=encoded, owner=owner)


def max_keys(request: Request) -> int:
    text = request.parameter("max-keys", str(DEFAULT_KEYS))
    if not (text.isascii() and text.isdecimal()):
        raise S3Error("InvalidArgument", f"max-keys is {text!r}, but must be a number from 0 on.")
    return min(int(text[:10]), MOST_KEYS)


def url_encoded(request: Request) -> bool:
    kind = request.parameter("encoding-type")
    if kind not in ("", "url"):
        raise S3Error("InvalidArgument", "The encoding-type must be 'url'.")
    return kind == "url"


def read_object(reader: Reader, commit: Commit, request: Request) -> Answer:
    entry = stat(reader, commit, request.key)
    etag = f'"{entry.hash}"'
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(entry.mtime.astimezone(UTC), usegmt=True),
        "Accept-Ranges": "bytes",
        "x-amz-version-id": commit.id,
    }
    if conditions.unchanged(request.headers, etag, entry.mtime):
        return Answer(304, headers)
    span = conditions.span(request.headers, entry.size, etag, entry.mtime)
    headers["Content-Type"] = mimetypes.guess_type(request.key)[0] or "application/octet-stream"
    if span is not None:
        headers["Content-Range"] = f"bytes {span.first}-{span.last}/{entry.size}"
    first, last = span or conditions.Span(0, entry.size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if request.method == "HEAD":
        return Answer(206 if span else 200, headers)
    stream = partial(chunks, reader, commit, entry, first, last - first + 1)
    return Answer(206 if span else 200, headers, stream=stream)


def entries(reader: Reader, commit: Commit, prefix: str) -> Sequence[Entry]:
    """Keys have no leading slash and no empty part, as paths in Pachyderm have none."""
    path = f"/{prefix}"
    return () if "//" in path else reader.entries(commit.repo, commit.id, path)


def stat(reader: Reader, commit: Commit, key: str) -> Entry:
    for entry in entries(reader, commit, key):
        if entry.path == f"/{key}":
            return entry
    raise S3Error("NoSuchKey", f"The key {key!r} does not exist in {commit.repo}@{commit.id}.")


def chunks(reader: Reader, commit: Commit, entry: Entry, start: int, length: int) -> Iterator[bytes]:
    with reader.open(commit.repo, commit.id, entry.path) as file:
        file.seek(start)
        while length and (data := file.read(min(CHUNK, length))):
            length -= len(data)
            yield data
