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
    choices = properties if "strategy" in properties else properties["defaults"]["properties"]
    choices["strategy"] = _strategy(catalogue.strategies)
    choices["explainer"] = {
        "description": "What explains predictions: " + _listing(catalogue.explainers),
        "enum": sorted(catalogue.explainers),
    }
    choices["detectors"] = {
        "description": "What watches the requests: " + _listing(catalogue.detectors),
        "type": "array",
        "uniqueItems": True,
        "items": {"enum": sorted(catalogue.detectors)},
    }
    result["$defs"]["commit"] = {"type": "string", "pattern": "^[0-9a-f]{32}$", "format": "commit"}
    return result


def dump(schema: Json) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _strategy(strategies: Mapping[str, Json]) -> Json:
    kind = {
        "description": "How traffic is shared: " + _listing(strategies),
        "enum": sorted(strategies),
    }
    return {
        "description": "How the release takes its traffic.",
        "type": "object",
        "required": ["type"],
        "properties": {"type": kind},
        "allOf": [_fields(name, about) for name, about in sorted(strategies.items())],
    }


def _fields(name: str, about: Json) -> Json:
    """What one strategy takes: applies when `type` names it."""
    return {
        "if": {"type": "object", "properties": {"type": {"const": name}}, "required": ["type"]},
        "then": {
            "title": f"{name} strategy",
            "description": about["description"],
            "required": about["required"],
            "additionalProperties": False,
            "properties": {"type": True, **about["fields"]},
        },
    }


def _listing(choices: Mapping[str, Json]) -> str:
    return (
        "; ".join(f"{name}: {about['description'].rstrip('.')}" for name, about in sorted(choices.items()))
        + "."
    )
