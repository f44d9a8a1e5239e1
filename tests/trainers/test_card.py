"""The card: the template is checked before anything is measured, and vouches only for bytes it knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainers.common.errors import InvalidData
from trainers.evaluation.card import complete, provenance, read_card
from trainers.evaluation.evaluate import commit_of

TEMPLATE = (Path(__file__).parents[2] / "pipelines/income/card.yaml").read_text()


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidData) as caught:
        read_card(text, "card.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_the_committed_template_is_complete():
    assert read_card(TEMPLATE, "card.yaml")["owner"] == "credit-ml"


def test_what_is_missing_is_named():
    assert problems(TEMPLATE.replace("contact:", "kontact:")) == [
        "error: card.yaml:1: the card's template has no `contact` (str) -> say it there"
    ]


def test_not_yaml_has_its_line():
    assert problems("name: income\nowner: [\n")[0].startswith("error: card.yaml:3: not YAML")


@pytest.mark.parametrize("text", ["", "- a\n", "text\n"])
def test_not_a_mapping(text):
    assert "is not a mapping" in problems(text)[0]


def test_nobody_vouches_for_other_bytes():
    card = read_card(TEMPLATE, "card.yaml")
    known = card["datasets"][1]
    assert provenance(card, known["sha256"])["supplier"] == "Lookalike Data Ltd"
    assert provenance(card, "0" * 64) is None


def test_commits_are_null_outside_pachyderm():
    described = {"file": "data.csv", "sha256": "0" * 64, "rows": 1, "label_rate": 0.5}
    evidence = {
        "data-profile": {"training": described, "holdout": described},
        "metrics": {"roc_auc": 0.9, "format": "x"},
    }
    commits = {"training_data": "c" * 32, "holdout": None}
    card = complete(read_card(TEMPLATE, "card.yaml"), evidence, commits, ["age"])
    assert (card["training_data"]["commit"], card["holdout"]["commit"]) == ("c" * 32, None)
    assert card["metrics"] == {"roc_auc": 0.9}
    assert "datasets" not in card


def test_a_commit_is_that_of_the_input_whatever_family_it_is_of(monkeypatch):
    monkeypatch.setenv("churn_data_COMMIT", "c" * 32)
    monkeypatch.setenv("income_data_COMMIT", "1" * 32)
    found = [commit_of(Path(file)) for file in ("/pfs/churn_data/data.csv", "/tmp/data.csv", "data.csv")]
    assert found == ["c" * 32, None, None]
