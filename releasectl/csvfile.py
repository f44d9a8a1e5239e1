"""A CSV file that somebody names: read as far as it is wanted, and never without end."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Final, TextIO

from releasectl.errors import InvalidInput

MiB: Final = 1024 * 1024
MOST_ASKED: Final = 16 * MiB  # the rows of one request; a row of the census takes 120 bytes
MOST_PUSHED: Final = 256 * MiB  # a dataset, which is held in memory on its way


def content(path: Path) -> bytes:
    """All of it. Raises InvalidInput where it cannot be read, or holds more than a dataset may."""
    with _told(path), path.open("rb") as stream:
        found = stream.read(MOST_PUSHED + 1)
    if len(found) > MOST_PUSHED:
        remedy = "push a part of it, or bring it in with `pachctl put file`"
        raise _too_large(path, f"more than {MOST_PUSHED // MiB} MiB", remedy)
    return found


class NotCsv(ValueError):
    """What the csv module has against a text, and in which line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Every line that is not empty, with its number and its cells. Raises NotCsv."""
    reader = csv.reader(TextIOWrapper(BytesIO(content), "utf-8-sig", newline=""), strict=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except UnicodeDecodeError:
        raise NotCsv(reader.line_num + 1, "is not UTF-8 text") from None
    except csv.Error as error:
        raise NotCsv(reader.line_num, f"is not CSV: {error}") from None


@contextmanager
def lines(path: Path) -> Iterator[Iterator[str]]:
    """Its lines, as many as are asked for. Raises InvalidInput as `content` does."""
    with _told(path), path.open(newline="", encoding="utf-8-sig") as stream:
        yield _lines(path, stream)


def _lines(path: Path, stream: TextIO) -> Iterator[str]:
    left = MOST_ASKED
    while line := stream.readline(left + 1):
        left -= len(line)
        if left < 0:
            remedy = "ask for fewer rows, and look whether it is a CSV file"
            raise _too_large(path, f"more than {MOST_ASKED // MiB} MiB in the rows asked for", remedy)
        yield line


@contextmanager
def _told(path: Path) -> Iterator[None]:
    if path.resolve().is_fifo():  # a shell's `|` and `<( )` have no name, and always a writer
        what = "is a named pipe, which may never end"
        raise InvalidInput.at(path, what, "name a file, or pipe the rows into /dev/stdin")
    try:
        yield
    except UnicodeDecodeError as error:
        raise InvalidInput.at(path, f"is not UTF-8 text ({error.reason})", "save the file as UTF-8") from None
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise InvalidInput.at(path, what, "name a CSV file with a header") from None


def _too_large(path: Path, what: str, remedy: str) -> InvalidInput:
    return InvalidInput.at(path, f"holds {what}", remedy)
