"""Takes one change of a small YAML file back field by field, where the text around it has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from releasectl.errors import InvalidInput
from releasectl.model import Json, Missing, Source
from releasectl.yamledit import flow, set_field
from releasectl.yamlsource import parse


@dataclass(frozen=True, slots=True)
class Texts:
    """The file after the change, before it, and now; None where it was not there."""

    after: bytes | None
    before: bytes | None
    now: bytes | None


def taken_back(texts: Texts, file: str) -> str | Missing:
    """The text of today with the fields of the change as they were; a Missing says why that cannot be."""
    after, before, now = (_data(text, file) for text in (texts.after, texts.before, texts.now))
    if texts.before is None:
        return Missing("the commit created it, and later commits changed it")
    if texts.now is None or now is None:
        return Missing("a later commit removed it")
    if after is None or before is None:
        return Missing("it cannot be read as it was then")
    text = texts.now.decode()
    clashes = []
    for field in {**after, **before}:
        old, made, present = (each.get(field) for each in (before, after, now))
        if old == made or present == old:
            continue
        if present != made:
            clashes.append(f"`{field}` was made {_told(made)}, and is {_told(present)} since")
            continue
        try:
            text = set_field(text, field, old, after="model" if field == "strategy" else None)
        except InvalidInput as error:
            return Missing(error.problems[0].what)
    return Missing("; ".join(clashes)) if clashes else text


def _told(value: Json) -> str:
    return "absent" if value is None else flow(value)


def _data(text: bytes | None, file: str) -> Mapping[str, Json] | None:
    source = None if text is None else parse(file, text)
    return source.data if isinstance(source, Source) and isinstance(source.data, Mapping) else None
