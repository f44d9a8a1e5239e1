"""What came after the commit that is taken back: edits, drifted text and locks of others."""

from __future__ import annotations

import pytest

from releasectl import lock as locks
from releasectl.errors import InvalidInput
from releasectl.revert import Verdict
from tests.story import Story
from tests.unit.revert.proofs import ONE, PATH, THREE, TWO, moves, obey, proof, with_replicas


def test_a_later_edit_of_another_field_stays(story: Story) -> None:
    story.released("one")
    second = story.released("two")
    later = with_replicas(story, 3)
    story.git("revert", "--no-commit", second, check=False)
    assert "<<<<<<<" in (story.root / PATH).read_text(), "git alone is helpless here"
    story.git("revert", "--abort")
    found = proof(story, second)
    assert found.verdict is Verdict.SAFE
    assert moves(found) == {"production/income": (TWO, ONE)}
    conflict = next(each for each in found.conflicts if each.path == PATH)
    assert [commit.id for commit in conflict.later] == [later]
    assert conflict.resolved == (
        "computed field by field: what the commit set is as before, what later commits set stays"
    )
    assert found.commands[0] == f"releasectl prove-revert {second[:12]} --patch revert.patch"
    obey(story, found)
    (release,) = story.load().releases_in("production")
    assert (release.model, release.replicas) == (ONE, 3)


def test_a_later_edit_of_the_same_field_is_explained(story: Story) -> None:
    story.released("one")
    second = story.released("two")
    third = story.released("three")
    found = proof(story, second)
    assert found.verdict is Verdict.UNSAFE
    reason = next(each for each in found.reasons if each.where == PATH)
    assert reason.what == (
        f"{third[:12]} (Release three to production) changed it after {second[:12]}: "
        f"`model` was made {TWO}, and is {THREE} since"
    )
    assert reason.remedy == (
        f"revert what came later first: `git revert {third[:12]} {second[:12]}`, "
        "or name the commit that should serve with `releasectl release`"
    )
    assert found.commands == ()
    assert found.patch == ""


def test_the_first_release_after_later_edits_is_explained(story: Story) -> None:
    first = story.released("one")
    with_replicas(story, 3)
    found = proof(story, first)
    assert found.verdict is Verdict.UNSAFE
    assert "the commit created it, and later commits changed it" in found.reasons[0].what


def test_a_conflict_elsewhere_is_for_a_person(story: Story) -> None:
    story.released("one")
    story.mini.write("README.md", "one\n")
    story.train("two")
    story.release("two")
    second = story.commit("Release two, and say so")
    story.mini.write("README.md", "two\n")
    story.commit("Say more")
    story.mini.write("README.md", "three\n")
    found = proof(story, story.commit("x") and second)
    assert found.verdict is Verdict.UNSAFE
    assert "only a person knows what it should say" in found.reasons[0].what


def test_generated_text_that_drifted_is_rendered_anew(story: Story) -> None:
    """What was committed with the first release is not what the generators make today."""
    story.train("one")
    story.release("one")
    rendered = story.root / "environments/production/rendered/income.yaml"
    rendered.write_text(rendered.read_text().replace("mode: all", "mode: request"))
    story.commit("Release one, by older generators")
    second = story.released("two")
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    assert any(note.startswith("rendered anew, because the text alone") for note in found.notes)
    assert any("is not byte for byte as it was" in note for note in found.notes)
    assert not found.moves[0].as_before
    assert found.commands[0].startswith(f"releasectl prove-revert {second[:12]} --patch")
    obey(story, found)


def test_a_lock_that_another_release_needs_is_kept(story: Story) -> None:
    """The first commit that released model 2 brought its lock; production needs it, too, by now."""
    story.released("one", "staging")
    first = story.released("two", "staging")
    story.release("two", "production")
    story.commit("Release two to production")
    story.git("revert", "--no-commit", first)
    with pytest.raises(InvalidInput, match="has no lock"):
        story.load()
    story.git("revert", "--abort")
    found = proof(story, first)
    assert found.verdict is Verdict.SAFE
    assert any(
        note.startswith(f"{locks.path_of(TWO)} is kept, because {PATH} needs it") for note in found.notes
    )
    obey(story, found)
    assert {release.model for release in story.load().releases} == {ONE, TWO}


def test_a_lock_that_was_tidied_away_comes_back(story: Story) -> None:
    story.released("one")
    second = story.released("two")
    (story.root / locks.path_of(ONE)).unlink()
    story.commit("Tidy up")
    found = proof(story, second)
    assert found.verdict is Verdict.SAFE
    obey(story, found)
    assert story.load().locks[ONE].commit == ONE
