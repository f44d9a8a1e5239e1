"""What `git revert` would do: the state it leads to is proven, and is what people then find."""

from __future__ import annotations

import pytest

from releasectl.errors import UsageError
from releasectl.plan.values import Plan
from releasectl.render import check, render
from releasectl.report import revert as report
from releasectl.revert import Verdict
from tests.builder import LENIENT, commit_id
from tests.story import Story
from tests.unit.revert.proofs import ONE, TWO, moves, obey, proof, revoke


def test_a_second_release_goes_back_to_the_first(story: Story) -> None:
    story.released("one")
    story.apply()
    live = story.serving()
    second = story.released("two")
    story.apply()
    assert story.serving() != live
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    assert moves(found) == {"production/income": (TWO, ONE)}
    assert found.moves[0].as_before
    assert found.commands == (f"git revert --no-edit {second[:12]}", "releasectl apply production")
    plan = found.plans["production"]
    assert isinstance(plan, Plan)
    assert "branch copy_models@production" in {change.resource for change in plan.changes}
    obey(story, found)
    story.apply()
    after = story.serving()
    assert after["spec"] == live["spec"]
    assert story.cluster.data.heads["copy_models"]["production"] == ONE


def test_the_first_release_is_removed_with_a_warning(story: Story) -> None:
    story.released("one")
    story.apply()
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    assert moves(found) == {"production/income": (ONE, None)}
    assert any(
        "its deployment is deleted, and nothing answers there any more" in note for note in found.notes
    )
    obey(story, found)
    story.apply()
    assert story.serving() is None


def test_a_revert_is_reverted_unless_the_model_is_revoked(story: Story) -> None:
    story.released("one")
    second = story.released("two")
    back = story.revert(second)
    found = proof(story)
    assert (found.verdict, moves(found)) == (Verdict.SAFE, {"production/income": (ONE, TWO)})
    assert any(note.startswith(f"{back[:12]} took back {second[:12]}") for note in found.notes)
    revoke(story, commit_id("dataset of two"))
    found = proof(story, back)
    assert found.verdict is Verdict.UNSAFE
    (reason,) = found.reasons
    assert (
        f"made from income_data@{commit_id('dataset of two')}, which is revoked since 2026-01-01"
        in reason.what
    )
    assert found.commands == ()
    assert "✗ not safe to revert" in report.as_text(found)


def test_of_a_revoked_model_the_other_findings_are_one_line(story: Story) -> None:
    """That it is revoked is the point; what else denies it is not to bury that."""
    story.released("one")
    story.released("two")
    back = story.revert()
    revoke(story, TWO)
    strict = LENIENT.replace("  DUP-001: off\n", "").replace("  DATA-002: off\n", "")
    story.mini.write("environments/production/policy.yaml", strict + "  DUP-001: deny\n  DATA-002: deny\n")
    story.commit("Stricter")
    found = proof(story, back)
    revoked, others = found.reasons
    assert "which is revoked since" in revoked.what
    assert others.what == "beside that it has findings that deny: DATA-002, DUP-001"
    assert (others.where, others.remedy) == (revoked.where, revoked.remedy), "told together"


def test_a_revocation_is_not_taken_back(story: Story) -> None:
    """One commit puts model 1 back in place and revokes model 2: reverting it would serve model 2 again."""
    story.released("one")
    story.released("two")
    story.release("one")
    both = revoke(story, TWO, "Back to one, and never again two")
    found = proof(story, both)
    assert found.verdict is Verdict.UNSAFE
    assert "releases/revoked.yaml stays as it is in HEAD: a revert takes no revocation back" in found.notes
    assert "which is revoked" in found.reasons[0].what


def test_a_merge_of_several_releases(story: Story) -> None:
    for environment in ("production", "staging"):
        story.released("one", environment)
    story.git("checkout", "-q", "-b", "two")
    story.released("two", "staging")
    story.released("two", "production")
    story.git("checkout", "-q", "main")
    story.git("merge", "-q", "--no-ff", "-m", "Merge two", "two")
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    assert moves(found) == {"production/income": (TWO, ONE), "staging/income": (TWO, ONE)}
    assert found.subject.mainline == 1
    assert found.commands[0] == f"git revert --no-edit -m 1 {found.subject.commit.short}"
    assert any("is a merge: `-m 1` keeps that side" in note for note in found.notes)
    assert any("touches 2 releases, and they go back together" in note for note in found.notes)
    assert [*found.plans] == ["production", "staging"]
    with pytest.raises(UsageError, match="merges 2 lines, there is no number 3"):
        proof(story, mainline=3)
    story.git("revert", "--no-edit", "-m", "1", "HEAD")
    check(story.root, render(story.load()))


def test_a_commit_that_is_taken_back_already(story: Story) -> None:
    story.released("one")
    second = story.released("two")
    back = story.revert(second)
    found = proof(story, second)
    assert found.verdict is Verdict.SAFE
    assert moves(found) == {"production/income": (ONE, ONE)}
    assert any(f"is as before already since {back[:12]}" in note for note in found.notes)


def test_a_trial_goes_back_step_by_step(story: Story) -> None:
    story.released("one")
    story.apply()
    story.released("two", strategy="shadow")
    story.apply()
    shadow = story.serving()
    story.step("promote")
    story.apply()
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    obey(story, found)
    story.apply()
    assert story.serving()["spec"] == shadow["spec"]
