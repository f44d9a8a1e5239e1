"""Revisions, clones and worktrees as they come."""

from __future__ import annotations

import subprocess

import pytest

from releasectl.errors import InvalidInput, UsageError
from releasectl.revert import Verdict, prove
from tests.builder import environment_yaml
from tests.story import Story
from tests.unit.revert.proofs import ONE, PATH, TWO, moves, proof


def test_uncommitted_changes_are_no_part_of_it(story: Story) -> None:
    story.released("one")
    story.released("two")
    story.mini.write(PATH, "not even YAML: [")
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    assert f"uncommitted changes are not part of this proof: {PATH}" in found.notes


def test_a_commit_without_a_release(story: Story) -> None:
    story.released("one")
    story.mini.write("environments/staging/environment.yaml", environment_yaml("staging") + "# hello\n")
    story.commit("Say hello")
    with pytest.raises(
        InvalidInput, match=r"touches no release: it changes environments/staging/environment\.yaml"
    ):
        proof(story)
    story.commit("Nothing at all")
    with pytest.raises(InvalidInput, match="touches no release: it changes nothing"):
        proof(story)


@pytest.mark.parametrize("revision", ["nonsense", "-n", "HEAD~99", ""])
def test_an_unknown_revision(story: Story, revision: str) -> None:
    with pytest.raises(UsageError, match="git knows no commit of this name"):
        proof(story, revision)


def test_what_cannot_be_reverted_here(story: Story, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InvalidInput, match="is the first commit of the repository"):
        proof(story)
    story.git("checkout", "-q", "-b", "side")
    elsewhere = story.released("one")
    story.git("checkout", "-q", "main")
    with pytest.raises(InvalidInput, match="is not part of HEAD"):
        proof(story, elsewhere)
    story.git("checkout", "-q", "side")
    with pytest.raises(UsageError, match="is no merge"):
        proof(story, mainline=2)
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(InvalidInput, match="is no git repository"):
        prove(empty, "HEAD", lambda _: story.cluster.ports, now=story.cluster.clock.now())
    subprocess.run(["git", "init", "-q", str(empty)], check=True)
    with pytest.raises(InvalidInput, match="has no commit yet"):
        prove(empty, "HEAD", lambda _: story.cluster.ports, now=story.cluster.clock.now())


def test_a_shallow_clone_says_so(story: Story, tmp_path_factory: pytest.TempPathFactory) -> None:
    story.released("one")
    story.released("two")
    story.released("three")
    clone = tmp_path_factory.mktemp("clone") / "repository"
    for depth, outcome in ((3, Verdict.SAFE), (1, None)):
        target = clone.with_name(f"depth-{depth}")
        story.git("clone", "-q", "--depth", str(depth), f"file://{story.root}", str(target))
        ask = lambda: prove(target, "HEAD", lambda _: story.cluster.ports, now=story.cluster.clock.now())  # noqa: B023, E731
        if outcome:
            assert ask().verdict is outcome
        else:
            with pytest.raises(InvalidInput, match="is the oldest commit of a shallow clone"):
                ask()


def test_in_a_linked_worktree_and_in_a_folder_of_a_larger_repository(
    story: Story, tmp_path_factory: pytest.TempPathFactory
) -> None:
    story.released("one")
    story.released("two")
    linked = tmp_path_factory.mktemp("linked") / "tree"
    story.git("worktree", "add", "-q", "--detach", str(linked), "HEAD")
    found = prove(linked, "HEAD", lambda _: story.cluster.ports, now=story.cluster.clock.now())
    assert found.verdict is Verdict.SAFE
    larger = tmp_path_factory.mktemp("larger")
    subprocess.run(["git", "init", "-q", "-b", "main", str(larger)], check=True)
    inner = Story(larger / "inner", cluster=story.cluster)
    inner.begin()
    (larger / "inner/.git").rename(larger / "discarded")
    inner.git("add", "-A")
    inner.git("commit", "-q", "-m", "All at once")
    inner.released("one")
    inner.released("two")
    found = proof(inner)
    assert (found.verdict, moves(found)) == (Verdict.SAFE, {"production/income": (TWO, ONE)})
