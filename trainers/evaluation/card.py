"""`card.yaml`: what people say of the model (the template in pipelines/), completed by what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from trainers.common.errors import InvalidData, Problem
from trainers.common.files import rounded

Card = dict[str, Any]
Evidence = Mapping[str, Any]

# What the template has to say; whether it says enough is for a policy rule to judge.
SAID: dict[str, type] = {
    "name": str,
    "owner": str,
    "contact": str,
    "tier": int,
    "purpose": str,
    "out_of_scope": list,
    "limitations": list,
    "human_oversight": dict,
    "reasons": dict,
    "datasets": list,
}


def read_card(text: str, where: str) -> Card:
    try:
        card = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        what = f"not YAML: {getattr(error, 'problem', None) or error}"
        raise InvalidData.at(f"{where}:{line}", what, "correct the card's template") from error
    if not isinstance(card, dict):
        what = "the card's template is not a mapping"
        raise InvalidData.at(f"{where}:1", what, f"give it {', '.join(SAID)}")
    problems = [
        Problem(f"{where}:1", f"the card's template has no `{key}` ({kind.__name__})", "say it there")
        for key, kind in SAID.items()
        if not isinstance(card.get(key), kind)
    ]
    if problems:
        raise InvalidData(*problems)
    return card


def complete(card: Card, evidence: Evidence, commits: Mapping[str, str | None], features: list[str]) -> Card:
    """The template without its list of datasets, and with: which data, from whom, and how good."""
    profile, metrics = evidence["data-profile"], evidence["metrics"]
    trained = data(profile["training"], commits["training_data"])
    trained["provenance"] = provenance(card, profile["training"]["sha256"])
    return {
        "format": "card/1",
        **{key: value for key, value in card.items() if key != "datasets"},
        "features": features,
        "training_data": trained,
        "holdout": data(profile["holdout"], commits["holdout"]),
        "metrics": {name: value for name, value in metrics.items() if isinstance(value, float)},
    }


def data(described: Mapping[str, Any], commit: str | None) -> Card:
    return {"commit": commit, **{key: described[key] for key in ("file", "sha256", "rows", "label_rate")}}


def provenance(card: Card, digest: str) -> Card | None:
    """The template's entry for these very bytes, or None: a dataset that nobody has vouched for."""
    for dataset in card["datasets"]:
        if isinstance(dataset, dict) and dataset.get("sha256") == digest:
            return {key: value for key, value in dataset.items() if key != "sha256"}
    return None


def write_card(path: Path, card: Card) -> None:
    text = yaml.safe_dump(rounded(card), sort_keys=False, allow_unicode=True, width=110)
    path.write_text(text, encoding="utf-8")
