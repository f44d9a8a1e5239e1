"""The environment variables that a worker of Pachyderm has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from releasectl.sandbox.pachd.jobs import Job
from releasectl.sandbox.pachd.pps.datums import Datum

MARK = "PACH_JOB_ID"  # also tells whether a process is a worker, and of which job
# a container starts clean; these are what this machine needs to run anything well
INHERITED = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "USER", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
INHERITED_PREFIXES = ("OPENBLAS_", "OMP_", "MKL_", "NUMEXPR_", "TF_CPP_", "TF_ENABLE_", "TF_NUM_")
FALLBACK_PATH = "/usr/local/bin:/usr/bin:/bin"


def of_machine(venv: Path, code: Path) -> dict[str, str]:
    """PATH finds the workers' virtual environment first, PYTHONPATH the repository."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in INHERITED or name.startswith(INHERITED_PREFIXES)
    }
    return {
        **kept,
        "PATH": f"{venv / 'bin'}:{os.environ.get('PATH', FALLBACK_PATH)}",
        "VIRTUAL_ENV": str(venv),
        "PYTHONPATH": str(code),
        "PYTHONUNBUFFERED": "1",
    }


def of_datum(job: Job, spec: Any, datum: Datum, *, spec_commit: str, worker: str) -> dict[str, str]:
    env = {
        "PACH_DATUM_ID": datum.id,
        MARK: job.id,
        "PACH_OUTPUT_COMMIT_ID": job.id,
        "PACH_NAMESPACE": "default",
        "PACH_IN_WORKER": "true",
        "PPS_PIPELINE_NAME": job.pipeline,
        "PPS_PROJECT_NAME": job.project,
        "PPS_SPEC_COMMIT": spec_commit,
        "PPS_POD_NAME": worker,
        "PPS_WORKER_IP": "127.0.0.1",
        "PPS_WORKER_GRPC_PORT": "1080",
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": "443",
    }
    for file in datum.files:
        env[file.name] = f"/pfs/{file.name}{file.path}".rstrip("/")
        env[f"{file.name}_COMMIT"] = file.commit_id
        if file.join_on:
            env[f"PACH_DATUM_{file.name}_JOIN_ON"] = file.join_on
        if file.group_by:
            env[f"PACH_DATUM_{file.name}_GROUP_BY"] = file.group_by
    env.update(spec.transform.env)
    return env


def dotenv(env: Mapping[str, str]) -> str:
    """The content of /pfs/.env."""
    return "".join(f"{name}={value}\n" for name, value in sorted(env.items()))
