"""Replayed traffic: rows of the frozen holdout, one request each, at a steady rate."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from releasectl.encode import inference_request, read_rows
from releasectl.errors import InvalidInput, ReleaseError
from releasectl.model import Environment, Json, Lock, Missing, Release
from releasectl.ports import Inference, VersionedData

OUTPUTS = ("predict", "predict_proba")


@dataclass(frozen=True, slots=True)
class Holdout:
    """The encoded rows of a holdout and the name by which a request points at one of them."""

    source: str
    rows: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request ended: the commit that answered, or what went wrong."""

    seconds: float
    version: str | Missing


@dataclass(frozen=True, slots=True)
class Traffic:
    """What came of all requests; `seconds` are the latencies in ascending order."""

    deployment: str
    source: str
    seconds: tuple[float, ...]
    answered_by: Mapping[str, int]
    failed: Mapping[str, int]

    def quantile(self, share: float) -> float:
        """The latency that `share` of the requests did not exceed."""
        return self.seconds[min(int(len(self.seconds) * share), len(self.seconds) - 1)]


def holdout(
    data: VersionedData, lock: Lock, repo: str = "income_holdout", path: str = "/holdout.csv"
) -> Holdout:
    """The holdout that the model of `lock` was measured on, from Pachyderm."""
    commit = lock.dataset(repo)
    if isinstance(commit, Missing):
        raise InvalidInput.at(lock.commit, commit.reason, "name a model that was evaluated on a holdout")
    source = f"{repo}@{commit}:{path}"
    content = data.read(repo, commit, path)
    if isinstance(content, Missing):
        raise InvalidInput.at(source, content.reason, "push the holdout again: releasectl data push")
    return Holdout(source, read_rows(source, content.decode().splitlines(), lock.features))


def send(
    release: Release,
    environment: Environment,
    found: Holdout,
    inference: Inference,
    *,
    requests: int,
    rate: float,
    connections: int,
) -> Traffic:
    """`requests` in all, `rate` a second; a failure is counted by its cause and stops nothing."""

    def ask(number: int) -> Answer:
        row = number % len(found.rows)
        wait = began + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        return one(release, environment, inference, request(found, row))

    began = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        answers = list(pool.map(ask, range(requests)))
    return Traffic(
        deployment=f"{release.environment}/{release.name}",
        source=found.source,
        seconds=tuple(sorted(answer.seconds for answer in answers)),
        answered_by=Counter(answer.version for answer in answers if isinstance(answer.version, str)),
        failed=Counter(answer.version.reason for answer in answers if isinstance(answer.version, Missing)),
    )


def request(found: Holdout, row: int) -> Json:
    """One row, and where it lies in the holdout: protected traits stay out of the request and its log."""
    audit = json.dumps({"source": found.source, "rows": [row]})
    return {**inference_request([found.rows[row]], OUTPUTS), "parameters": {"audit_rows": audit}}


def one(release: Release, environment: Environment, inference: Inference, asked: Json) -> Answer:
    began = time.monotonic()
    try:
        answer = inference.infer(environment.namespace, release.name, release.name, asked)
        version = answer.get("model_version") or Missing("the answer names no model_version")
    except ReleaseError as error:
        version = Missing(error.problems[0].what)
    return Answer(time.monotonic() - began, version)


def quantiles(found: Traffic) -> Iterator[tuple[str, float]]:
    """Milliseconds by name."""
    for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        yield name, found.quantile(share) * 1000
