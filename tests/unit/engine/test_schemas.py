from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from generators.catalogue import catalogue
from generators.schemas import ENVIRONMENT_SCHEMA, RELEASE_SCHEMA, complete, dump
from releasectl import lock as locks
from releasectl.model import Source
from releasectl.reading import CARD_SCHEMA, FEATURES_SCHEMA, KINDS, checker_of, validated
from releasectl.repo import ENGINE
from releasectl.schema import checker, schema
from tests.builder import CANDIDATE, DATASET, FEATURES, MODEL, PLATFORM, environment_yaml, make_lock
from tests.policy_cases import ROOT as CASES
from tests.strategies import json_values

DOCUMENTS: dict[str, Any] = {
    "releases/lock.schema.json": yaml.safe_load(locks.dump(make_lock())),
    RELEASE_SCHEMA: {
        "name": "income",
        "owner": "credit-ml",
        "model": MODEL,
        "strategy": {"type": "canary", "candidate": CANDIDATE, "traffic": 10},
        "detectors": ["drift"],
        "replicas": 2,
    },
    ENVIRONMENT_SCHEMA: yaml.safe_load(environment_yaml("staging")),
    "environments/platform.schema.json": yaml.safe_load(PLATFORM),
    "environments/policy.schema.json": {
        "rules": {
            "LOG-001": "warn",
            "DUP-001": {"strictness": "deny", "parameters": {"share": 0.4}, "waivable": False},
        }
    },
    "releases/revoked.schema.json": {
        "revoked": [
            {"commit": DATASET, "reason": "bought labels", "owner": "credit-risk", "date": "2026-11-24"}
        ]
    },
    "pipelines/images.schema.json": {"income": "creditco/income-trainer:1.0.0"},
    "pipelines/training.schema.json": {"repo": "income_data", "branch": "master", "commit": DATASET},
    CARD_SCHEMA: yaml.safe_load((ENGINE / "pipelines/income/card.yaml").read_text()),
    "releases/comparison.schema.json": yaml.safe_load((CASES / "evidence/comparison.yaml").read_text()),
    "policies/waivers.schema.json": {
        "waivers": [
            {
                "rule": "DATA-001",
                "release": "income",
                "environment": "staging",
                "fingerprint": "0123456789abcdef",
                "reason": "the columns were approved for a trial",
                "owner": "credit-ml",
                "approver": "data-stewards",
                "ticket": "RISK-1",
                "created": "2026-11-01",
                "expires": "2026-12-01",
            }
        ]
    },
    FEATURES_SCHEMA: FEATURES,
}


SCHEMAS = sorted(DOCUMENTS)


def test_every_kind_of_file_has_a_sample_here() -> None:
    assert {kind.schema for kind in KINDS} <= set(SCHEMAS)


@pytest.mark.parametrize("path", SCHEMAS)
def test_schemas_are_schemas_and_compile(path: str) -> None:
    Draft202012Validator.check_schema(schema(path))
    check = checker_of(path)
    assert check.accept(DOCUMENTS[path])
    assert check.validator.is_valid(DOCUMENTS[path])


@pytest.mark.parametrize("path", SCHEMAS)
def test_every_field_is_described(path: str) -> None:
    described = json.loads(json.dumps(checker_of(path).validator.schema))
    for name, field in described.get("properties", {}).items():
        assert field.get("description"), f"{path}: {name}"


@pytest.mark.parametrize("path", [RELEASE_SCHEMA, ENVIRONMENT_SCHEMA])
def test_committed_schemas_offer_what_the_generators_do(path: str) -> None:
    assert (ENGINE / path).read_text() == dump(complete(schema(path), catalogue())), "run `releasectl render`"


def pointers(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(below for key, item in items for below in pointers(item, (*at, key)))]


@given(st.data())
@settings(max_examples=300)
def test_a_quick_yes_is_never_laxer_than_jsonschema(data: st.DataObject) -> None:
    """Break a good document somewhere: what is accepted at once, jsonschema accepts too."""
    path = data.draw(st.sampled_from(SCHEMAS))
    document = copy.deepcopy(DOCUMENTS[path])
    *above, last = data.draw(st.sampled_from(pointers(document)[1:]))
    parent = document
    for step in above:
        parent = parent[step]
    match data.draw(st.sampled_from(["drop", "replace", "add", "edit"])):
        case "drop":
            parent.pop(last)
        case "add" if isinstance(parent, dict):
            parent[data.draw(st.sampled_from(["type", "candidate", "traffic", "mirror", "x"]))] = parent[last]
        case "edit" if isinstance(parent[last], str):
            parent[last] += data.draw(st.sampled_from(["\n", " ", "a", "A", "0"]))
        case _:
            parent[last] = data.draw(json_values)
    check = checker_of(path)
    if check.accept(document):
        assert check.validator.is_valid(document)


def test_a_newline_at_the_end_does_not_slip_through() -> None:
    text = f'name: income\nowner: credit-ml\nmodel: "{MODEL}\\n"\n'
    (problem,) = validated("releases/staging/income.yaml", text.encode(), RELEASE_SCHEMA)  # type: ignore[misc]
    assert problem.what == f"`model`: `{MODEL}\\n` is not a commit: `\\n` is not a hex digit"


def test_an_unknown_keyword_cannot_be_accepted_quickly() -> None:
    with pytest.raises(KeyError, match="not"):
        checker({"not": {"type": "string"}}, {})


@pytest.mark.parametrize(
    "path",
    [
        "environments/staging/environment.yaml",
        "environments/production/environment.yaml",
        "pipelines/images.yaml",
        "policies/waivers.yaml",
        "releases/revoked.yaml",
    ]
    + [f"environments/platforms/{name}.yaml" for name in ("sandbox", "minikube", "gke")]
    + [f"environments/{name}/policy.yaml" for name in ("staging", "production")],
)
def test_the_files_of_this_repository_are_valid_and_name_their_schema(path: str) -> None:
    file = ENGINE / path
    kind = next(kind for kind in KINDS if kind.path.fullmatch(path))
    assert isinstance(validated(path, file.read_bytes(), kind.schema), Source)
    first = file.read_text().splitlines()[0]
    named = file.parent / first.removeprefix("# yaml-language-server: $schema=")
    assert named.resolve() == (ENGINE / kind.schema).resolve(), Path(first)
