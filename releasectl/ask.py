"""Asks what is deployed: predictions with the commit that made them, outlier flags, one explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from releasectl.encode import decode, inference_request, output_rows
from releasectl.errors import BackendUnreachable, InvalidInput, PlatformRefused, Problem
from releasectl.manifest import predictors, stable_commit
from releasectl.model import CommitId, Environment, Json, Lock, Missing, Release
from releasectl.ports import Inference, Serving

Row = Sequence[float]
NO_EXPLAINER = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """A release, where it is deployed, and the lock of the model that answers: its schema says what a row is.

    That is not the model of the release file as long as nobody has applied that. `explained` says whether an
    explainer is deployed beside it.
    """

    release: Release
    environment: Environment
    lock: Lock
    inference: Inference
    explained: bool

    @property
    def deployment(self) -> str:
        return f"{self.environment.name}/{self.release.name}"


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row: `probability` is that of the predicted class, `positive` that of the last class."""

    features: Mapping[str, str | float]
    label: str
    probability: float
    positive: float
    outlier: bool | Missing


@dataclass(frozen=True, slots=True)
class Predictions:
    """The answers to one request; `model_version` is the commit that says it made them."""

    deployment: str
    model_version: str | Missing
    rows: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """An anchor: as long as all `conditions` hold, the model answers `label` with `precision`.

    `coverage` is the share of rows that the conditions apply to; both are between 0 and 1. `model_version` is
    the commit that the explainer says it was made with.
    """

    deployment: str
    model_version: str | Missing
    features: Mapping[str, str | float]
    label: str
    conditions: tuple[str, ...]
    precision: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Live:
    """What answers: a model commit, and whether an explainer stands beside it."""

    commit: CommitId
    explained: bool


def live(serving: Serving, environment: Environment, release: Release) -> Live:
    """What is live; what the release file says where nobody can tell.

    Raises InvalidInput where nothing is deployed that could be asked.
    """
    wanted = Live(release.model, release.explainer != NO_EXPLAINER)
    try:
        found = serving.deployment(environment.namespace, release.name)
    except (BackendUnreachable, PlatformRefused):
        return wanted
    if isinstance(found, Missing):
        raise not_deployed(environment, release.name)
    commit = stable_commit(found.manifest)
    if isinstance(commit, Missing):
        return wanted
    stable = next(iter(predictors(found.manifest).values()))
    return Live(commit, bool((stable.get("explainer") or {}).get("type")))


def not_deployed(environment: Environment, name: str) -> InvalidInput:
    """What a person asks about has a file, perhaps, and nothing on the cluster."""
    what = f"nothing is deployed under this name in {environment.namespace}"
    remedy = f"deploy it with `releasectl apply {environment.name}`, or see `releasectl status`"
    return InvalidInput(Problem(f"{environment.name}/{name}", what, remedy))


def not_explained(asked: Asked) -> InvalidInput:
    """Its ingress would answer with a 404."""
    release, target = asked.release, asked.environment.name
    if release.explainer == NO_EXPLAINER:
        what = f"the release has no explainer: its file says `explainer: {NO_EXPLAINER}`"
        remedy = (
            f"name one in {release.source.file}, as in `explainer: anchor-tabular`, commit and "
            f"`releasectl apply {target}`"
        )
    else:
        what = f"what is live has no explainer yet; the file says `explainer: {release.explainer}`"
        remedy = f"deploy it with `releasectl apply {target}`"
    return InvalidInput(Problem(asked.deployment, what, remedy))


def predict(asked: Asked, rows: Sequence[Row]) -> Predictions:
    """One request through the ingress for all rows, and one to the outlier detector if the release has it.

    `rows` are encoded, a float per feature of the lock in its order. Raises BackendUnreachable or
    PlatformRefused when the model does not answer, InvalidInput when its answer lacks an output.
    """
    request = inference_request(rows, ("predict", "predict_proba"))
    name = asked.release.name
    answer = asked.inference.infer(asked.environment.namespace, name, name, request)
    features = asked.lock.features
    classes = features["label"]["classes"]
    labels = [int(row[0]) for row in output_rows(answer, "predict")]
    probabilities = output_rows(answer, "predict_proba")
    outliers = outlier_flags(asked, rows)
    return Predictions(
        deployment=asked.deployment,
        model_version=version_of(answer),
        rows=tuple(
            Prediction(
                features=decode(row, features),
                label=classes[label],
                probability=probability[label],
                positive=probability[-1],
                outlier=outlier,
            )
            for row, label, probability, outlier in zip(rows, labels, probabilities, outliers, strict=True)
        ),
    )


def outlier_flags(asked: Asked, rows: Sequence[Row]) -> Sequence[bool | Missing]:
    """One flag per row. A detector that does not answer costs its column, not the predictions."""
    name = asked.release.name
    if "outlier" not in asked.release.detectors:
        return [Missing("the release has no outlier detector")] * len(rows)
    try:
        answer = asked.inference.detect(
            asked.environment.namespace, name, f"{name}-outlier", inference_request(rows)
        )
        return [bool(flag) for flag in answer["is_outlier"]]
    except (BackendUnreachable, PlatformRefused) as error:
        return [Missing(error.problems[0].what)] * len(rows)


def explain(asked: Asked, row: Row) -> Explanation:
    """Asks the explainer of the stable predictor about one encoded row.

    Raises InvalidInput if there is none, BackendUnreachable or PlatformRefused when it does not answer.
    """
    if not asked.explained:
        raise not_explained(asked)
    namespace, features = asked.environment.namespace, asked.lock.features
    answer = asked.inference.explain(namespace, asked.release.name, "default", inference_request([row]))
    data = answer["data"]
    return Explanation(
        deployment=asked.deployment,
        model_version=version_of(answer),
        features=decode(row, features),
        label=features["label"]["classes"][predicted(data)],
        conditions=tuple(data["anchor"]),
        precision=first_number(data["precision"]),
        coverage=first_number(data["coverage"]),
    )


def version_of(answer: Mapping[str, Json]) -> str | Missing:
    version = answer.get("model_version")
    return str(version) if version else Missing("the answer names no model_version")


def predicted(data: Json) -> int:
    """The class alibi explained; it keeps the model's own answer under `raw`."""
    return int(first_number(data["raw"]["prediction"]))


def first_number(value: Json) -> float:
    """alibi writes a number now as itself, now as a list of one."""
    return first_number(value[0]) if isinstance(value, list) else float(value)
