"""What the name of a file says, before it is read: it judges, it releases, or it may not be there at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final
from unicodedata import normalize

from releasectl.errors import Problem

_ANY: Final = re.DOTALL | re.IGNORECASE  # a name may hold a line's end; elsewhere `Policies` is `policies`

# Everything that decides what may serve. `releases/` holds both: its schemas are the judge's. What lies in
# the root installs, checks or starts the toolkit, or is imported in the place of a part of it. A page decides
# nothing: `release` itself brings the table in policies/README.md up to date.
JUDGE: Final = re.compile(
    r"(?!.*\.md\Z)((releasectl|generators|policies|trainers/schemas|environments/platforms|\.github|\.ci)/.*|"
    r".*\.schema\.json|environments/[^/]+/policy\.yaml|(.*/)?(CODEOWNERS|\.git(attributes|ignore|modules))|"
    r"[^/]+\.(py\w?|so|pth|toml|cfg|ini|in|mk)|[^/]+/__init__\.[^/]+|"
    r"requirements[^/]*|(GNU)?makefile|\.pre-commit-config\.yaml|\.importlinter)",
    _ANY,
)
ENVIRONMENT: Final = re.compile(r"environments/[^/]+/environment\.yaml")
RELEASES: Final = re.compile(r"releases/.*(?<!\.schema\.json)", _ANY)
# The same for git, and what releases take from their environment.
RELEASED_PATHS: Final = (
    "releases",
    ":(glob)environments/*/environment.yaml",
    ":(exclude,glob)releases/**/*.schema.json",
)

# What a machine makes: git ignores it, and Python would run it in the place of what was reviewed.
MADE: Final = re.compile(
    r"(.*/)?(__pycache__|\.venv|\.sandbox|\.cache|\.\w+_cache|[^/]+\.(egg|dist)-info)(/.*)?|"
    r".*\.(py[cdo]|so|dylib|dll)",
    _ANY,
)
_RULES: Final = re.compile(r"policies/([^/]+\.(py|yaml|schema\.json)|README\.md)")
_BELOW_A_FILE: Final = re.compile(
    r"(releases|environments|pipelines|policies)/(.*/)?[^/]+\.(yaml|yml|json|py)/.*", _ANY
)


def shown(path: str) -> str:
    """Fit for one line of text, whatever the name holds, and nothing in it looks like something else."""
    plain = path.isascii() and path.isprintable()
    return path if plain else path.encode("unicode_escape").decode()


def wrong_name(path: str) -> Problem | None:
    """Why no file may have that name."""
    if _looks_like_another(path):
        what = "has a name that is not what it looks like: control characters, or letters of another kind"
        return Problem(shown(path), what, "name it with letters that everybody sees")
    if MADE.fullmatch(path):
        what = "is made by a machine and cannot be reviewed: bytecode, a binary, or what was installed"
        return Problem(path, what, "take it out of git, and name it in .gitignore")
    if path.casefold().startswith("policies/") and not _RULES.fullmatch(path):
        what = "is neither a rule nor waivers, a schema or the README: what is in policies/ is read or run"
        return Problem(path, what, "put it elsewhere; a rule is one module, policies/<rule>.py")
    if _BELOW_A_FILE.fullmatch(path):
        return Problem(path, "lies in a folder that has the name of a file", "make it the file that it was")
    return None


def _looks_like_another(path: str) -> bool:
    """Where names decide, one Cyrillic letter makes another `production`; elsewhere é may be é."""
    if not path.isprintable() or "\N{REPLACEMENT CHARACTER}" in path or normalize("NFKC", path) != path:
        return True
    return not path.isascii() and any(kind.fullmatch(path) for kind in (JUDGE, ENVIRONMENT, RELEASES))


def twins(there: Iterable[str], added: Iterable[str]) -> Iterator[Problem]:
    """Added names that differ from another only by case or the form of letters: elsewhere both are one."""
    known = {_folded(name): name for path in there for name in _with_folders(path)}
    for path in added:
        for name in _with_folders(path):
            other = known.setdefault(_folded(name), name)
            if other != name:
                what = f"{shown(name)} and {shown(other)} are one on a system that does not tell them apart"
                yield Problem(shown(path), what, "choose another name")
                break


def _with_folders(path: str) -> Iterator[str]:
    yield path
    yield from (str(folder) for folder in PurePosixPath(path).parents if folder.name)


def _folded(name: str) -> str:
    return normalize("NFKC", name).casefold()
