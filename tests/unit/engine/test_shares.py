"""Statistics in plain Python, against those that the trainers use."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from releasectl.shares import same_share, wilson


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    total = draw(st.integers(1, 7000))
    return draw(st.integers(0, total)), total


@given(shares(), shares())
def test_fishers_p_is_that_of_scipy(one: tuple[int, int], other: tuple[int, int]) -> None:
    """Which sees one of two tables that are just as likely, or both of them."""
    from scipy.stats import fisher_exact  # half a second, for whoever runs this test

    (hits, total), (other_hits, other_total) = one, other
    expected = fisher_exact([[hits, total - hits], [other_hits, other_total - other_hits]]).pvalue
    found = same_share(hits, total, other_hits, other_total)
    assert found.low - 1e-8 <= expected <= found.high + 1e-8


def test_a_p_that_counts_both_tails() -> None:
    """Fisher's tea: 3 of 4 cups told right, 34 of 70 tables are no likelier."""
    found = same_share(3, 4, 1, 4)
    assert round(found.low, 6) == round(18 / 70, 6)  # the table found, and those less likely
    assert round(found.high, 6) == round(34 / 70, 6)


def test_wilsons_interval() -> None:
    """E. B. Wilson's for 8 of 10: R's prop.test(8, 10, correct = FALSE)."""
    interval = wilson(8, 10)
    assert interval is not None
    assert [round(end, 4) for end in interval] == [0.4902, 0.9433]
    assert wilson(0, 0) is None


def test_a_table_too_large_to_sum_may_tell_any_p() -> None:
    half = 5 * 10**15
    assert same_share(half, 2 * half, half, 2 * half) == (0.0, 1.0)
