"""The page of a rule, told from its record alone: of whatever judge it is, nothing of it is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator

from releasectl.policy import Described, Looser, Parameter, show

_SHAPED = re.compile(r"^(?:\s|[-*|>`]|\d+\.)", re.MULTILINE)


def as_text(described: Described) -> str:
    """Paragraphs are one line each, whatever their source looks like: who shows them knows the width."""
    found = described.rule
    return "\n".join([f"{found.id}: {found.title}", "", _flowing(described.page), "", *_facts(described)])


def _flowing(page: str) -> str:
    """Lists and what is indented stay as they are."""
    paragraphs = page.split("\n\n")
    return "\n\n".join(text if _SHAPED.search(text) else text.replace("\n", " ") for text in paragraphs)


def as_markdown(described: Described) -> str:
    found = described.rule
    parts = [
        f"# {found.id}: {found.title}",
        described.page,
        "\n".join(f"- {line}" for line in _record(described)),
    ]
    if found.parameters:
        parts.append(
            "## Parameters\n\n" + "\n".join(f"- {line}" for line in map(_parameter, found.parameters))
        )
    parts.append(f"## Remedy\n\n{found.remedy.advice}")
    for title, example in (("Before", found.remedy.before), ("After", found.remedy.after)):
        parts.append(f"{title}:\n\n```yaml\n{example}\n```")
    return "\n\n".join(parts)


def _facts(described: Described) -> Iterator[str]:
    found = described.rule
    yield from _record(described)
    if found.parameters:
        yield from ("", "Parameters:", *(f"  {_parameter(each)}" for each in found.parameters))
    yield from ("", f"Remedy: {found.remedy.advice}")
    for title, example in (("before", found.remedy.before), ("after", found.remedy.after)):
        yield from (f"  {title}:", *(f"    {line}" for line in example.splitlines()))


def _record(described: Described) -> Iterator[str]:
    found = described.rule
    yield f"Severity: {found.severity}; unless an environment says otherwise: {found.default}"
    yield f"Looks at: {', '.join(found.needs)}"
    yield f"Waivable: {found.waivable}"
    yield from (f"Authority: {authority}" for authority in found.authority)
    yield f"Owner: {found.owner}; since version {found.since}; {described.file}"


def _parameter(parameter: Parameter) -> str:
    about = "; ".join(filter(None, (parameter.about, _bounds(parameter), _looser(parameter))))
    return f"{parameter.name}: {show(parameter.default)} ({about})"


def _bounds(parameter: Parameter) -> str:
    """What an environment may set it to."""
    if parameter.choices:
        return f"of {', '.join(parameter.choices)}"
    low, high = parameter.least, parameter.most
    told = [f"from {show(low)}" if low is not None else "", f"to {show(high)}" if high is not None else ""]
    return " ".join(filter(None, told))


def _looser(parameter: Parameter) -> str:
    """In which direction it lets more pass."""
    up = parameter.looser is Looser.UP
    if isinstance(parameter.default, tuple):
        word = "more" if up else "fewer"
    elif isinstance(parameter.default, bool):
        word = "true" if up else "false"
    else:
        word = "higher" if up else "lower"
    return f"{word} is looser"
