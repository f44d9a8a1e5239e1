"""Who may read: unsigned requests, and key pairs whose halves are equal; nothing else."""

from __future__ import annotations

import http.client
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from urllib.request import urlopen

import botocore
import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

KEY = "dir/a b"
SCHEMES = ["s3v4", "s3"]
pytestmark = pytest.mark.usefixtures("ours")


@pytest.fixture
def target(make):
    return {"Bucket": make({f"/{KEY}": b"content"}).name, "Key": KEY}


@pytest.mark.parametrize("signature", [*SCHEMES, botocore.UNSIGNED])
@pytest.mark.parametrize("key", ["noauth", "robot:ci/with+odd=characters"])
def test_equal_halves_and_unsigned_requests_are_let_in(backend, target, signature, key):
    s3 = backend.client(key, key, signature)
    assert s3.get_object(**target)["Body"].read() == b"content"
    assert s3.list_objects_v2(Bucket=target["Bucket"], Prefix="dir/a b")["KeyCount"] == 1
    assert s3.get_bucket_location(Bucket=target["Bucket"])["LocationConstraint"] == "PACHYDERM"


@pytest.mark.parametrize("signature", SCHEMES)
def test_another_secret_is_kept_out(backend, target, signature):
    s3 = backend.client("noauth", "guess", signature)
    with pytest.raises(ClientError) as refused:
        s3.get_object(**target)
    response = refused.value.response
    assert response["Error"]["Code"] == "SignatureDoesNotMatch"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    with pytest.raises(ClientError):
        s3.list_buckets()
    with pytest.raises(ClientError):
        s3.put_object(**target, Body=b"x")


@pytest.mark.parametrize("signature", SCHEMES)
def test_presigned_urls(backend, target, signature):
    url = backend.client(signature=signature).generate_presigned_url("get_object", target, ExpiresIn=60)
    with urlopen(url, timeout=10) as answer:
        assert answer.read() == b"content"
    wrong = backend.client(secret="guess", signature=signature)
    assert fetch(wrong.generate_presigned_url("get_object", target)) == (403, "SignatureDoesNotMatch")
    late = backend.client(signature=signature).generate_presigned_url("get_object", target, ExpiresIn=-1)
    assert fetch(late) == (403, "AccessDenied")
    assert fetch(url.replace("a%20b", "other")) == (403, "SignatureDoesNotMatch")


def fetch(url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}", headers=headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode().partition("<Code>")[2].partition("<")[0]


def signed(url: str, moment: datetime, monkeypatch) -> dict[str, str]:
    """Headers of a correctly signed request that says it was sent at `moment`."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment.replace(tzinfo=None))
    request = AWSRequest("GET", url)
    botocore.auth.S3SigV4Auth(Credentials("noauth", "noauth"), "s3", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def test_the_clock_of_a_signature_must_be_near_ours(backend, target, monkeypatch):
    url = f"{backend.url}/{target['Bucket']}"
    now = datetime.now(UTC)
    assert fetch(url, signed(url, now, monkeypatch))[0] == 200
    late = signed(url, now - timedelta(minutes=20), monkeypatch)
    assert fetch(url, late) == (403, "RequestTimeTooSkewed")
    tampered = signed(url, now, monkeypatch)
    assert fetch(f"{url}?prefix=x", tampered) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("header", "status", "error"),
    [
        ("Basic bm9hdXRoOm5vYXV0aA==", 400, "InvalidArgument"),
        ("AWS nothing", 403, "InvalidAccessKeyId"),
        ("AWS noauth:AAAA", 403, "SignatureDoesNotMatch"),
        ("AWS4-HMAC-SHA256 nonsense", 403, "AccessDenied"),
        ("AWS4-HMAC-SHA256 Credential=x/y", 403, "AccessDenied"),
    ],
)
def test_a_malformed_header_is_refused(backend, header, status, error):
    assert fetch(f"{backend.url}/", {"Authorization": header}) == (status, error)


def test_a_malformed_credential_is_refused(backend):
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=x/y", "X-Amz-Date": stamp}
    assert fetch(f"{backend.url}/", headers) == (400, "AuthorizationHeaderMalformed")
