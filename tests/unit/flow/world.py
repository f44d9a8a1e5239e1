"""A repository in memory for the flow: releases, locks and rendered files without a disk or jsonnet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from releasectl import lock as locks
from releasectl.apply import Outcome, Terms, apply
from releasectl.clock import Patience
from releasectl.evidence import KINDS
from releasectl.gather import REPO, gather, resolve
from releasectl.git import Revision
from releasectl.ledger import Ledger
from releasectl.model import (
    CommitId,
    Dag,
    Environment,
    Json,
    Lock,
    PipelineVersion,
    Release,
    Rendered,
    Repository,
    Source,
    Strategy,
    Training,
    Upstream,
)
from releasectl.ports import Cluster
from tests.unit.flow.fake_clock import FakeClock
from tests.unit.flow.fake_pachyderm import commit_id
from tests.unit.flow.fakes import FakeCluster

DATASET, HOLDOUT = commit_id("dataset"), commit_id("holdout")
GIT = Revision("9af1035af77597d1e3677387c804da0e07b2da62", dirty=False, author="Ada <ada@example.org>")
FEATURES = {
    "version": 1,
    "label": {"name": "income", "classes": ["no", "yes"]},
    "features": [
        {"name": "age", "type": "numeric"},
        {"name": "job", "type": "categorical", "categories": ["a", "b"]},
    ],
}


@dataclass(frozen=True)
class Wish:
    """A release in the few words that tests vary."""

    model: str = "model 1"
    replicas: int = 1
    explainer: str = "anchor-tabular"
    detectors: tuple[str, ...] = ("drift", "outlier")


def source(file: str) -> Source:
    return Source(file, {}, {})


def files_of(model: str) -> dict[str, bytes]:
    accuracy = 0.807 if model == "model 2" else 0.8
    metrics = {"accuracy": accuracy, "roc_auc": 0.9, "calibration": {"slope": 0.57}}
    evidence = {"card": {"name": "income"}, "profile": {"rows": 9}, "groups": {}, "metrics": metrics}
    return {
        "/income/model.joblib": f"weights of {model}".encode(),
        "/income/schema.json": json.dumps(FEATURES).encode(),
        **{f"/income/evidence/{KINDS[kind]}": json.dumps(said).encode() for kind, said in evidence.items()},
    }


def lineage_of(model: str) -> tuple[Upstream, ...]:
    made = PipelineVersion("copy_models", 1, "creditco/trainers:1.0.0")
    return (
        Upstream("income_data", "master", commit_id(f"dataset of {model}")),
        Upstream("income_holdout", "master", HOLDOUT),
        Upstream("copy_models", "master", commit_id(model), made),
    )


@cache
def lock_of(model: str) -> Lock:
    """The lock of a model, as it was written when Pachyderm made it."""
    cluster = FakeCluster()
    add_model(cluster, model)
    data = cluster.data
    lock = gather(data, resolve(data, REPO, commit_id(model)), "/income")
    text = locks.dump(lock)
    return locks.load(text, locks.path_of(lock.commit))


def add_model(cluster: FakeCluster, model: str) -> None:
    commit = commit_id(model)
    cluster.data.add("copy_models", "master", commit, files_of(model))
    cluster.data.ancestry["copy_models", commit] = lineage_of(model)


def manifest(name: str, environment: Environment, wish: Wish) -> Json:
    commit = commit_id(wish.model)
    uri = f"s3://{commit}.master.copy_models/income"
    explainer = {"explainer": {"type": "AnchorTabular", "modelUri": f"{uri}/explainer"}}
    env = [
        {"name": "MODEL_COMMIT_HASH", "value": commit},
        {"name": "MLSERVER_MODEL_VERSION", "value": commit},
    ]
    predictor = {
        "name": "default",
        "replicas": wish.replicas,
        "traffic": 100,
        "componentSpecs": [{"spec": {"containers": [{"name": name, "env": env}]}}],
        "graph": {"name": name, "implementation": "SKLEARN_SERVER", "modelUri": uri, "children": []},
        **(explainer if wish.explainer != "none" else {}),
    }
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {
            "name": name,
            "namespace": environment.namespace,
            "annotations": {"releasectl/owner": "credit-ml", "releasectl/model-commit": commit},
        },
        "spec": {"protocol": "v2", "predictors": [predictor]},
    }


def detectors(name: str, wish: Wish) -> list[Json]:
    bucket = f"s3://{commit_id(wish.model)}.master.copy_models/income"
    return [
        {
            "kind": kind,
            "name": f"{name}-{kind}",
            "body": {"name": f"{name}-{kind}", "config": {"basic": {"storage_uri": f"{bucket}/{kind}"}}},
        }
        for kind in wish.detectors
    ]


def spec(name: str, *inputs: str, image: str = "creditco/trainers:1.0.0", cmd: str = "train") -> Json:
    """A pipeline that reads the master branches of `inputs`."""
    read = [{"pfs": {"repo": repo, "branch": "master", "glob": "/"}} for repo in inputs]
    return {
        "pipeline": {"name": name},
        "transform": {"image": image, "cmd": ["python", "-m", cmd]},
        "input": read[0] if len(read) == 1 else {"cross": read},
        "metadata": {"annotations": {"releasectl/dag": "income"}},
    }


SPECS = (
    spec("income_training", "income_data"),
    spec("income_evaluation", "income_training", "income_holdout"),
    spec("copy_models", "income_training", "income_evaluation"),
)


@dataclass
class World:
    """Files on one side, a cluster on the other, and the flow between them."""

    cluster: FakeCluster = field(default_factory=FakeCluster)
    lines: list[str] = field(default_factory=list)
    revision: Revision = GIT
    settle: float = 2.0

    @property
    def clock(self) -> FakeClock:
        return self.cluster.clock

    def repository(
        self,
        wishes: Mapping[str, Mapping[str, Wish]] | None = None,
        dataset: CommitId = DATASET,
    ) -> Repository:
        """`wishes` are releases by environment and name; locks are written for all models they name."""
        wishes = wishes or {}
        environments = {
            name: Environment(name, f"creditco-{name}", "sandbox", name, {}, {}, source(f"{name}.yaml"))
            for name in ("staging", "production")
        }
        models = {wish.model for named in wishes.values() for wish in named.values()}
        releases = tuple(
            Release(
                name=name,
                environment=environment,
                owner="credit-ml",
                model=commit_id(wish.model),
                strategy=Strategy(),
                explainer=wish.explainer,
                detectors=wish.detectors,
                replicas=wish.replicas,
                source=source(f"releases/{environment}/{name}.yaml"),
            )
            for environment, named in wishes.items()
            for name, wish in named.items()
        )
        training = Training("income_data", "master", dataset, source("pipelines/income/training.yaml"))
        return Repository(
            root=".",
            environments=environments,
            platforms={},
            releases=releases,
            locks={commit_id(model): lock_of(model) for model in models},
            dags={"income": Dag("income", "pipelines/income/dag.jsonnet", training)},
        )

    def apply(
        self,
        target: str,
        repository: Repository,
        rendered: Sequence[Rendered],
        *,
        ports: Cluster | None = None,
        retry: bool = False,
        patience: Patience | None = None,
    ) -> Outcome:
        ports = ports or self.cluster.ports
        terms = Terms(self.revision.label, self.clock, patience or Patience(settle=self.settle), retry)
        recorder = Ledger(ports.data, self.revision)
        progress = self.lines.append
        return apply(target, repository, rendered, ports, terms=terms, recorder=recorder, progress=progress)


def rendered_environment(
    repository: Repository, wishes: Mapping[str, Mapping[str, Wish]]
) -> tuple[Rendered, ...]:
    files = []
    for environment, named in wishes.items():
        for name, wish in named.items():
            made = manifest(name, repository.environments[environment], wish)
            base = f"environments/{environment}/rendered/{name}"
            files.append(Rendered(f"{base}.yaml", f"{base}\n", (made,)))
            if wish.detectors:
                files.append(Rendered(f"{base}.detectors.yaml", f"{base}\n", tuple(detectors(name, wish))))
    return tuple(files)


def rendered_pipelines(specs: Iterable[Json]) -> tuple[Rendered, ...]:
    return tuple(
        Rendered(f"pipelines/income/rendered/{index}.yaml", "", (each,)) for index, each in enumerate(specs)
    )


def world_with_models(*models: str) -> World:
    world = World()
    for model in models:
        add_model(world.cluster, model)
    return world


def world_with_data() -> World:
    world = World()
    for repo, commit in (("income_data", DATASET), ("income_holdout", HOLDOUT)):
        world.cluster.data.add(
            repo, "incoming" if repo == "income_data" else "master", commit, {"/data.csv": b"a"}
        )
    return world


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


__all__ = ["replace"]
