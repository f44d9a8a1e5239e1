"""`python -m trainers.evaluation.evaluate DATA.csv HOLDOUT.csv TRAINING OUT --card CARD`: write OUT/evidence.

TRAINING holds model.joblib and schema.json; CARD is the card's template, `-` for standard input. The commits
of the data come from the environment as Pachyderm sets it: income_data_COMMIT for /pfs/income_data/data.csv.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import joblib

from trainers.common.encode import encode, names
from trainers.common.errors import InvalidData, run
from trainers.common.files import read_json, write_json
from trainers.common.table import read_holdout, read_training
from trainers.evaluation.card import complete, read_card, write_card
from trainers.evaluation.groups import groups
from trainers.evaluation.performance import kept_placements, kept_scores, metrics
from trainers.evaluation.profile import profile


def evaluate(data: Path, holdout: Path, training: Path, template: dict[str, Any]) -> dict[str, Any]:
    """Evidence by file name, less its ending."""
    table, held = read_training(data), read_holdout(holdout)
    schema, model = read_json(training / "schema.json"), joblib.load(training / "model.joblib")
    matrix = encode(held, schema)
    scores = model.predict_proba(matrix)[:, 1]
    evidence: dict[str, Any] = {
        "metrics": metrics(model, schema, matrix, held.labels, scores),
        "groups": groups(held, names(schema), scores),
        "data-profile": profile(table, held),
    }
    commits = {"training_data": commit_of(data), "holdout": commit_of(holdout)}
    digest = evidence["data-profile"]["holdout"]["sha256"]
    evidence["holdout-scores"] = kept_scores(held.labels, scores, digest)
    evidence["placements"] = kept_placements(held.labels, scores, digest)
    evidence["card"] = complete(template, evidence, commits, names(schema))
    return evidence


def commit_of(file: Path) -> str | None:
    """Of the input that holds the file; None for a file of another kind of folder."""
    return os.environ.get(f"{file.parent.name}_COMMIT") or None


def write(evidence: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("metrics", "groups", "data-profile", "placements"):
        write_json(folder / f"{name}.json", evidence[name])
    write_json(folder / "holdout-scores.json", evidence["holdout-scores"], compact=True)
    write_card(folder / "card.yaml", evidence["card"])


def card_text(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidData.at(f"{path}:1", str(error), "give the path of the card's template") from error


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainers.evaluation.evaluate", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("holdout", type=Path)
    parser.add_argument("training", type=Path, help="folder with model.joblib and schema.json")
    parser.add_argument("out", type=Path)
    parser.add_argument("--card", required=True, help="the card's template, - for standard input")
    options = parser.parse_args(arguments)
    template = read_card(card_text(options.card), "card" if options.card == "-" else options.card)
    evidence = evaluate(options.data, options.holdout, options.training, template)
    write(evidence, options.out / "evidence")
    measured = evidence["metrics"]
    rows = measured["holdout"]["rows"]
    print(f"ROC AUC {measured['roc_auc']:.4f}, accuracy {measured['accuracy']:.4f} on {rows:,} holdout rows")


if __name__ == "__main__":
    run(main)
