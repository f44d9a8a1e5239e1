"""What an environment or a platform says anew: where releases go, what serves them, who gets the answers.

Told by field, as it was and as it would be: the name of the file tells nobody that answers go to a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from releasectl import repo
from releasectl.errors import Problem
from releasectl.letters import printable
from releasectl.model import Json, Place, Source
from releasectl.pathlaw import Change
from releasectl.policy import Notice, Severity, show
from releasectl.weights import Weighed, Weight
from releasectl.yamlsource import parse

Before = Callable[[str], bytes | None]

FILES: Final = re.compile(r"environments/(platforms/[^/]+|[^/]+/environment)\.yaml")
# Of a platform all but how long it is waited for.
_LEADS: Final = re.compile(r"(?!timeout)[^.]*|serving\.(.*\.)?(image|reply_url|secret)")
_PLATFORM: Final = re.compile(r"environments/platforms/([^/]+)\.yaml")
READ: Final = "whoever answers for what serves there has to agree: see CODEOWNERS"


def redirects(root: Path, before: Before, changed: Sequence[Change]) -> Iterator[Weighed]:
    """Every field that differs, and what is there no more; of what is new nothing leads elsewhere yet."""
    for change in changed:
        if not FILES.fullmatch(change.path) or not change.known:
            continue
        whose = _whose(change.path)
        if change.gone:
            yield Weighed(Weight.REACH, Notice(Place(change.path), f"removes {whose}", READ), Severity.HIGH)
            continue
        old, new = _read(change.path, before(change.path)), _read(change.path, repo.read(root, change.path))
        if new is None:
            continue  # what cannot be read is refused
        yield from _differences(whose, old, new)
        moved = [each.data.get("platform") for each in (old, new) if each and isinstance(each.data, Mapping)]
        if not _PLATFORM.fullmatch(change.path) and len(moved) == 2 and moved[0] != moved[1]:
            yield from _moved(whose, root, before, *moved)


def _differences(whose: str, old: Source | None, new: Source) -> Iterator[Weighed]:
    fields, others = dict(_fields(new.data)), dict(_fields(old.data)) if old else {}
    for name in sorted({*fields, *others}):
        if fields.get(name) != others.get(name):
            what = f"{whose}: {name} {show(others.get(name))} becomes {show(fields.get(name))}"
            leads = _LEADS.fullmatch(name)
            notice = Notice(new.place("/" + name.replace(".", "/")), what, READ)
            severity = Severity.HIGH if leads else Severity.INFO
            yield Weighed(Weight.REACH if leads else Weight.OTHER, notice, severity)


def _moved(whose: str, root: Path, before: Before, old: Json, new: Json) -> Iterator[Weighed]:
    """From one platform to another, which may be new: its name tells nobody where that leads."""
    was, will = (f"environments/platforms/{name}.yaml" for name in (old, new))
    found = _read(will, repo.read(root, will))
    if found is not None:
        about = f"{whose}, on the platform {printable(str(new))}"
        yield from _differences(about, _read(was, before(was)), found)


def _whose(path: str) -> str:
    if match := _PLATFORM.fullmatch(path):
        return f"the platform {match[1]}"
    return f"the environment {PurePosixPath(path).parent.name}"


def _read(path: str, content: bytes | Problem | None) -> Source | None:
    found = parse(path, content) if isinstance(content, bytes) else None
    return found if isinstance(found, Source) else None


def _fields(value: Json, name: str = "") -> Iterator[tuple[str, Json]]:
    """The ends of a document, by their dotted names; a list is one."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _fields(below, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
