"""Changes a release file, or writes a new one, and leaves everything else in it as people wrote it."""

from __future__ import annotations

from collections.abc import Mapping

from releasectl.errors import InvalidInput
from releasectl.model import CommitId, Json
from releasectl.yamledit import has_comment, set_field
from releasectl.yamlsource import span

HEADER = "# yaml-language-server: $schema=../release.schema.json\n"


def path_of(environment: str, name: str) -> str:
    """The file of a release, relative to the root."""
    return f"releases/{environment}/{name}.yaml"


def create(*, name: str, owner: str, model: CommitId) -> str:
    """A release that leaves everything it can to the defaults of its environment."""
    return f"{HEADER}name: {name}\nowner: {owner}\nmodel: {_quoted(model)}\n"


def set_model(text: str, commit: CommitId) -> str:
    """The same text, serving another commit: comments, order, quotes and line endings stay."""
    place = span(text, "/model")
    if place is None:
        raise InvalidInput.at("release file", "the field `model` is missing", "add `model:` with any commit")
    start, end = place
    return text[:start] + _quoted(commit) + text[end:]


def set_strategy(text: str, strategy: Mapping[str, Json], default: str) -> str:
    """The same text with another strategy. A bare one that the environment (`default`) chooses anyway goes
    without saying, so that what begins and ends a trial leaves no trace; a comment keeps it where it is.
    """
    bare = strategy == {"type": default}
    return set_field(
        text, "strategy", None if bare and not has_comment(text, "strategy") else strategy, after="model"
    )


def _quoted(commit: CommitId) -> str:
    """Quoted only where another YAML reader might see a number in the hex digits."""
    return f'"{commit}"' if commit.isdigit() or commit.replace("e", "", 1).isdigit() else commit
