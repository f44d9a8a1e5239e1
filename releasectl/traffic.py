"""Replayed traffic: rows of the frozen holdout, one request each, at a steady rate.

Models may take different features. The client asks as the last answer's model wants it, and a row that a new
model does not understand is asked again in the other form: as a client does that reads a model's metadata.
"""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from releasectl.encode import encode, inference_request
from releasectl.errors import InvalidInput, PlatformRefused, Problem, ReleaseError
from releasectl.model import Environment, Json, Lock, Missing, Release
from releasectl.ports import Inference, RequestLog, VersionedData

OUTPUTS = ("predict", "predict_proba")
SETTLE_SECONDS, QUIET_SECONDS, POLL_SECONDS = 30.0, 1.0, 0.2


@dataclass(frozen=True, slots=True)
class Holdout:
    """The rows of a holdout that every known model understands, encoded in the form of each.

    `numbers` are their places in the source.
    """

    source: str
    numbers: Sequence[int]
    forms: Sequence[Sequence[Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request ended: the commit that answered, or what went wrong; `forms` counts the forms tried."""

    seconds: float
    version: str | Missing
    forms: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """What came of all requests; `seconds` are the latencies in ascending order, `first` and `rows` tell the
    first row of the holdout's that was sent, and how many there are.
    """

    deployment: str
    source: str
    seconds: tuple[float, ...]
    answered_by: Mapping[str, int]
    failed: Mapping[str, int]
    asked_again: int
    first: int
    rows: int

    @property
    def next(self) -> int:
        """Where to go on: the same rows again are no new evidence."""
        return (self.first + len(self.seconds)) % self.rows

    def quantile(self, share: float) -> float:
        """The latency that `share` of the requests did not exceed."""
        return self.seconds[min(int(len(self.seconds) * share), len(self.seconds) - 1)]


def holdout(
    data: VersionedData,
    lock: Lock,
    locks: Iterable[Lock] = (),
    *,
    repo: str = "income_holdout",
    path: str = "/holdout.csv",
) -> Holdout:
    """The holdout that the model of `lock` was measured on, in the forms of all `locks`, its own first."""
    commit = lock.dataset(repo)
    if isinstance(commit, Missing):
        raise InvalidInput.at(lock.commit, commit.reason, "name a model that was evaluated on a holdout")
    source = f"{repo}@{commit}:{path}"
    content = data.read(repo, commit, path)
    if isinstance(content, Missing):
        raise InvalidInput.at(source, content.reason, "push the holdout again: releasectl data push")
    lines = content.decode().splitlines()
    schemas = [lock.features]
    schemas += [other.features for other in locks if other.features not in schemas]
    rows = list(csv.DictReader(lines))
    encoded = [[encoded_row(row, schema) for row in rows] for schema in schemas]
    numbers = [number for number in range(len(rows)) if all(form[number] for form in encoded)]
    if not numbers:
        raise InvalidInput.at(
            source, "no row fits the model's features", "push a holdout that has its columns"
        )
    return Holdout(source, numbers, [[form[number] for number in numbers] for form in encoded])


def encoded_row(row: Mapping[str, str], schema: Json) -> list[float]:
    """Empty where a value is not among those that the model was trained with."""
    problems: list[Problem] = []
    values = [encode("", row, feature, problems) for feature in schema["features"]]
    return [] if problems else values


def send(
    release: Release,
    environment: Environment,
    found: Holdout,
    inference: Inference,
    *,
    requests: int,
    rate: float,
    connections: int,
    offset: int = 0,
) -> Traffic:
    """`requests` in all, `rate` a second, from row `offset` on and round; a failure is counted by its cause
    and stops nothing.
    """
    forms = list(range(len(found.forms)))  # the one that was understood last is the first to try

    def ask(number: int) -> Answer:
        row = (offset + number) % len(found.numbers)
        wait = began + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        return one(release, environment, inference, found, row, forms)

    began = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        answers = list(pool.map(ask, range(requests)))
    return Traffic(
        deployment=f"{release.environment}/{release.name}",
        source=found.source,
        seconds=tuple(sorted(answer.seconds for answer in answers)),
        answered_by=Counter(answer.version for answer in answers if isinstance(answer.version, str)),
        failed=Counter(answer.version.reason for answer in answers if isinstance(answer.version, Missing)),
        asked_again=sum(answer.forms > 1 for answer in answers),
        first=offset % len(found.numbers),
        rows=len(found.numbers),
    )


def settle(log: RequestLog, namespace: str, release: Release) -> None:
    """Return once the request log of a trial has grown no more for a second, or after half a minute.

    A shadow answers its copies after the users have their answers: a comparison right away would miss some.
    """
    deadline, before, since = time.monotonic() + SETTLE_SECONDS, -1, time.monotonic()
    while (now := time.monotonic()) < min(deadline, since + QUIET_SECONDS):
        try:
            logged = sum(span.count for span in log.endpoints(namespace, release.name).values())
        except ReleaseError:  # whoever needs the log says so
            return
        if logged != before:
            before, since = logged, now
        time.sleep(POLL_SECONDS)


def ended(kept: Path) -> int:
    """The row after the last one that was sent, as it is kept in a file; the first if there is none."""
    text = kept.read_text(errors="replace") if kept.is_file() else ""
    return int(text) if text.isdecimal() else 0


def request(found: Holdout, form: int, row: int) -> Json:
    """One row, and where it lies in the holdout: protected traits stay out of the request and its log."""
    audit = json.dumps({"source": found.source, "rows": [found.numbers[row]]})
    return {**inference_request([found.forms[form][row]], OUTPUTS), "parameters": {"audit_rows": audit}}


def one(
    release: Release,
    environment: Environment,
    inference: Inference,
    found: Holdout,
    row: int,
    forms: list[int],
) -> Answer:
    """Send one row, in the first of `forms` that the model takes; the form is kept for the next."""
    began = time.monotonic()
    version: str | Missing = Missing("not asked")
    tried = tuple(forms)
    for count, form in enumerate(tried, 1):
        try:
            asked = request(found, form, row)
            answer = inference.infer(environment.namespace, release.name, release.name, asked)
        except PlatformRefused as error:  # the server's no; silence is not asked again
            version = Missing(error.problems[0].what)
            continue
        except ReleaseError as error:
            version = Missing(error.problems[0].what)
            break
        forms[:] = [form, *(other for other in tried if other != form)]
        named = answer.get("model_version") or Missing("the answer names no model_version")
        return Answer(time.monotonic() - began, named, count)
    return Answer(time.monotonic() - began, version, 1)


def quantiles(found: Traffic) -> Iterator[tuple[str, float]]:
    """Milliseconds by name."""
    for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        yield name, found.quantile(share) * 1000
