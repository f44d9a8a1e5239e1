"""Completes the schemas of releases and environments with what the catalogue knows: one source for enums."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping

from generators.catalogue import Catalogue
from releasectl.model import Json

RELEASE_SCHEMA = "releases/release.schema.json"
ENVIRONMENT_SCHEMA = "environments/environment.schema.json"


def complete(schema: Json, catalogue: Catalogue) -> Json:
    """`schema` with the choices filled in: of a release itself, or of an environment's defaults."""
    result = copy.deepcopy(schema)
    properties = result["properties"]
    of_release = "strategy" in properties
    choices = properties if of_release else properties["defaults"]["properties"]
    choices["strategy"] = _strategy(catalogue.strategies) if of_release else _default(catalogue.strategies)
    choices["explainer"] = {"description": "What explains predictions.", **_choice(catalogue.explainers)}
    choices["detectors"] = {
        "description": "What watches the requests.",
        "type": "array",
        "uniqueItems": True,
        "items": _choice(catalogue.detectors),
    }
    result["$defs"]["commit"] = {"type": "string", "pattern": "^[0-9a-f]{32}$", "format": "commit"}
    return result


def dump(schema: Json) -> str:
    """A schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _strategy(strategies: Mapping[str, Json]) -> Json:
    return {
        "description": "How the release takes its traffic.",
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"description": "How traffic is shared.", **_choice(strategies)}},
        "allOf": [_fields(name, strategies) for name in sorted(strategies)],
    }


def _default(strategies: Mapping[str, Json]) -> Json:
    """Without trials: what begins and ends one is a change of its release file, whose history is its past."""
    trials = {name for name, about in strategies.items() if "candidate" in about["fields"]}
    result = _strategy({name: about for name, about in strategies.items() if name not in trials})
    where = "the release file: a trial is of one release, and its past is told by that file"
    result["properties"]["type"]["x-elsewhere"] = dict.fromkeys(sorted(trials), where)
    return result


def _fields(name: str, strategies: Mapping[str, Json]) -> Json:
    """What one strategy takes when `type` names it; `x-elsewhere` serves the message to who mixes them up."""
    about = strategies[name]
    elsewhere = {
        field: [other for other in sorted(strategies) if field in strategies[other]["fields"]]
        for each in strategies.values()
        for field in each["fields"]
        if field not in about["fields"]
    }
    return {
        "if": {"type": "object", "properties": {"type": {"const": name}}, "required": ["type"]},
        "then": {
            "title": f"{name} strategy",
            "description": about["description"],
            "required": about["required"],
            "additionalProperties": False,
            "properties": {"type": True, **about["fields"]},
            "x-elsewhere": dict(sorted(elsewhere.items())),
        },
    }


def _choice(choices: Mapping[str, Json]) -> Json:
    """One of the names; editors show the descriptions beside them."""
    names = sorted(choices)
    return {"enum": names, "enumDescriptions": [choices[name]["description"] for name in names]}
