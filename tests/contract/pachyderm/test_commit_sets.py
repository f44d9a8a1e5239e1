"""Commit sets: what belongs together, and what may be removed."""

from __future__ import annotations

import itertools

from python_pachyderm.service import pps_proto

from tests.contract.pachyderm.lab import NOT_FOUND, Lab, pfs, refused


def ids(infos: object) -> list[str]:
    return [info.commit.id for info in infos]  # type: ignore[attr-defined]


def test_a_commit_set_shows_what_it_was_made_from(lab: Lab) -> None:
    a, b = lab.repo("a"), lab.repo("b")
    old = lab.put(a, {"/a": b"1"})
    pipeline = lab.pipeline("join", "true", input=cross(pfs(a, "/"), pfs(b, "/")))
    new = lab.put(b, {"/b": b"2"})
    infos = [info for info in lab.client.inspect_commit(new) if info.commit.repo.type == "user"]
    assert {(info.commit.repo.name, info.commit.id) for info in infos} == {
        (a, old),
        (b, new),
        (pipeline, new),
    }
    assert infos[-1].commit.repo.name == pipeline  # sources first
    assert list(lab.client.inspect_commit("0" * 12 + "4" + "0" * 19)) == []


def cross(*members: object) -> object:
    return pps_proto.Input(cross=members)


def test_commit_sets_are_listed(lab: Lab) -> None:
    repo = lab.repo()
    commit = lab.put(repo, {"/a": b"1"})
    sets = itertools.islice(lab.client.list_commit(), 50)
    (found,) = [s for s in sets if s.commit_set.id == commit]
    assert [info.commit.repo.name for info in found.commits] == [repo]


def test_squashing_keeps_the_content_of_the_child(lab: Lab) -> None:
    repo = lab.repo()
    first = lab.put(repo, {"/a": b"1"})
    second = lab.put(repo, {"/b": b"2"})
    with refused():
        lab.client.squash_commit(second)  # no children
    lab.client.squash_commit(first)
    assert lab.files(repo) == {"/a": b"1", "/b": b"2"}
    assert ids(lab.client.list_commit(repo)) == [second]
    with refused("", NOT_FOUND):
        lab.client.inspect_commit((repo, first))


def test_dropping_takes_the_newest_away(lab: Lab) -> None:
    repo = lab.repo()
    first = lab.put(repo, {"/a": b"1"})
    second = lab.put(repo, {"/b": b"2"})
    with refused():
        lab.client.drop_commit(first)  # it has a child
    lab.client.drop_commit(second)
    assert lab.head(repo) == first
    assert lab.files(repo) == {"/a": b"1"}
    lab.client.drop_commit(first)
    assert lab.files(repo) == {}


def test_what_others_were_made_from_is_not_removed(lab: Lab) -> None:
    a, b = lab.repo("a"), lab.repo("b")
    old = lab.put(a, {"/a": b"1"})
    lab.pipeline("join", "true", input=cross(pfs(a, "/"), pfs(b, "/")))
    lab.wait(lab.put(b, {"/b": b"2"}))
    with refused():
        lab.client.drop_commit(old)
