"""Since when a comparison counts: the apply that began the present stage, told by the records."""

from __future__ import annotations

from releasectl import ledger
from releasectl.begun import begun
from tests.builder import commit_id
from tests.story import Story, house, quick, story  # noqa: F401  (fixtures)

TWO = commit_id("two")


def finished(story: Story) -> object:  # noqa: F811
    return next(ledger.records(story.cluster.ports.data, "production")).finished


def test_a_stage_begins_with_the_apply_that_brought_it(story: Story) -> None:  # noqa: F811
    """And a second trial of the same candidate does not take in the first."""

    def since() -> object:
        (release,) = story.load().releases_in("production")
        return begun(story.cluster.ports.data, release)

    story.released("one")
    story.apply()
    story.released("two", strategy="shadow")
    assert since() is None, "not applied yet"
    story.apply()
    first = finished(story)
    story.apply()
    assert since() == first
    story.step("promote")
    story.apply()
    canary = finished(story)
    assert since() == canary
    story.step("promote")
    story.apply()
    assert since() == canary, "another share is no other stage"
    story.step("abort")
    story.apply()
    story.release("two", strategy="shadow")
    story.commit("Try two again")
    story.apply()
    assert since() == finished(story)
