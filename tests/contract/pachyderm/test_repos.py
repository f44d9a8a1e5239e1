"""Repositories, projects, branches, and what the server says about itself."""

from __future__ import annotations

import grpc
import pytest
from python_pachyderm import Client
from python_pachyderm.service import pfs_proto

from tests.contract.pachyderm.lab import EXISTS, NOT_FOUND, Lab, only_sandbox, refused


def branch(repo: str, name: str = "master") -> object:
    return pfs_proto.Branch(repo=pfs_proto.Repo(name=repo, type="user"), name=name)


def test_the_server_says_what_it_is(client: Client) -> None:
    version = client.get_remote_version()
    assert (version.major, version.minor) >= (2, 6)
    assert client.health_check().status == 1
    assert client.inspect_cluster().id


def test_a_repo_is_created_described_listed_and_deleted(lab: Lab) -> None:
    name = lab.repo()
    lab.client.create_repo(name, description="what it is for", update=True)
    info = lab.client.inspect_repo(name)
    assert (info.description, info.repo.type, info.repo.project.name) == ("what it is for", "user", "default")
    assert name in [found.repo.name for found in lab.client.list_repo()]
    lab.client.delete_repo(name)
    with refused("not found", NOT_FOUND):
        lab.client.inspect_repo(name)
    lab.client.delete_repo(name)  # what is not there is deleted already


def test_repo_names_are_checked(lab: Lab) -> None:
    name = lab.repo()
    with refused("already exists", EXISTS):
        lab.client.create_repo(name)
    for bad in ("with/slash", "with.dot", "with space", ""):
        with refused():
            lab.client.create_repo(bad)


def test_the_default_project_is_there(client: Client) -> None:
    assert "default" in [info.project.name for info in client.list_project()]
    assert client.inspect_project("default").project.name == "default"
    with refused("not found", NOT_FOUND):
        client.inspect_project("nowhere")


def test_a_project_holds_repos_of_its_own(lab: Lab) -> None:
    project = lab.tag
    lab.client.create_project(project, "short-lived")
    with refused("", EXISTS):
        lab.client.create_project(project)
    lab.client.create_repo("data", project_name=project)
    found = lab.client.list_repo(projects_filter=[pfs_proto.Project(name=project)])
    assert [info.repo.name for info in found] == ["data"]
    with refused():
        lab.client.delete_project(project)
    lab.client.delete_repo("data", project_name=project)
    lab.client.delete_project(project)
    with refused("not found", NOT_FOUND):
        lab.client.create_repo("data", project_name=project)


def test_a_new_branch_has_an_empty_finished_head(lab: Lab) -> None:
    repo = lab.repo()
    lab.client.create_branch(repo, "master")
    (head,) = lab.client.inspect_commit((repo, "master"))
    assert head.HasField("finished")
    assert head.origin.kind == pfs_proto.OriginKind.AUTO
    assert lab.files(repo) == {}


def test_branches_are_listed_newest_first(lab: Lab) -> None:
    repo = lab.repo()
    for name in ("a", "b", "c"):
        lab.client.create_branch(repo, name)
    assert [info.branch.name for info in lab.client.list_branch(repo)] == ["c", "b", "a"]
    assert [info.branch.name for info in lab.client.list_branch(repo, reverse=True)] == ["a", "b", "c"]
    with refused("not found", NOT_FOUND):
        lab.client.inspect_branch(repo, "d")


def test_moving_a_head_keeps_the_commit(lab: Lab) -> None:
    repo = lab.repo()
    first = lab.put(repo, {"/a": b"1"})
    second = lab.put(repo, {"/a": b"2"})
    lab.client.create_branch(repo, "production", (repo, second))
    assert lab.head(repo, "production") == second
    lab.client.create_branch(repo, "production", (repo, "production~1"))
    assert lab.head(repo, "production") == first
    assert lab.files(repo, "production") == {"/a": b"1"}
    assert lab.head(repo) == second


def test_a_head_must_be_a_commit_of_the_same_repo(lab: Lab) -> None:
    repo, other = lab.repo(), lab.repo("other")
    commit = lab.put(other, {"/a": b"1"})
    lab.client.create_branch(repo, "master")
    with refused():
        lab.client.create_branch(repo, "production", (other, commit))
    with refused("not found", NOT_FOUND):
        lab.client.create_branch(repo, "production", (repo, "nowhere"))


def test_provenance_is_transitive_and_shown_from_both_ends(lab: Lab) -> None:
    a, b, c = (lab.repo(name) for name in "abc")
    lab.client.create_branch(a, "master")
    lab.client.create_branch(b, "master", provenance=[branch(a)])
    lab.client.create_branch(c, "master", provenance=[branch(b)])
    info = lab.client.inspect_branch(c, "master")
    assert [up.repo.name for up in info.direct_provenance] == [b]
    assert {up.repo.name for up in info.provenance} == {a, b}
    assert {down.repo.name for down in lab.client.inspect_branch(a, "master").subvenance} == {b, c}


def test_what_others_depend_on_is_not_deleted(lab: Lab) -> None:
    a, b = lab.repo("a"), lab.repo("b")
    lab.client.create_branch(a, "master")
    lab.client.create_branch(b, "master", provenance=[branch(a)])
    with refused():
        lab.client.delete_branch(a, "master")
    with refused("subvenance"):
        lab.client.delete_repo(a)
    lab.client.delete_branch(b, "master")
    lab.client.delete_branch(a, "master")
    assert list(lab.client.list_branch(a)) == []


def test_cycles_are_refused(lab: Lab) -> None:
    a, b = lab.repo("a"), lab.repo("b")
    lab.client.create_branch(a, "master")
    lab.client.create_branch(b, "master", provenance=[branch(a)])
    with refused():
        lab.client.create_branch(a, "master", provenance=[branch(b)])
    assert not lab.client.inspect_branch(a, "master").provenance


def test_two_branches_of_one_repo_cannot_meet_in_a_dag(lab: Lab) -> None:
    a, b, c = (lab.repo(name) for name in "abc")
    lab.client.create_branch(a, "master")
    lab.client.create_branch(a, "side")
    lab.client.create_branch(b, "master", provenance=[branch(a)])
    with refused("multiple branches from the same repo"):
        lab.client.create_branch(c, "master", provenance=[branch(b), branch(a, "side")])


def test_branch_names_are_checked(lab: Lab) -> None:
    repo = lab.repo()
    for bad in ("a/b", "a.b", "d41d8cd98f0040b24e9800998ecf8427"[:12] + "4" + "0" * 19):
        with refused():
            lab.client.create_branch(repo, bad)


def test_what_is_off_answers_unimplemented(client: Client) -> None:
    with refused("", grpc.StatusCode.UNIMPLEMENTED):
        client.who_am_i()


@only_sandbox
def test_an_rpc_that_the_sandbox_lacks_answers_unimplemented(client: Client) -> None:
    with refused("", grpc.StatusCode.UNIMPLEMENTED):
        list(client.get_kube_events(since=None))


def test_a_missing_pachd_is_a_connection_error() -> None:
    with pytest.raises(ConnectionError, match="Could not connect"):
        Client("127.0.0.1", 1).get_remote_version()
