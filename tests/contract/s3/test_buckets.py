"""Buckets: Pachyderm's names for commits, and what can be asked of one."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ClientError


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    "spelling", ["{repo}", "master.{repo}", "{commit}.master.{repo}", "{commit}.master.{repo}.default"]
)
def test_every_spelling_of_a_bucket_names_the_commit(s3, make, spelling):
    bucket = make({"/a": b"1"})
    name = spelling.format(repo=bucket.repo, commit=bucket.commit)
    assert s3.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b"1"


@pytest.mark.parametrize(
    "spelling",
    [
        "nosuch-{repo}",
        "nosuch.{repo}",
        "{unknown}.master.{repo}",
        "{commit}.master.{repo}.other",
        "master.{repo}.other",
    ],
)
def test_a_bucket_that_names_nothing_is_no_such_bucket(s3, make, spelling):
    bucket = make({"/a": b"1"})
    name = spelling.format(repo=bucket.repo, commit=bucket.commit, unknown=uuid.uuid4().hex)
    with pytest.raises(ClientError) as listed:
        s3.list_objects_v2(Bucket=name)
    assert code(listed) == ("NoSuchBucket", 404)
    with pytest.raises(ClientError) as read:
        s3.get_object(Bucket=name, Key="a")
    assert code(read) == ("NoSuchBucket", 404)
    with pytest.raises(ClientError) as head:
        s3.head_bucket(Bucket=name)
    assert code(head) == ("404", 404)


def test_two_parts_are_always_branch_and_repository(s3, make):
    bucket = make({"/a": b"staged"}, branch="staging")
    assert s3.get_object(Bucket=f"staging.{bucket.repo}", Key="a")["Body"].read() == b"staged"


def test_a_bucket_with_a_commit_keeps_it_when_the_branch_moves_on(s3, make):
    old = make({"/a": b"old", "/gone": b""})
    new = make({"/a": b"new"}, repo=old.repo)
    assert s3.get_object(Bucket=old.name, Key="a")["Body"].read() == b"old"
    assert s3.get_object(Bucket=new.name, Key="a")["Body"].read() == b"new"
    assert s3.get_object(Bucket=f"master.{old.repo}", Key="a")["Body"].read() == b"new"
    assert [row["Key"] for row in s3.list_objects_v2(Bucket=new.name)["Contents"]] == ["a"]


def test_list_buckets_shows_every_branch(s3, make):
    first = make({"/a": b"1"})
    make({"/a": b"2"}, repo=first.repo, branch="staging")
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert {f"master.{first.repo}", f"staging.{first.repo}"} <= names


def test_location_and_versioning(s3, make):
    name = make({}).name
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "PACHYDERM"
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"


@pytest.mark.parametrize(
    "operation", ["get_bucket_acl", "get_bucket_policy", "get_bucket_lifecycle", "list_object_versions"]
)
def test_what_the_gateway_lacks_is_not_implemented(s3, make, operation):
    with pytest.raises(ClientError) as refused:
        getattr(s3, operation)(Bucket=make({}).name)
    assert code(refused) == ("NotImplemented", 501)
