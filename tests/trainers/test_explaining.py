"""The served explainer: one row gets one explanation, whatever was asked before it or is asked beside it."""

from __future__ import annotations

import asyncio
import json

import joblib
import numpy as np
import pytest
from alibi.saving import load_explainer
from mlserver import ModelSettings
from mlserver.codecs import NumpyRequestCodec
from mlserver.settings import ModelParameters

from trainers.common.encode import encode
from trainers.common.table import read_holdout
from trainers.serving.explaining import Repeatable, seed


@pytest.fixture
def explained(v1, datasets):
    """explained(numbers of rows) -> what the explainer answers about each, asked at the same time."""
    extra = {"explainer_type": "anchor_tabular", "infer_uri": "http://127.0.0.1/v2/models/income/infer"}
    parameters = ModelParameters(uri=str(v1 / "explainer"), extra=extra)
    name = "trainers.serving.explaining.Repeatable"
    served = Repeatable(ModelSettings(name="income", implementation=name, parameters=parameters))
    served._model = load_explainer(v1 / "explainer", joblib.load(v1 / "model.joblib").predict)
    rows = encode(read_holdout(datasets / "holdout.csv"), json.loads((v1 / "schema.json").read_text()))

    async def ask(numbers):
        requests = [NumpyRequestCodec.encode_request(rows[[number]]) for number in numbers]
        return await asyncio.gather(*map(served.predict, requests))

    return lambda *numbers: [
        json.loads(answer.outputs[0].data[0])["data"] for answer in asyncio.run(ask(numbers))
    ]


def test_the_same_question_gets_the_same_reasons(explained):
    alone = explained(3)
    beside = explained(0, 3, 1, 3, 2)
    assert explained(3) == alone == [beside[1]] == [beside[3]]
    assert len({json.dumps(answer["raw"]["instance"]) for answer in beside}) == 4


def test_a_row_is_its_values():
    row = np.array([[39, 7, 9]])
    assert seed(row) == seed(row.astype(float)) == seed(np.vstack([row, row + 1]))
    assert seed(row) != seed(row + 1)
    assert seed(["a text"]) == seed(["a text"]) != seed(["another"])
