"""No text of a pull request can be anything but text: properties over CommonMark's own parser."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from releasectl.report.markdown import block, capped, code, sparkline, table, text, visible

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
EVIL = (
    "<img src=x onerror=alert(1)>", "[click](http://evil.example)", "![](http://evil.example/pixel)",
    "@creditco/all", "`code`", "``` \n# heading", "</details>", "<!-- releasectl: review -->", "a | b | c",
    "**bold** __bold__ ~~no~~", "\u202egnirts", "line\nline", "https://evil.example", "www.evil.example",
    "#1 GH-12 creditco/releases#3", "&lt;b&gt;", "\\`x\\`", "<https://evil.example>", ":shipit:", "$x$",
    "[x]: http://evil.example", "\x00\x1b[31m",
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="`|\\<>[]()!*_~@#&:\n -=+.$", max_size=40),
    st.sampled_from(EVIL),
    st.builds("{}{}".format, st.sampled_from(EVIL), st.sampled_from(EVIL)),
)


def kinds(markdown: str) -> set[str]:
    found: set[str] = set()
    for token in MARKDOWN.parse(markdown):
        found |= {token.type, *(child.type for child in token.children or ())}
    return found


def content(markdown: str) -> str:
    return "".join(
        child.content for token in MARKDOWN.parse(markdown) for child in token.children or () if child.content
    )


@given(TEXTS)
def test_prose_stays_prose(value: str) -> None:
    written = f"- x {text(value)}"
    item = {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}
    assert kinds(written) <= item | {"text", "inline", "paragraph_open", "paragraph_close", "text_special"}


@given(TEXTS)
def test_prose_says_what_was_said(value: str) -> None:
    said = " ".join(visible(value).split())
    assert content(f"x {text(value)}").replace("\u2060", "") == f"x {said}".rstrip()


@given(TEXTS)
def test_code_stays_code(value: str) -> None:
    found = kinds(f"- x {code(value)} y")
    assert "code_inline" in found
    assert not found & {"html_inline", "link_open", "image", "em_open", "strong_open", "html_block"}


@given(st.lists(TEXTS, min_size=2, max_size=2))
def test_a_cell_stays_a_cell(values: list[str]) -> None:
    written = table(("a", "b"), [(text(values[0]) or "x", code(values[1]))])
    cells = [token for token in MARKDOWN.parse(written) if token.type == "td_open"]
    assert len(cells) == 2


@given(TEXTS)
def test_a_block_stays_a_block(value: str) -> None:
    tokens = MARKDOWN.parse(block(value, "diff"))
    assert [token.type for token in tokens] == ["fence"]


@pytest.mark.parametrize("value", ["@ada", "@creditco/all", "#12", "x #12", "GH-12"])
def test_nobody_is_mentioned(value: str) -> None:
    """GitHub looks for these in the rendered text."""
    shown = content(text(value))
    assert not re.search(r"@\w|#\d|\bGH-\d", shown)


def test_what_hides_is_shown() -> None:
    assert visible("a\u202eb\u200bc") == "a\\u202eb\\u200bc"


def test_a_part_too_long_is_left_out_and_the_next_is_not() -> None:
    found = capped(["first", "x" * 100, "last"], 60, "more")
    assert found == "first\n\nlast\n\nmore\n"
    assert len(found.encode()) <= 60


def test_sparkline() -> None:
    assert sparkline([0, 0.5, 1, 2]) == "▁▅██"
