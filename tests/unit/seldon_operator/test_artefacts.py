"""The init step against the sandbox's S3 gateway: what is copied, what is cached, what is told."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from releasectl.sandbox.s3.gateway import serve_in_thread
from releasectl.sandbox.seldon import artefacts
from releasectl.sandbox.seldon.artefacts import KEPT, FetchError, fetch, parse, prune
from releasectl.sandbox.seldon.launch import ModelLaunch, Place
from releasectl.sandbox.seldon.values import Container
from tests.contract.s3.folder import FolderReader

NOBODY = "http://127.0.0.1:9"
FILES = {f"/income/{name}": name.encode() for name in ("model.joblib", "drift/config.toml", "a b/ü+%.txt")}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FolderReader]]:
    reader = FolderReader(tmp_path_factory.mktemp("commits"))
    stop = serve_in_thread(reader, 0)
    yield f"http://127.0.0.1:{stop.port}", reader
    stop()


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_contents_of_the_folder_are_copied(gateway: tuple[str, FolderReader], tmp_path: Path) -> None:
    url, reader = gateway
    commit = reader.commit("copy_models", "master", {**FILES, "/income2/other": b"not this one"})
    found = fetch(url, f"s3://{commit}.master.copy_models/income", tmp_path / "cache", tmp_path)
    assert content(found) == {name.removeprefix("/income/"): value for name, value in FILES.items()}
    whole = fetch(url, f"s3:{commit}.master.copy_models", tmp_path / "cache", tmp_path)
    assert set(content(whole)) == {*(name[1:] for name in FILES), "income2/other"}


def test_more_keys_than_a_page_holds(
    gateway: tuple[str, FolderReader], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artefacts, "PAGE", 3)
    url, reader = gateway
    commit = reader.commit("many", "master", {f"/m/{number}": b"x" for number in range(10)})
    found = fetch(url, f"s3://{commit}.master.many/m/", tmp_path / "cache", tmp_path)
    assert len(content(found)) == 10


def test_a_commit_is_copied_once(gateway: tuple[str, FolderReader], tmp_path: Path) -> None:
    url, reader = gateway
    uri = f"s3://{reader.commit('copy_models', 'master', FILES)}.master.copy_models/income"
    first = fetch(url, uri, tmp_path / "cache", tmp_path)
    assert fetch(NOBODY, uri, tmp_path / "cache", tmp_path) == first
    assert fetch(NOBODY, f"{uri}/", tmp_path / "cache", tmp_path) == first


def test_a_branch_is_copied_each_time(gateway: tuple[str, FolderReader], tmp_path: Path) -> None:
    url, reader = gateway
    reader.commit("moving", "master", {"/m/version": b"1"})
    first = fetch(url, "s3://master.moving/m", tmp_path / "cache", tmp_path / "pod")
    reader.commit("moving", "master", {"/m/version": b"2"})
    second = fetch(url, "s3://master.moving/m", tmp_path / "cache", tmp_path / "pod")
    assert (content(first), content(second)) == ({"version": b"1"}, {"version": b"2"})
    assert not (tmp_path / "cache").exists()


def test_a_single_file_is_copied_as_one(gateway: tuple[str, FolderReader], tmp_path: Path) -> None:
    url, reader = gateway
    commit = reader.commit("copy_models", "master", FILES)
    found = fetch(url, f"s3://{commit}.master.copy_models/income/model.joblib", tmp_path / "cache", tmp_path)
    assert content(found) == {"model.joblib": b"model.joblib"}


@pytest.mark.parametrize(
    ("uri", "words", "passing"),
    [
        ("s3://{commit}.master.copy_models/nothing", "directory not found", False),
        (f"s3://{'0' * 32}.master.copy_models/income", "404", False),
        ("gs://bucket/model", "didn't find section", False),
        ("model.joblib", "is no URI", False),
        ("", "is no URI", False),
    ],
)
def test_what_is_not_there_is_told_and_leaves_nothing(
    gateway: tuple[str, FolderReader], tmp_path: Path, uri: str, words: str, passing: bool
) -> None:
    url, reader = gateway
    commit = reader.commit("copy_models", "master", FILES)
    with pytest.raises(FetchError, match=words) as caught:
        fetch(url, uri.format(commit=commit), tmp_path / "cache", tmp_path)
    assert caught.value.passing is passing
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def cached(gateway: tuple[str, FolderReader], state: Path, count: int, asked_at: float) -> Sequence[Path]:
    """What `count` commits left in the cache, oldest first, asked for one second after the other."""
    url, reader = gateway
    found = []
    for number in range(count):
        uri = f"s3://{reader.commit('copy_models', 'master', FILES)}.master.copy_models/income"
        found.append(fetch(url, uri, state / "artefacts", state))
        os.utime(found[-1].parent, (asked_at + number,) * 2)
    return found


def prepared(state: Path, pod: str, target: Path) -> None:
    """A model server in the folder that the operator gives it, with what is cached; nothing is downloaded."""
    container = Container("income", "income", "", f"s3://{target.parent.name}/income", ())
    folder = state / "pods" / "creditco-staging" / pod / container.name
    folder.mkdir(parents=True)
    ModelLaunch(container, Place(folder, state, state, NOBODY)).prepare()


def test_what_no_pod_uses_goes_but_for_the_last_few(
    gateway: tuple[str, FolderReader], tmp_path: Path
) -> None:
    found = cached(gateway, tmp_path, KEPT + 3, asked_at=1_000_000)
    prepared(tmp_path, "income-default-0-income-aaaaaaaaaa-0", found[0])
    left = [target for target in found if target.exists()]
    assert left == [found[0], *found[3:]]
    os.utime(found[0].parent, (1_000_000, 1_000_000))
    (newer,) = cached(gateway, tmp_path, 1, asked_at=2_000_000)
    prepared(tmp_path, "income-default-0-income-bbbbbbbbbb-0", newer)  # another pod's use counts as well
    assert [target for target in found if target.exists()] == left
    assert content(found[0]).keys() == {name.removeprefix("/income/") for name in FILES}
    assert len(list((tmp_path / "artefacts").iterdir())) == KEPT + 2


def test_what_was_just_asked_for_stays(gateway: tuple[str, FolderReader], tmp_path: Path) -> None:
    url, _ = gateway
    found = cached(gateway, tmp_path, KEPT + 2, asked_at=1_000_000)
    uri = f"s3://{found[0].parent.name}/income"
    assert fetch(NOBODY, uri, tmp_path / "artefacts", tmp_path) == found[0]
    prune(tmp_path / "artefacts", tmp_path / "pods")
    assert [target.exists() for target in found[:3]] == [True, False, False]
    again = f"s3://{found[1].parent.name}/income"
    assert content(fetch(url, again, tmp_path / "artefacts", tmp_path)) == content(found[0])


def test_many_just_asked_for_stay(gateway: tuple[str, FolderReader], tmp_path: Path) -> None:
    found = cached(gateway, tmp_path, KEPT + 2, asked_at=time.time())
    prune(tmp_path / "artefacts", tmp_path / "pods")
    assert all(target.exists() for target in found)


def test_a_gateway_that_is_away_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="does not answer") as caught:
        fetch(NOBODY, f"s3://{uuid.uuid4().hex}.master.copy_models/income", tmp_path, tmp_path)
    assert caught.value.passing


def test_both_spellings_of_a_uri() -> None:
    assert parse("s3://bucket/a/b/") == parse("S3:bucket/a/b") == ("bucket", "a/b")
    assert parse("s3://bucket") == ("bucket", "")
