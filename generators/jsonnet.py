"""Evaluates jsonnet. Imports stay in the repository, and `generators/` is always the engine's own.

Paths are relative to the repository's root, in imports and in messages alike.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import _jsonnet

from generators.bounded import Overrun, bounded
from releasectl.errors import InvalidInput, Problem
from releasectl.letters import printable
from releasectl.model import Json
from releasectl.repo import ENGINE, read

LIBRARY = "generators"
LONGEST = 300  # letters of what jsonnet says: a file may make its own errors

_IMPORT = re.compile(r"\bimport '(?P<name>[^']+)'")
_OUTERMOST = re.compile(r"\$(?!(?:ref|defs)\b)")  # those two are of JSON Schema

_PLACE = re.compile(r"^\s*(?P<file>[^\s:()][^:()]*):(?P<line>\d+):(?P<column>\d+)", re.MULTILINE)
# What a message of jsonnet usually means, by a part of its text; the first match wins.
_REMEDIES = {
    "outside the repository": "keep what is imported in the repository, and write its path from this file",
    "couldn't open import": "write the path from the file that imports, or the name of a file in generators/",
    "images.yaml": "add the image in pipelines/images.yaml, or correct the name of the trainer in {path}",
    "must provide": "say it in {path}: the message tells what is left out there",
}
_REMEDY = "correct this place, or what {path} hands over to it"
_STATIC = re.compile(r"STATIC ERROR: (?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+)(?:-\d+)?: (?P<what>.*)")


def evaluate(root: Path, path: str, arguments: Mapping[str, Json] | None = None) -> Json:
    """The value of a jsonnet file of the tree; `arguments` if it is a function.

    Who wrote the file may have written one without end: it is evaluated within bounds.
    """
    content = read(root, path)
    if isinstance(content, Problem):
        raise InvalidInput(content)
    work = partial(_evaluated, root, path, _decoded(path, content), arguments)
    try:
        return json.loads(bounded(work))
    except Overrun as overrun:
        remedy = "mend what grows in it without end: it is to give the few pipelines of one family"
        raise InvalidInput.at(path, f"jsonnet: {overrun}", remedy) from None
    except RuntimeError as error:
        raise _explain(path, str(error)) from None


def evaluate_text(root: Path, path: str, text: str, arguments: Mapping[str, Json] | None = None) -> Json:
    """The value of `text`, as if it stood in the file `path`."""
    try:
        return json.loads(_evaluated(root, path, text, arguments))
    except RuntimeError as error:
        raise _explain(path, str(error)) from None


def _evaluated(root: Path, path: str, text: str, arguments: Mapping[str, Json] | None) -> str:
    codes = {name: json.dumps(value) for name, value in (arguments or {}).items()}
    found: str = _jsonnet.evaluate_snippet(path, text, tla_codes=codes, import_callback=_importer(root))
    return found


def _decoded(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{content[error.start]:02x} is not UTF-8"
        raise InvalidInput.at(f"{path}:{line}:1", what, "save the file as UTF-8 text") from None


def evaluate_library(root: Path, path: str, text: str, arguments: Mapping[str, Json] | None = None) -> Json:
    """As `evaluate_text`, and quicker where `text` imports libraries of our own.

    Each import makes jsonnet parse its standard library anew, 8 ms a file; so the imports are written out.
    What fails is evaluated once more with them, so that a message names the file and the line.
    """
    try:
        return evaluate_text(root, path, _written_out(root, text, posixpath.dirname(path)), arguments)
    except (InvalidInput, RuntimeError):  # the latter of an import that may not be read
        return evaluate_text(root, path, text, arguments)


def _written_out(root: Path, text: str, folder: str) -> str:
    """`text` of a file in `folder`, with libraries in place of their imports.

    `$` means the outermost object, which would be another one: a file that uses it stays an import, and so
    does what imports it.
    """

    def expression(found: re.Match[str]) -> str:
        path = _place(root, folder, found["name"])
        if not path.startswith(f"{LIBRARY}/") or not _exists(root, path):
            return found[0]
        library = _written_out(root, _decoded(path, _source(root, path)), posixpath.dirname(path))
        stays = _OUTERMOST.search(library) or _IMPORT.search(library)
        return found[0] if stays else f"(\n{library}\n)"

    return _IMPORT.sub(expression, text)


def _importer(root: Path) -> Callable[[str, str], tuple[str, bytes]]:
    def load(folder: str, name: str) -> tuple[str, bytes]:
        path = _place(root, folder, name)
        return path, _source(root, path)

    return load


def _place(root: Path, folder: str, name: str) -> str:
    """Where an import in a file of `folder` leads: beside that file, else to the libraries."""
    beside = posixpath.normpath(posixpath.join(folder, name))
    return beside if name.startswith("..") or _exists(root, beside) else posixpath.join(LIBRARY, name)


def _file(root: Path, path: str) -> Path:
    tree = ENGINE if path.startswith(f"{LIBRARY}/") else root
    return tree / path


def _exists(root: Path, path: str) -> bool:
    return not path.startswith("..") and _file(root, path).is_file()


def _source(root: Path, path: str) -> bytes:
    file = _file(root, path)
    inside = any(file.resolve().is_relative_to(tree.resolve()) for tree in (root, ENGINE))
    if path.startswith(("..", "/")) or not inside or ".git" in path.split("/"):
        raise RuntimeError(f"{path} is outside the repository")
    if not file.is_file():
        raise RuntimeError(f"no such file beside the importing one, nor in {LIBRARY}/")
    return file.read_bytes()


def _explain(path: str, said: str) -> Exception:
    if static := _STATIC.search(said):
        where = f"{static['file']}:{static['line']}:{static['column']}"
        what = printable(static["what"][:LONGEST])
        return InvalidInput.at(where, f"jsonnet: {what}", "mend the jsonnet at this place")
    first, _, trace = said.partition("\n")
    what = printable(first.removeprefix("RUNTIME ERROR: ")[:LONGEST])
    place = _PLACE.search(trace)
    where = f"{place['file'].strip()}:{place['line']}:{place['column']}" if place else path
    remedy = next((remedy for part, remedy in _REMEDIES.items() if part in what), _REMEDY)
    return InvalidInput.at(where, f"jsonnet: {what}", remedy.format(path=path))
