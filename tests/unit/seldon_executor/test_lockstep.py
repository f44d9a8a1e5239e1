"""What goes live together, and what waits for what."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from releasectl.sandbox.seldon.lockstep import lockstep
from releasectl.sandbox.seldon.values import Commitment, Kind, Unit, Workload

MODEL, DRIFT, OUTLIER = (
    "credit/income",
    "credit/income/drift/income-drift",
    "credit/income/outlier/income-outlier",
)


def unit(identity: str, commit: str) -> Unit:
    kind = Kind.MODEL if identity == MODEL else Kind.DETECTOR
    workload = Workload(identity, kind, identity, 1, f"{identity} of {commit}", "", ())
    return Unit(identity, "credit", (workload,), commit=commit)


def units(**commits: str) -> dict[str, Unit]:
    names = {"model": MODEL, "drift": DRIFT, "outlier": OUTLIER}
    return {names[name]: unit(names[name], commit) for name, commit in commits.items()}


def live(**commits: str) -> dict[str, Commitment]:
    return {name: Commitment.of(each) for name, each in units(**commits).items()}


def test_all_of_a_commit_or_nothing() -> None:
    before, wanted = live(model="a", drift="a", outlier="a"), units(model="b", drift="b", outlier="b")
    step = lockstep(wanted, before, lambda each: each.id != OUTLIER)
    assert (step.live, step.pending) == (before, {MODEL})
    assert "income-outlier, which are not ready" in step.held[MODEL]
    assert not lockstep(wanted, before, lambda each: each.id == OUTLIER).held  # its own servers come first
    step = lockstep(wanted, before, lambda _: True)
    assert (step.live, step.pending) == (live(model="b", drift="b", outlier="b"), frozenset())


def test_a_model_waits_for_the_detectors_of_the_one_before() -> None:
    before = live(model="a", drift="a", outlier="a")
    step = lockstep(units(model="b", drift="b", outlier="a"), before, lambda _: True)
    assert step.live == before
    assert "income-outlier, which are of a" in step.held[MODEL]


def test_a_detector_that_is_deleted_to_be_created_anew_stays_meanwhile() -> None:
    before = live(model="a", drift="a")
    assert lockstep(units(model="b"), before, lambda each: each.commit == "a").live == before
    assert lockstep(units(model="b"), before, lambda _: True).live == live(model="b")
    assert lockstep(units(model="a"), before, lambda _: True).live == live(model="a")


def test_detectors_of_another_commit_are_their_owners_choice() -> None:
    before = live(model="a", drift="x")
    assert lockstep(units(model="b", drift="x"), before, lambda _: True).live == live(model="b", drift="x")
    assert (
        lockstep(units(model="b", drift=""), live(model="a", drift=""), lambda _: True).live[MODEL].commit
        == "b"
    )


def test_what_is_deleted_is_live_no_more() -> None:
    assert lockstep({}, live(model="a", drift="a"), lambda _: True).live == {}


COMMITS = st.sampled_from(["a", "b", "c"])


@given(
    COMMITS,
    st.lists(st.tuples(st.sampled_from(["model", "drift", "outlier"]), COMMITS, st.booleans()), max_size=12),
)
def test_whoever_began_in_lockstep_is_never_seen_out_of_it(
    first: str, calls: list[tuple[str, str, bool]]
) -> None:
    """Whatever clients write one after the other, and whatever gets ready when: old detectors never judge a
    new model."""
    wanted = units(model=first, drift=first, outlier=first)
    now = live(model=first, drift=first, outlier=first)
    for name, commit, ready in calls:
        wanted |= units(**{name: commit})
        before = now
        now = dict(lockstep(wanted, before, lambda _, ready=ready: ready).live)
        old, new = before[MODEL].commit, now[MODEL].commit
        if old != new and old in {before[DRIFT].commit}:
            assert now[DRIFT].commit != old
