"""Objects: whole and in part, on conditions, and never written."""

from __future__ import annotations

import http.client
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

DIGITS = b"0123456789"


@pytest.fixture
def digits(make):
    return {
        "Bucket": make({"/digits.json": DIGITS, "/empty": b"", "/dir/x": b"x"}).name,
        "Key": "digits.json",
    }


def test_a_whole_object(s3, digits):
    answer = s3.get_object(**digits)
    assert answer["Body"].read() == DIGITS
    assert (answer["ContentLength"], answer["ContentType"]) == (10, "application/json")
    head = s3.head_object(**digits)
    assert (head["ContentLength"], head["ETag"]) == (10, answer["ETag"])
    assert head["VersionId"] == digits["Bucket"].partition(".")[0]


def test_an_empty_object(s3, digits):
    answer = s3.get_object(**digits | {"Key": "empty"})
    assert (answer["ContentLength"], answer["Body"].read()) == (0, b"")


def test_equal_content_has_an_equal_etag_and_other_content_another(s3, make):
    name = make({"/a": b"same", "/b": b"other"}).name
    assert s3.head_object(Bucket=name, Key="a")["ETag"] != s3.head_object(Bucket=name, Key="b")["ETag"]
    assert s3.head_object(Bucket=name, Key="a")["ETag"] == s3.head_object(Bucket=name, Key="a")["ETag"]


@pytest.mark.parametrize(
    "key", ["nosuch", "dir", "dir/", "digits.json/", "dir/../digits.json", "/digits.json"]
)
def test_a_key_that_is_no_file_is_no_such_key(s3, digits, key):
    with pytest.raises(ClientError) as refused:
        s3.get_object(**digits | {"Key": key})
    assert refused.value.response["Error"]["Code"] == "NoSuchKey"
    with pytest.raises(ClientError) as refused:
        s3.head_object(**digits | {"Key": key})
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize(
    ("range_header", "expected"),
    [
        ("bytes=0-0", b"0"),
        ("bytes=2-4", b"234"),
        ("bytes=7-", b"789"),
        ("bytes=-3", b"789"),
        ("bytes=-99", DIGITS),
        ("bytes=8-99", b"89"),
    ],
)
def test_a_part(s3, digits, range_header, expected):
    answer = s3.get_object(**digits, Range=range_header)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert answer["Body"].read() == expected
    first = DIGITS.index(expected)
    assert answer["ContentRange"] == f"bytes {first}-{first + len(expected) - 1}/10"
    assert s3.head_object(**digits, Range=range_header)["ContentLength"] == len(expected)


@pytest.mark.parametrize(
    ("key", "range_header"),
    [("digits.json", "bytes=10-"), ("digits.json", "bytes=-0"), ("empty", "bytes=0-")],
)
def test_a_part_that_is_not_there(s3, digits, key, range_header):
    with pytest.raises(ClientError) as refused:
        s3.get_object(**digits | {"Key": key}, Range=range_header)
    response = refused.value.response
    assert response["Error"]["Code"] == "InvalidRange"
    size = 10 if key == "digits.json" else 0
    assert response["ResponseMetadata"]["HTTPHeaders"]["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize("range_header", ["bytes=4-2", "lines=1-2", "bytes=x-y"])
def test_a_range_that_makes_no_sense_gives_the_whole(s3, digits, range_header):
    answer = s3.get_object(**digits, Range=range_header)
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Body"].read()) == (200, DIGITS)


def test_conditions(s3, digits):
    head = s3.head_object(**digits)
    etag, modified = head["ETag"], head["LastModified"]
    day = timedelta(days=1)
    assert s3.get_object(**digits, IfMatch=etag)["Body"].read() == DIGITS
    assert s3.get_object(**digits, IfNoneMatch='"other"')["Body"].read() == DIGITS
    assert s3.get_object(**digits, IfModifiedSince=modified - day)["Body"].read() == DIGITS
    assert s3.get_object(**digits, IfUnmodifiedSince=modified)["Body"].read() == DIGITS
    for condition, status in [
        ({"IfNoneMatch": etag}, 304),
        ({"IfModifiedSince": modified}, 304),
        ({"IfMatch": '"other"'}, 412),
        ({"IfUnmodifiedSince": modified - day}, 412),
    ]:
        with pytest.raises(ClientError) as refused:
            s3.get_object(**digits, **condition)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.usefixtures("ours")
def test_writes_are_not_implemented(s3, digits):
    name = digits["Bucket"]
    for write in (
        lambda: s3.put_object(**digits, Body=b"x" * 100_000),
        lambda: s3.put_object(**digits, Body=b""),
        lambda: s3.delete_object(**digits),
        lambda: s3.copy_object(**digits, CopySource=f"{name}/empty"),
        lambda: s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "empty"}]}),
        lambda: s3.create_multipart_upload(**digits),
        lambda: s3.create_bucket(Bucket=name),
        lambda: s3.delete_bucket(Bucket=name),
    ):
        with pytest.raises(ClientError) as refused:
            write()
        response = refused.value.response
        assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (
            "NotImplemented",
            501,
        )
    assert s3.get_object(**digits)["Body"].read() == DIGITS


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("PATCH", "/{bucket}/digits.json", 405, "MethodNotAllowed"),
        ("GET", "/{bucket}/%FF", 400, "InvalidURI"),
        ("GET", "/{bucket}/%00", 400, "InvalidURI"),
        ("GET", "/{bucket}?prefix=%FF", 400, "InvalidURI"),
        ("GET", "/{bucket}?max-keys=1e3", 400, "InvalidArgument"),
        ("GET", "/{bucket}/?tagging", 501, "NotImplemented"),
        ("GET", "/{bucket}/digits.json?acl", 501, "NotImplemented"),
    ],
)
@pytest.mark.usefixtures("ours")
def test_requests_that_no_sdk_sends(backend, digits, method, path, status, error):
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=10)
    connection.request(method, path.format(bucket=digits["Bucket"]))
    answer = connection.getresponse()
    assert answer.status == status
    assert answer.headers["content-type"] == "application/xml"
    assert f"<Code>{error}</Code>".encode() in answer.read()


def test_many_at_once(s3, make):
    content = bytes(range(256)) * 4096
    name = make({f"/{number}": content for number in range(8)}).name

    def fetch(number: int) -> bytes:
        body = io.BytesIO()
        s3.download_fileobj(name, str(number % 8), body)
        return body.getvalue()

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(fetch, range(32))) == {content}
