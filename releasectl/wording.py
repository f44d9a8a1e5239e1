"""What jsonschema's errors say, in words that teach; one function per keyword of a schema."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from releasectl.formats import FORMATS
from releasectl.letters import visible
from releasectl.model import Json
from releasectl.yamlsource import MOST, escape

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Said = tuple[str, str, str]  # (pointer, what, remedy)


class Failure(NamedTuple):
    """What the validator says: `keyword` of `schema` wants `wanted` and found something else at `pointer`."""

    pointer: str
    keyword: str
    wanted: Any
    found: Any
    schema: Mapping[str, Any]
    message: str
    needed: bool  # the field may not be left out

    @property
    def field(self) -> str:
        """The field's name, or `list[2]` for an item, as the beginning of a sentence."""
        steps = self.pointer.split("/")[1:]
        index = f"[{steps.pop()}]" if len(steps) > 1 and steps[-1].isdecimal() else ""
        return f"`{steps[-1]}{index}`: " if steps else ""


def explain(error: ValidationError) -> Iterator[Said]:
    pointer = "".join(f"/{escape(str(step))}" for step in error.absolute_path)
    part = error.schema if isinstance(error.schema, Mapping) else {}
    keyword = str(error.validator)
    needed = bool(getattr(error, "needed", False))
    failure = Failure(pointer, keyword, error.validator_value, error.instance, part, error.message, needed)
    for below, what, remedy in _EXPLAIN.get(keyword, _other)(failure):
        yield pointer + below, what, remedy


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words, or all of them."""
    words = sorted(known)
    if found := nearest(word, words):
        return f"did you mean `{found}`?"
    return f"known: {', '.join(words)}" if words else "nothing is known here"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; capitals make no difference."""
    words = {each.lower(): each for each in sorted(known)}
    near = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return words[near[0]] if near else None


def quote(word: str) -> str:
    """A name in backticks; letters that only look like ASCII are shown by their code."""
    return f"`{visible(word)}`"


def _unknown_field(failure: Failure) -> Iterator[Said]:
    known = failure.schema.get("properties", {})
    elsewhere = failure.schema.get("x-elsewhere", {})
    owner = failure.schema.get("title", "")
    for key in _strangers(failure):
        remedy = did_you_mean(key, known)
        if key in elsewhere:
            remedy = f"remove it, or choose one of {', '.join(elsewhere[key])}: they take `{key}`"
        of = f" of {_one(owner)}" if owner else ""
        yield f"/{escape(key)}#", f"unknown field {quote(key)}{of}", remedy


def _strangers(failure: Failure) -> list[str]:
    return [key for key in failure.found if key not in failure.schema.get("properties", {})]


def _missing_field(failure: Failure) -> Iterator[Said]:
    known = failure.schema.get("properties", {})
    misspelt = {did_you_mean(key, known) for key in _strangers(failure)[:MOST]}  # told, as unknown fields
    for key in failure.wanted:
        if key not in failure.found and did_you_mean(key, [key]) not in misspelt:
            about = _description(failure.schema.get("properties", {}).get(key))
            owner = failure.schema.get("title", "")
            what = f"{_one(owner)} needs the field `{key}`" if owner else f"the field `{key}` is missing"
            yield "", what, f"add `{key}:`" + (f" ({about})" if about else "")


def _one(owner: str) -> str:
    return f"{'an' if owner[0] in 'aeiou' else 'a'} {owner}"


def _type(failure: Failure) -> Iterator[Said]:
    kinds = [failure.wanted] if isinstance(failure.wanted, str) else failure.wanted
    wanted = " or ".join(_TYPES[kind] for kind in kinds)
    what = f"{failure.field}found {kind_of(failure.found)}, wanted {wanted}"
    yield "", what, _type_remedy(failure, kinds)


