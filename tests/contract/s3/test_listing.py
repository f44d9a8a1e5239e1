"""ListObjects, versions 1 and 2: prefixes, delimiters, pages."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

TREE = ["a", "dir/b", "dir/sub/c", "dir/sub/d", "dir.txt", "e f", "other/g"]


@pytest.fixture(scope="module")
def trees():
    return {}


@pytest.fixture
def tree(backend, make, trees):
    """The bucket of a commit, which stays as it is: one for each backend."""
    if backend.url not in trees:
        trees[backend.url] = make({f"/{key}": key.encode() for key in TREE}).name
    return trees[backend.url]


def keys(answer) -> list[str]:
    return [row["Key"] for row in answer.get("Contents", ())]


def prefixes(answer) -> list[str]:
    return [row["Prefix"] for row in answer.get("CommonPrefixes", ())]


@pytest.fixture(params=["list_objects", "list_objects_v2"])
def listing(request, s3):
    return getattr(s3, request.param)


@pytest.mark.parametrize(
    ("arguments", "expected_keys", "expected_prefixes"),
    [
        ({}, sorted(TREE), []),
        ({"Prefix": "dir"}, ["dir.txt", "dir/b", "dir/sub/c", "dir/sub/d"], []),
        ({"Prefix": "dir/s"}, ["dir/sub/c", "dir/sub/d"], []),
        ({"Prefix": "nosuch"}, [], []),
        ({"Prefix": "/a"}, [], []),
        ({"Prefix": "dir//b"}, [], []),
        ({"Delimiter": "/"}, ["a", "dir.txt", "e f"], ["dir/", "other/"]),
        ({"Delimiter": "/", "Prefix": "dir/"}, ["dir/b"], ["dir/sub/"]),
        ({"Delimiter": "/", "Prefix": "dir"}, ["dir.txt"], ["dir/"]),
        ({"MaxKeys": 0}, [], []),
    ],
)
def test_prefix_and_delimiter(listing, tree, arguments, expected_keys, expected_prefixes):
    answer = listing(Bucket=tree, **arguments)
    assert (keys(answer), prefixes(answer)) == (expected_keys, expected_prefixes)
    assert answer["IsTruncated"] is False
    assert answer["Prefix"] == arguments.get("Prefix", "")
    assert answer.get("KeyCount", len(keys(answer) + prefixes(answer))) == len(
        expected_keys + expected_prefixes
    )


def test_a_row_tells_size_hash_and_time(listing, s3, tree):
    (row,) = listing(Bucket=tree, Prefix="dir/b")["Contents"]
    head = s3.head_object(Bucket=tree, Key="dir/b")
    assert (row["Size"], row["ETag"]) == (5, head["ETag"])
    assert row["LastModified"].replace(microsecond=0) == head["LastModified"]


@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.usefixtures("ours")
def test_pages_add_up_to_the_whole(s3, tree, operation, size, delimiter):
    whole = getattr(s3, operation)(Bucket=tree, Delimiter=delimiter)
    found_keys, found_prefixes = [], []
    paginator = s3.get_paginator(operation)
    for page in paginator.paginate(Bucket=tree, Delimiter=delimiter, PaginationConfig={"PageSize": size}):
        assert len(keys(page)) + len(prefixes(page)) <= size
        found_keys += keys(page)
        found_prefixes += prefixes(page)
    assert (found_keys, found_prefixes) == (keys(whole), prefixes(whole))


@pytest.mark.usefixtures("ours")
def test_more_keys_than_fit_on_one_page(s3, make):
    wanted = [f"part-{number:05d}" for number in range(2345)]
    name = make({f"/{key}": b"" for key in wanted}).name
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=name))
    assert [page["KeyCount"] for page in pages] == [1000, 1000, 345]
    assert [key for page in pages for key in keys(page)] == wanted


@pytest.mark.usefixtures("ours")
def test_start_after_and_marker(s3, tree):
    assert keys(s3.list_objects_v2(Bucket=tree, StartAfter="dir/sub/c")) == ["dir/sub/d", "e f", "other/g"]
    assert keys(s3.list_objects(Bucket=tree, Marker="dir/sub/c")) == ["dir/sub/d", "e f", "other/g"]
    assert prefixes(s3.list_objects(Bucket=tree, Marker="dir/", Delimiter="/")) == ["other/"]


@pytest.mark.usefixtures("ours")
def test_the_owner_comes_with_version_1_and_on_demand_with_version_2(s3, tree):
    assert "Owner" in s3.list_objects(Bucket=tree)["Contents"][0]
    assert "Owner" not in s3.list_objects_v2(Bucket=tree)["Contents"][0]
    assert "Owner" in s3.list_objects_v2(Bucket=tree, FetchOwner=True)["Contents"][0]


@pytest.mark.parametrize(
    "arguments",
    [{"MaxKeys": -1}, {"ContinuationToken": "%%%"}, {"Delimiter": "|"}, {"EncodingType": "base64"}],
)
@pytest.mark.usefixtures("ours")
def test_a_wrong_parameter_is_an_invalid_argument(s3, tree, arguments):
    with pytest.raises(ClientError) as refused:
        s3.list_objects_v2(Bucket=tree, **arguments)
    assert refused.value.response["Error"]["Code"] == "InvalidArgument"


def test_an_empty_commit_is_an_empty_bucket(listing, make):
    assert keys(listing(Bucket=make({}).name)) == []
