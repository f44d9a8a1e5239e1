"""Of a file with more faults than anybody reads the first are told, and that there are more, in a moment."""

from __future__ import annotations

import pytest

from releasectl.model import Source
from releasectl.reading import validated
from releasectl.yamlsource import MOST
from tests.builder import MODEL

RELEASE = f"name: income\nowner: credit-ml\nmodel: {MODEL}\n"
MANY = 20_000
BAD = {
    "a mixed list": RELEASE + "detectors: [" + "a,1,{}," * MANY + "]\n",
    "one field for ever": RELEASE + "a: 1\n" * MANY,
    "only strangers": "".join(f"k{number}: 1\n" for number in range(MANY)),
    "lists": RELEASE + "detectors: [" + ",".join(f"[{number}]" for number in range(MANY)) + "]\n",
}


@pytest.mark.parametrize("case", BAD)
def test_a_hundred_faults_are_told_and_that_there_are_more(case: str) -> None:
    found = validated("releases/staging/income.yaml", BAD[case].encode(), "releases/release.schema.json")
    assert not isinstance(found, Source)
    assert len(found) == MOST + 1
    assert f"more faults than the {MOST} that are told" in found[-1].what


def test_one_entry_without_anything_is_no_hundred_faults() -> None:
    found = validated("policies/waivers.yaml", b"waivers:\n- {}\n", "policies/waivers.schema.json")
    assert not isinstance(found, Source)
    assert {problem.what.partition("`")[0] for problem in found} == {"a waiver needs the field "}
