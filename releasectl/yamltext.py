"""Writes JSON values as YAML text: block style, keys in the order given, the same bytes on every machine."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from releasectl.model import Json

# PyYAML quotes what it would not read as text; Kubernetes and editors see more numbers, and words in y and n.
_NOT_TEXT_TO_OTHERS: Final = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|[yYnN]"
)


class _Dumper(yaml.CSafeDumper):
    """Never writes an anchor: equal parts are written out, as `yamlsource` demands."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _represent_text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "'" if _NOT_TEXT_TO_OTHERS.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def dump_yaml(value: Json) -> str:
    """`value` as one YAML document."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**20)
    return text