def _type_remedy(failure: Failure, kinds: list[str]) -> str:
    about = _description(failure.schema)
    if failure.found is None:
        fill = "fill the field in" if failure.needed else "fill the field in, or remove it"
        return fill + (f" ({about})" if about else "")
    if "string" in kinds and isinstance(failure.found, bool | int | float):
        return "put it in quotes if it is meant as text" + (f" ({about})" if about else "")
    if {"integer", "number"} & set(kinds) and isinstance(failure.found, str | bool):
        plain = "a plain number such as" if "number" in kinds else "digits only, as in"
        return f"write {plain} 10, without quotes or units"
    if "integer" in kinds and isinstance(failure.found, float):
        return "write digits only, as in 10, without a point"
    if "array" in kinds:
        return "write a list: `[first, second]`"
    if "object" in kinds:
        return "write fields below it, each on its own line as `field: value`"
    return about or "see releases/README.md"


def _pattern(failure: Failure) -> Iterator[Said]:
    explain = FORMATS.get(failure.schema.get("format", ""))
    if explain is None:
        yield "", f"{failure.field}{kind_of(failure.found)} does not fit", f"wanted: {failure.wanted}"
        return
    what, remedy = explain(failure.found)
    yield "", f"{failure.field}{what}", remedy


def _enum(failure: Failure) -> Iterator[Said]:
    known = [str(value) for value in failure.wanted]
    what = f"{failure.field}{kind_of(failure.found)} is not one of {', '.join(known)}"
    elsewhere = failure.schema.get("x-elsewhere", {}).get(str(failure.found))
    if elsewhere:
        remedy = f"write it in {elsewhere}"
    else:
        remedy = did_you_mean(failure.found, known) if isinstance(failure.found, str) else "write one of them"
    yield "", what, remedy


def _const(failure: Failure) -> Iterator[Said]:
    wanted = json.dumps(failure.wanted)
    yield "", f"{failure.field}found {kind_of(failure.found)}, wanted {wanted}", f"write {wanted}"


def _bound(failure: Failure) -> Iterator[Said]:
    words = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
    limit = f"{words[failure.keyword]} {failure.wanted}"
    yield "", f"{failure.field}{failure.found} is out of range", f"write {limit}"


def _length(failure: Failure) -> Iterator[Said]:
    explain = FORMATS.get(failure.schema.get("format", ""))
    length = len(failure.found)
    if explain is not None and failure.keyword == "maxLength":
        reason = explain(failure.found)[1]
        what = f"{length} characters, at most {failure.wanted} are possible"
        yield "", f"{failure.field}{what}", reason
    elif length == 0:
        yield "", f"{failure.field}is empty", _description(failure.schema) or "fill it in"
    else:
        few = failure.keyword in ("minLength", "minItems", "minProperties")
        bound = f"{'at least' if few else 'at most'} {failure.wanted}"
        yield "", f"{failure.field}{length} of them", f"give {bound}"


def _repeated(failure: Failure) -> Iterator[Said]:
    seen: set[str] = set()
    for index, item in enumerate(failure.found):
        if (written := as_written(item)) in seen:
            yield f"/{index}", f"{failure.field}{kind_of(item)} is listed twice", "list it once"
        seen.add(written)


def as_written(value: Json) -> str:
    """The same for values that are the same."""
    return json.dumps(value, sort_keys=True)


def _other(failure: Failure) -> Iterator[Said]:
    yield (
        "",
        f"{failure.field}{failure.message}",
        _description(failure.schema) or "see the schema of this file",
    )


def kind_of(value: Json) -> str:
    if isinstance(value, bool) or value is None:
        return {None: "nothing", True: "`true`", False: "`false`"}[value]
    if isinstance(value, str):
        return f"the text {quote(value if len(value) <= 60 else value[:57] + '...')}"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "a block of fields"


def _description(part: Any) -> str:
    text = part.get("description", "") if isinstance(part, Mapping) else ""
    return str(text).rstrip(".")


_TYPES: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a block of fields",
    "boolean": "true or false",
    "null": "nothing",
}

_EXPLAIN: Final[Mapping[str, Callable[[Failure], Iterator[Said]]]] = {
    "additionalProperties": _unknown_field,
    "required": _missing_field,
    "type": _type,
    "pattern": _pattern,
    "enum": _enum,
    "const": _const,
    "minimum": _bound,
    "maximum": _bound,
    "exclusiveMinimum": _bound,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _length,
    "maxItems": _length,
    "minProperties": _length,
    "uniqueItems": _repeated,
}
