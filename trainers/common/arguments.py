"""The command line of every stage after the training: DATA.csv TRAINING OUT."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def after_training(
    program: str, about: str | None, arguments: Sequence[str], *, reads: str
) -> tuple[Path, Path, Path]:
    """(the data, the folder of the training, which holds the files `reads`, the folder to write into)."""
    parser = argparse.ArgumentParser(prog=program, description=about)
    parser.add_argument("data", type=Path)
    parser.add_argument("training", type=Path, help=f"folder with {reads}")
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    return options.data, options.training, options.out
