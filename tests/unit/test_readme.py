"""The README says what is: exit codes, commands and the places of its map."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from releasectl.cli.main import COMMANDS
from releasectl.errors import EXIT_CODES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
MAP = README.split("## To find or add something")[1].split("\n## ")[0]
PLACES = sorted({place for row in MAP.splitlines() for place in re.findall(r"`([\w./*-]*/[\w./*-]*)`", row)})


def test_the_table_of_exit_codes_is_that_of_the_errors() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", README, re.MULTILINE))
    assert {int(code): text for code, text in rows.items()} == EXIT_CODES


@pytest.mark.parametrize("place", PLACES)
def test_what_the_map_names_is_there(place: str) -> None:
    assert list(ROOT.glob(place.rstrip("/"))), f"README.md names {place}"


@pytest.mark.parametrize("command", re.findall(r"`releasectl ([a-z][a-z-]+)", README))
def test_every_command_it_names_exists(command: str) -> None:
    assert command in COMMANDS


@pytest.mark.parametrize("target", re.findall(r"`make ([a-z]+)", README))
def test_every_make_target_it_names_exists(target: str) -> None:
    assert f"\n{target}:" in (ROOT / "Makefile").read_text()
