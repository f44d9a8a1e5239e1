"""AWS signatures, versions 4 and 2, in headers or in a presigned URL.

With auth off pachd takes any key pair whose secret equals its access key, and unsigned requests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

from releasectl.sandbox.s3.errors import S3Error
from releasectl.sandbox.s3.request import Request

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=15)
EMPTY_BODY = hashlib.sha256(b"").hexdigest()
CREDENTIAL = re.compile(r"(?P<key>.+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
# Parameters that version 2 signs together with the path; all others are left unsigned.
WORDS = (
    "accelerate acl cors defaultObjectAcl delete lifecycle location logging notification partNumber policy "
    "requestPayment response-cache-control response-content-disposition response-content-encoding "
    "response-content-language response-content-type response-expires restore storageClass tagging torrent "
    "uploadId uploads versionId versioning versions website"
)
SUB_RESOURCES = frozenset(WORDS.split())


def authorise(request: Request, now: datetime) -> None:
    """Return for an unsigned request or one whose signature holds; raise S3Error for any other."""
    header = request.headers.get("authorization", "")
    if header.startswith(f"{ALGORITHM} "):
        check_v4_header(request, header.removeprefix(f"{ALGORITHM} "), now)
    elif header.startswith("AWS "):
        check_v2_header(request, header.removeprefix("AWS "))
    elif header:
        raise S3Error("InvalidArgument", "Unsupported Authorization Type")
    elif request.asks("X-Amz-Algorithm"):
        check_v4_url(request, now)
    elif request.asks("AWSAccessKeyId"):
        check_v2_url(request, now)


def check_v4_header(request: Request, header: str, now: datetime) -> None:
    fields = dict(part.strip().partition("=")[::2] for part in header.split(","))
    sent_at = moment(request.headers.get("x-amz-date") or request.headers.get("date", ""))
    if abs(now - sent_at) > SKEW:
        raise S3Error(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        )
    body = request.headers.get("x-amz-content-sha256", EMPTY_BODY)
    verify_v4(request, fields, request.query, sent_at, body)


def check_v4_url(request: Request, now: datetime) -> None:
    fields = {
        name: request.parameter(f"X-Amz-{name}") for name in ("Credential", "SignedHeaders", "Signature")
    }
    sent_at = moment(request.parameter("X-Amz-Date"))
    lifetime = request.parameter("X-Amz-Expires")
    if not lifetime.isdecimal() or now > sent_at + timedelta(seconds=min(int(lifetime), 604800)):
        raise S3Error("AccessDenied", "Request has expired")
    query = [pair for pair in request.query if pair[0] != "X-Amz-Signature"]
    verify_v4(request, fields, query, sent_at, "UNSIGNED-PAYLOAD")


def verify_v4(
    request: Request,
    fields: Mapping[str, str],
    query: Iterable[tuple[str, str]],
    sent_at: datetime,
    body: str,
) -> None:
    credential = CREDENTIAL.fullmatch(fields.get("Credential", ""))
    if credential is None or not fields.get("SignedHeaders"):
        raise S3Error("AuthorizationHeaderMalformed", "The authorization header is malformed.")
    stamp = sent_at.strftime("%Y%m%dT%H%M%SZ")
    signed = fields["SignedHeaders"].split(";")
    canonical = "\n".join(
        (
            request.method,
            encode(unquote(request.path), keep="/"),
            "&".join(sorted(f"{encode(name)}={encode(unquote(value))}" for name, value in query)),
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in signed),
            "",
            fields["SignedHeaders"],
            body,
        )
    )
    scope = "/".join((credential["day"], credential["region"], credential["service"], "aws4_request"))
    to_sign = "\n".join((ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{credential['key']}".encode()
    for part in (*scope.split("/"), to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    compare([key.hex()], fields.get("Signature", ""))


def check_v2_header(request: Request, header: str) -> None:
    access_key, _, signature = header.rpartition(":")
    date = "" if "x-amz-date" in request.headers else request.headers.get("date", "")
    verify_v2(request, access_key, signature, date)


def check_v2_url(request: Request, now: datetime) -> None:
    expires = request.parameter("Expires")
    if not expires.isdecimal() or now.timestamp() > int(expires):
        raise S3Error("AccessDenied", "Request has expired")
    # A signature is base64: here a plus sign is itself, not a space.
    signature = request.parameter("Signature").replace(" ", "+")
    verify_v2(request, request.parameter("AWSAccessKeyId"), signature, expires)


def verify_v2(request: Request, access_key: str, signature: str, date: str) -> None:
    if not access_key:
        raise S3Error("InvalidAccessKeyId", "The access key is empty.")
    amazon = sorted((k, v.strip()) for k, v in request.headers.items() if k.startswith("x-amz-"))
    wanted = sorted((name, unquote(value)) for name, value in request.query if name in SUB_RESOURCES)
    resource = "&".join(f"{name}={value}" if value else name for name, value in wanted)
    head = [
        request.method,
        request.headers.get("content-md5", ""),
        request.headers.get("content-type", ""),
        date,
        *(f"{name}:{value}" for name, value in amazon),
    ]
    # AWS's own SDKs sign /bucket/ where they ask for /bucket; others sign what they ask for.
    paths = {request.path, request.path if request.key else f"{request.path.rstrip('/')}/"}
    expected = []
    for path in paths:
        to_sign = "\n".join((*head, path + (f"?{resource}" if resource else "")))
        digest = hmac.digest(access_key.encode(), to_sign.encode(), "sha1")
        expected.append(base64.b64encode(digest).decode())
    compare(expected, signature)


def compare(expected: Iterable[str], given: str) -> None:
    if not any(hmac.compare_digest(one.encode(), given.encode()) for one in expected):
        raise S3Error(
            "SignatureDoesNotMatch",
            "The request signature does not match: without auth the secret key must equal the access key.",
        )


def moment(text: str) -> datetime:
    """A signing time, in the basic ISO format or as an HTTP date."""
    try:
        if re.fullmatch(r"\d{8}T\d{6}Z", text):
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        raise S3Error("AccessDenied", "A signed request needs a valid X-Amz-Date or Date.") from None


def encode(text: str, keep: str = "") -> str:
    return quote(text, safe=f"-_.~{keep}")
