"""Builds a miniature valid repository in a folder, for any test that needs one."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from releasectl import lock as locks
from releasectl.load import load
from releasectl.model import Lock, PipelineVersion, Repository, ServedFile, Upstream
from releasectl.repo import ENGINE
from releasectl.rulebook import rules

TRAINERS = ("income_training", "income_explainer", "income_drift", "income_outlier", "income_evaluation")


def commit_id(seed: str) -> str:
    """A commit id that looks like Pachyderm's and is the same for the same seed."""
    digest = hashlib.sha256(seed.encode()).digest()
    return uuid.UUID(bytes=digest[:16], version=4).hex


MODEL = commit_id("model 1")
CANDIDATE = commit_id("model 2")
DATASET = commit_id("dataset 1")
HOLDOUT = commit_id("holdout")

FEATURES: dict[str, Any] = {
    "version": 1,
    "label": {"name": "income", "classes": ["<=50K", ">50K"]},
    "features": [
        {"name": "age", "type": "numeric"},
        {"name": "workclass", "type": "categorical", "categories": ["Private", "State-gov"]},
    ],
}
EVIDENCE: dict[str, Any] = {
    "card": {"name": "income", "purpose": "Predicts whether an income exceeds 50K a year."},
    "profile": {"rows": 20000, "distinct_rows": 17321, "label_rate": 0.2408},
    "groups": {"sex": {"Female": {"size": 2654, "tpr": 0.58}, "Male": {"size": 5346, "tpr": 0.63}}},
    "metrics": {"accuracy": 0.8571, "roc_auc": 0.9102, "brier": 0.0991},
}
ARTEFACTS = (
    "model.joblib",
    "schema.json",
    "explainer/explainer.dill",
    "drift/config.toml",
    "outlier/OutlierDetector.dill",
)


@dataclass(frozen=True, slots=True)
class Mini:
    """A repository on disk: one release in each of two environments, one lock, one DAG."""

    root: Path

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
        return file

    def release(self, name: str, environment: str = "staging", model: str = MODEL, extra: str = "") -> Path:
        """A release file; `extra` are further lines of YAML."""
        text = f"name: {name}\nowner: credit-ml\nmodel: {model}\n{extra}"
        return self.write(f"releases/{environment}/{name}.yaml", text)

    def lock(self, commit: str = MODEL, **changes: Any) -> Lock:
        lock = make_lock(commit, **changes)
        self.write(locks.path_of(commit), locks.dump(lock))
        return lock

    def load(self) -> Repository:
        return load(self.root)


def make_lock(
    commit: str = MODEL,
    *,
    dataset: str = DATASET,
    files: Iterable[str] = ARTEFACTS,
    features: Mapping[str, Any] = FEATURES,
    evidence: Mapping[str, Any] = EVIDENCE,
) -> Lock:
    """The lock of a model commit as the income DAG would have made it."""
    version = PipelineVersion("", 1, "creditco/income-trainer:1.0.0")
    made = [
        Upstream(name, "master", commit, PipelineVersion(name, version.version, version.image))
        for name in (*TRAINERS, "copy_models")
    ]
    return locks.build(
        commit=commit,
        repo="copy_models",
        branch="master",
        path="/income",
        lineage=(
            Upstream("income_data", "master", dataset),
            Upstream("income_holdout", "master", HOLDOUT),
            *made,
        ),
        files=tuple(_file(f"/income/{name}") for name in files),
        features=features,
        evidence=evidence,
    )


def build(root: Path) -> Mini:
    """The smallest repository with everything in it."""
    mini = Mini(root)
    for environment in ("staging", "production"):
        mini.write(f"environments/{environment}/environment.yaml", environment_yaml(environment))
        mini.write(f"environments/{environment}/policy.yaml", LENIENT)
        mini.release("income", environment)
    mini.write("environments/platforms/sandbox.yaml", PLATFORM)
    mini.write("pipelines/income/training.yaml", f"repo: income_data\nbranch: master\ncommit: {DATASET}\n")
    mini.write("pipelines/income/dag.jsonnet", DAG)
    mini.write("pipelines/images.yaml", "income: creditco/income-trainer:1.0.0\n")
    mini.lock()
    return mini


def with_our_pipelines(mini: Mini) -> None:
    """The income DAG of this repository in place of the miniature's: it makes what the locks name."""
    shutil.copytree(
        ENGINE / "pipelines", mini.root / "pipelines", dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("training.yaml", "README.md"),
    )  # fmt: skip


def many_releases(mini: Mini, count: int, environments: Iterable[str] = ("staging", "production")) -> None:
    """`count` releases shared out over the environments, each with a lock of its own."""
    names = tuple(environments)
    for number in range(count):
        commit = commit_id(f"model of release {number}")
        mini.lock(commit)
        mini.release(f"model-{number:05}", names[number % len(names)], commit)


def environment_yaml(name: str, namespace: str | None = None) -> str:
    return f"""\
namespace: {namespace or f"creditco-{name}"}
platform: sandbox
branch: {name}
defaults:
  explainer: anchor-tabular
  detectors: [drift, outlier]
  replicas: 1
logging: {{retention_days: 760}}
serving:
  secret: seldon-init-container-secret
  model:
    image: creditco/serving:1.0.0
    resources:
      requests: {{cpu: 500m, memory: 1Gi}}
      limits: {{cpu: "1", memory: 1Gi}}
  explainer:
    image: creditco/serving:1.0.0
    resources:
      requests: {{cpu: 500m, memory: 2Gi}}
      limits: {{cpu: "2", memory: 2Gi}}
  detectors:
    reply_url: http://broker.example/seldon-logs/default
    memory: 2Gi
    drift_batch_size: 200
"""


# What this repository's models were measured to do is made up, so only rules that ask no evidence judge it.
JUDGED = ("LOCK-001", "LOG-001", "PIN-001", "REVO-001")
LENIENT = "rules:\n" + "".join(f"  {rule}: off\n" for rule in rules() if rule not in JUDGED)

PLATFORM = """\
pachd: 127.0.0.1:30650
s3: http://127.0.0.1:30600
seldon_deploy: http://127.0.0.1:8004
ingress: http://127.0.0.1:8003
timeout_seconds: 10
sandbox:
  state: .sandbox
"""

DAG = """\
function(images) [
  {
    pipeline: { name: 'income_training' },
    input: { pfs: { repo: 'income_data', branch: 'master', glob: '/' } },
    transform: { image: images.income, cmd: ['python', '-m', 'trainers.income.train'] },
  },
]
"""


def _file(path: str) -> ServedFile:
    digest = hashlib.sha256(path.encode()).hexdigest()
    return ServedFile(path, len(path) * 100, digest)
