from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releasectl.errors import InvalidInput
from releasectl.model import Json, Source
from releasectl.yamledit import flow, has_comment, set_field
from releasectl.yamlsource import parse
from tests.builder import CANDIDATE, MODEL

SHADOW = {"type": "shadow", "candidate": CANDIDATE}
CANARY = {"type": "canary", "candidate": CANDIDATE, "traffic": 10}
PLAIN = f"# who: us\nname: income  # é\nmodel: {MODEL}   # trained\n\n# about\nowner: credit-ml\n"


def data(text: str) -> Json:
    source = parse("release", text.encode())
    assert isinstance(source, Source), source
    return source.data


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "text", [PLAIN, PLAIN.removesuffix("\n"), "name: a\nmodel: b\n", "name: a\nmodel: b"]
)
def test_what_was_put_in_can_be_taken_out(text: str, ending: str) -> None:
    text = text.replace("\n", ending)
    begun = set_field(text, "strategy", SHADOW, after="model")
    assert data(begun) == data(text) | {"strategy": SHADOW}
    assert set_field(begun, "strategy", None).rstrip("\r\n") == text.rstrip("\r\n")
    assert ending in begun.removesuffix(ending)


def test_it_stands_below_the_model() -> None:
    lines = set_field(PLAIN, "strategy", SHADOW, after="model").splitlines()
    assert lines[2:6] == [
        f"model: {MODEL}   # trained",
        "strategy:",
        "  type: shadow",
        f"  candidate: {CANDIDATE}",
    ]


def test_only_what_differs_in_a_block_is_touched() -> None:
    text = (
        "name: income\nstrategy:   # agreed with risk\n    # since May\n    type: shadow   # first\n"
        f"    candidate: '{CANDIDATE}'  # v3\n    mirror: 50 # half\n# after\nowner: us\n"
    )
    assert set_field(text, "strategy", CANARY) == (
        "name: income\nstrategy:   # agreed with risk\n    # since May\n    type: canary   # first\n"
        f"    candidate: '{CANDIDATE}'  # v3\n    traffic: 10\n# after\nowner: us\n"
    )
    assert set_field(text, "strategy", {"type": "direct"}) == (
        "name: income\nstrategy:   # agreed with risk\n    # since May\n    type: direct   # first\n"
        "# after\nowner: us\n"
    )


def test_a_block_in_one_line_stays_in_one_line() -> None:
    text = f"name: income\nstrategy: {{type: shadow, candidate: {CANDIDATE}}}  # why\n"
    assert set_field(text, "strategy", CANARY) == (
        f"name: income\nstrategy: {{type: canary, candidate: {CANDIDATE}, traffic: 10}}  # why\n"
    )


def test_equal_values_change_nothing() -> None:
    text = f'name: income\nmodel: "{MODEL}"\n'
    assert set_field(text, "model", MODEL) is text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: a\ndetectors:\n- drift\n# c\n- outlier\nx: 1\n", "name: a\n# c\ndetectors: [drift]\nx: 1\n"),
        ("name: a\ndetectors: [drift, outlier] # both\n", "name: a\ndetectors: [drift] # both\n"),
        ("{name: a, detectors: []}\n", "{name: a, detectors: [drift]}\n"),
        ("name: a\n", "name: a\ndetectors: [drift]\n"),
    ],
)
def test_lists(text: str, expected: str) -> None:
    assert set_field(text, "detectors", ["drift"]) == expected


def test_what_cannot_be_changed_alone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="write it yourself"):
        set_field("strategy: {type: shadow}\n", "strategy", None)


def test_comments_are_seen() -> None:
    assert not has_comment(set_field(PLAIN, "strategy", SHADOW), "strategy")
    assert has_comment(f"strategy:\n  type: shadow # x\n  candidate: {CANDIDATE}\n", "strategy")
    assert has_comment("strategy: {type: direct} # x\n", "strategy")
    assert not has_comment("name: a # x\n", "strategy")


VALUES = st.recursive(
    st.integers(-999, 999) | st.booleans() | st.text("ab 1e0#:{}[],'\"é-", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)


@given(value=VALUES)
def test_a_value_in_one_line_is_read_back(value: Json) -> None:
    assert data(f"field: {flow(value)}\n")["field"] == value


@given(value=VALUES, old=VALUES)
def test_any_field_can_be_set(value: Json, old: Json) -> None:
    text = f"a: 1\nfield: {flow(old)}\nb: 2 # two\n"
    assert data(set_field(text, "field", value)) == {"a": 1, "field": value, "b": 2}
