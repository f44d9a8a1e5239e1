"""Signatures: what botocore signs is accepted, whatever the key and the query; nothing lives for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from releasectl.sandbox.s3.auth import authorise
from releasectl.sandbox.s3.errors import S3Error
from releasectl.sandbox.s3.request import Request, parse

HOST = "http://127.0.0.1:30600"
WORD = st.text("abcAZ09 /~-_.+=&%:;,'()*é世", max_size=12)


def as_received(prepared) -> Request:
    """What a server makes of the bytes that the client library would send."""
    path, _, query = prepared.url.removeprefix(HOST).partition("?")
    sent = {**prepared.headers, "host": HOST.removeprefix("http://")}
    headers = [(name.encode(), str(value).encode()) for name, value in sent.items()]
    return parse(prepared.method, path.encode(), query.encode(), headers)


@pytest.mark.parametrize("signer", [S3SigV4Auth, S3SigV4QueryAuth])
@given(key=WORD, prefix=WORD, access=st.text("abcXYZ019:=+-_.", min_size=1, max_size=40))
def test_whatever_botocore_signs_is_accepted(signer, key, prefix, access):
    query = urlencode({"prefix": prefix, "b": ""}, quote_via=quote)
    request = AWSRequest("GET", f"{HOST}/bucket/k{quote(key)}?{query}")
    signer(Credentials(access, access), "s3", "eu-west-1").add_auth(request)
    authorise(as_received(request.prepare()), datetime.now(UTC))


def presigned(expires: int) -> Request:
    request = AWSRequest("GET", f"{HOST}/bucket/key")
    S3SigV4QueryAuth(Credentials("k", "k"), "s3", "r", expires=expires).add_auth(request)
    return as_received(request.prepare())


def test_a_presigned_url_lives_as_long_as_it_says():
    request, now = presigned(60), datetime.now(UTC)
    authorise(request, now + timedelta(seconds=50))
    with pytest.raises(S3Error, match="Request has expired"):
        authorise(request, now + timedelta(seconds=70))


def test_no_presigned_url_lives_longer_than_a_week():
    request, now = presigned(10_000_000), datetime.now(UTC)
    with pytest.raises(S3Error, match="Request has expired"):
        authorise(request, now + timedelta(days=8))


def test_header_values_are_trimmed_and_folded_before_signing():
    request = AWSRequest("GET", f"{HOST}/bucket", headers={"x-amz-meta-a": "  b   c "})
    S3SigV4Auth(Credentials("k", "k"), "s3", "r").add_auth(request)
    authorise(as_received(request.prepare()), datetime.now(UTC))
