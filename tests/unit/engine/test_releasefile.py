from __future__ import annotations

import pytest

from releasectl import releasefile
from releasectl.errors import InvalidInput
from releasectl.model import Source
from releasectl.reading import validated
from releasectl.yamlsource import BYTE_ORDER_MARK
from tests.builder import CANDIDATE, MODEL


@pytest.mark.parametrize(
    "line",
    [
        "model: {}",
        "model:   {}   # trained by Ada",
        "model: '{}'",
        'model: "{}" # quoted',
        "model:\n  {}",
        '"model": {}',
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", BYTE_ORDER_MARK], ids=["", "byte-order-mark"])
def test_only_the_commit_changes(line: str, ending: str, start: str) -> None:
    text = f"{start}# who: us\nname: income  # é\n{line}\n\nowner: credit-ml\n# model: old\n".replace(
        "\n", ending
    )
    changed = releasefile.set_model(text.format(MODEL), CANDIDATE)
    assert changed == text.format(MODEL).replace(f"'{MODEL}'", MODEL).replace(f'"{MODEL}"', MODEL).replace(
        MODEL, CANDIDATE
    )


def test_a_new_release_passes_its_schema() -> None:
    text = releasefile.create(name="income", owner="credit-ml", model=MODEL)
    source = validated("releases/staging/income.yaml", text.encode(), "releases/release.schema.json")
    assert isinstance(source, Source)
    assert source.data == {"name": "income", "owner": "credit-ml", "model": MODEL}


@pytest.mark.parametrize("commit", ["1" * 32, "1" * 30 + "e1"])
def test_a_commit_that_looks_like_a_number_is_quoted(commit: str) -> None:
    assert f'model: "{commit}"\n' in releasefile.create(name="income", owner="credit-ml", model=commit)


def test_without_a_model_there_is_nothing_to_change() -> None:
    with pytest.raises(InvalidInput, match="`model` is missing"):
        releasefile.set_model("name: income\n", MODEL)


@pytest.mark.parametrize("start", ["", BYTE_ORDER_MARK], ids=["", "byte-order-mark"])
def test_a_trial_begins_and_ends_without_a_trace(start: str) -> None:
    text = f"{start}name: income\nmodel: {MODEL}\nowner: credit-ml\n"
    begun = releasefile.set_strategy(text, {"type": "shadow", "candidate": CANDIDATE}, "direct")
    assert (
        begun
        == f"{start}name: income\nmodel: {MODEL}\nstrategy:\n  type: shadow\n  candidate: {CANDIDATE}\n"
        + ("owner: credit-ml\n")
    )
    assert releasefile.set_strategy(begun, {"type": "direct"}, "direct") == text
    by_default_another = releasefile.set_strategy(begun, {"type": "direct"}, "another")
    assert by_default_another == text.replace("owner", "strategy:\n  type: direct\nowner")
