"""`python -m trainers.income.train DATA.csv OUT`: write OUT/model.joblib and OUT/schema.json.

The model holds scikit-learn classes only, so a stock MLServer loads it without our code.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import joblib
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from trainers.common.encode import Schema, categorical, encode, numeric, schema_of
from trainers.common.errors import run
from trainers.common.files import write_json
from trainers.common.table import read_training


def build(schema: Schema) -> Pipeline:
    """One-hot inside, then 120 small trees: see the comparison in trainers/README.md.

    Not the histogram variety: its threads wait for each other in every prediction, a second on a busy host.
    """
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer(
        [("numbers", "passthrough", numeric(schema)), ("categories", one_hot, sorted(categorical(schema)))]
    )
    trees = GradientBoostingClassifier(
        n_estimators=120, learning_rate=0.25, max_depth=3, min_samples_leaf=20, random_state=0
    )
    return Pipeline([("columns", columns), ("trees", trees)])


def train(data: Path, out: Path) -> None:
    table = read_training(data)
    schema = schema_of(table)
    model = build(schema).fit(encode(table, schema), table.labels)
    out.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, out / "model.joblib")
    write_json(out / "schema.json", schema)
    print(f"trained on {len(table):,} rows, {len(schema['features'])} features")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="trainers.income.train", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    train(options.data, options.out)


if __name__ == "__main__":
    run(main)
