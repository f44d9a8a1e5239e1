"""The values around a run: the machine, the work, a task of it, and its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from releasectl.sandbox.pachd.jobs import Job
from releasectl.sandbox.pachd.logs import LogWriter, Source
from releasectl.sandbox.pachd.pps.datums import Datum
from releasectl.sandbox.pachd.txn import Store
from releasectl.sandbox.pachd.worker.nursery import Nursery
from releasectl.sandbox.pachd.worker.root import Roots
from releasectl.sandbox.pachd.worker.upload import Output


class DatumState(IntEnum):
    """The numbers of pps_v2.DatumState."""

    UNKNOWN = 0
    FAILED = 1
    SUCCESS = 2
    SKIPPED = 3
    STARTING = 4
    RECOVERED = 5


@dataclass(frozen=True)
class Stats:
    download_ns: int = 0
    process_ns: int = 0
    upload_ns: int = 0
    download_bytes: int = 0
    upload_bytes: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of a datum; `output` of a success is scanned but not yet part of a tree."""

    state: DatumState
    reason: str = ""
    stats: Stats = field(default_factory=Stats)
    output: Output | None = None


@dataclass(frozen=True)
class Machine:
    """What every worker of this server shares."""

    store: Store
    roots: Roots
    nursery: Nursery
    logs: LogWriter
    venv: Path
    code: Path

    @property
    def work(self) -> Path:
        return self.store.root / "work"


@dataclass(frozen=True)
class Work:
    """What all datums of a job have in common."""

    job: Job
    spec: Any
    spec_commit: str
    extra_env: Mapping[str, str] = field(default_factory=dict)

    def task(self, datum: Datum, worker: int) -> Task:
        pod = f"{self.job.project}-{self.job.pipeline}-v{self.job.version}-{worker}"
        return Task(self, datum, pod.lower().replace("_", "-"))


@dataclass(frozen=True)
class Task:
    """A datum to run, by a worker."""

    work: Work
    datum: Datum
    worker: str

    @property
    def job(self) -> Job:
        return self.work.job

    @property
    def spec(self) -> Any:
        return self.work.spec

    @property
    def source(self) -> Source:
        pairs = [(file.path, file.hash) for file in self.datum.files]
        return Source(self.job.project, self.job.pipeline, self.job.id, self.datum.id, self.worker, pairs)
