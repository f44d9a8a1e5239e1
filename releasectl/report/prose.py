"""Markdown that was written for GitHub, laid out for a terminal."""

from __future__ import annotations

import re

from rich.markdown import Markdown

from releasectl.report.console import text
from releasectl.report.markdown import JOINER

_FOLDED = re.compile(r"<details><summary>(.*?)</summary>|</details>")


def as_text(markdown: str) -> str:
    """Nothing is folded, and nothing is there that only keeps GitHub from mentioning somebody."""
    unfolded = _FOLDED.sub(lambda match: f"\n**{match[1]}**\n" if match[1] else "", markdown)
    return text(Markdown(unfolded.replace(JOINER, "")))
