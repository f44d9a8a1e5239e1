"""A sandbox under test: its process, and what a client or a person can see of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import seldon_deploy_sdk as sdk

ROOT = Path(__file__).parents[3]
SERVERS = ROOT / "trainers" / ".venv"
NAMESPACE = "creditco-test"
LIMIT = 120  # seconds, for what takes one or two on an idle machine
SERVES = re.compile(r"serves at (\S+), the ingress at (\S+)")
ROW = {"name": "predict", "shape": [1, 2], "datatype": "FP64", "data": [[60.0, 1.0]]}


def until(condition: Callable[[], Any], seconds: float = LIMIT, what: str = "it") -> Any:
    """What `condition` returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        time.sleep(0.05)
    return found


def http(method: str, url: str, **more: Any) -> httpx.Response:
    """Over a connection of its own. For TLS, of which there is none, certificates would be read each time."""
    return httpx.request(method, url, verify=False, timeout=LIMIT, **more)


@dataclass
class Client:
    """Seldon Deploy through its SDK."""

    api: str
    namespace: str = NAMESPACE

    def __post_init__(self) -> None:
        configuration = sdk.Configuration()
        configuration.host = self.api
        self.sdk = sdk.ApiClient(configuration)
        self.deployments = sdk.SeldonDeploymentsApi(self.sdk)

    def create(self, manifest: dict[str, Any]) -> Any:
        return self.deployments.create_seldon_deployment(self.namespace, manifest)

    def update(self, manifest: dict[str, Any]) -> Any:
        name = manifest["metadata"]["name"]
        return self.deployments.update_seldon_deployment(name, self.namespace, manifest)

    def read(self, name: str) -> dict[str, Any]:
        live = self.deployments.read_seldon_deployment(name, self.namespace)
        return dict(self.sdk.sanitize_for_serialization(live))

    def delete(self, name: str) -> None:
        self.deployments.delete_seldon_deployment(name, self.namespace)

    def status(self, name: str) -> dict[str, Any]:
        return dict(self.read(name).get("status") or {})

    def state(self, name: str, state: str) -> dict[str, Any]:
        """The status once it says `state`."""

        def reached() -> dict[str, Any] | None:
            status = self.status(name)
            return status if status.get("state") == state else None

        return dict(until(reached, what=f"{name} being {state}"))

    def ready(self, name: str) -> dict[str, Any]:
        """The status once the condition Ready is true."""

        def reached() -> dict[str, Any] | None:
            status = self.status(name)
            conditions = {each["type"]: each["status"] for each in status.get("conditions") or ()}
            return status if conditions.get("Ready") == "True" else None

        return dict(until(reached, what=f"{name} being ready"))


@dataclass
class Sandbox:
    """`start` may be called again after `kill` or `stop`: the state folder stays."""

    state: Path
    s3: str
    port: int = 0
    ingress_port: int = 0
    process: subprocess.Popen[bytes] | None = None
    api: str = ""
    ingress: str = ""
    client: Client = field(init=False)

    @property
    def command(self) -> list[str]:
        command = [sys.executable, "-m", "releasectl.sandbox.seldon", "--state", str(self.state)]
        command += ["--port", str(self.port), "--ingress-port", str(self.ingress_port)]
        return [*command, "--s3", self.s3, "--servers", str(SERVERS)]

    @property
    def log(self) -> Path:
        return self.state.with_suffix(".log")

    def start(self) -> None:
        written = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, stdout=log, stderr=log)

        def serves() -> re.Match[str] | None:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            return SERVES.search(self.log.read_text()[written:])

        match = until(serves, what="the start")
        self.api, self.ingress = match[1], match[2]
        self.port, self.ingress_port = (int(url.split(":")[2].partition("/")[0]) for url in match.groups())
        self.client = Client(self.api)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(5)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LIMIT)

    def predict(self, name: str, *outputs: str) -> httpx.Response:
        request: dict[str, Any] = {"inputs": [ROW]}
        if outputs:
            request["outputs"] = [{"name": output} for output in outputs]
        return self.post(f"{name}/v2/models/{name}/infer", request)

    def post(self, path: str, request: Any) -> httpx.Response:
        return http("POST", f"{self.ingress}/seldon/{NAMESPACE}/{path}", json=request)

    def processes(self, word: str = "/pods/") -> dict[str, int]:
        """Pids of the model servers whose pod has `word` in its path, by pod."""
        marker, found = f"{self.state}/pods/", {}
        for process, words in self._commands():
            if (last := words[-1]).startswith(marker) and word in last:
                found[last.removeprefix(marker).split("/")[1]] = process.pid
        return found

    def _commands(self) -> Iterator[tuple[psutil.Process, list[str]]]:
        """Processes that are alive and name this state, with the words of their command lines."""
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if any(str(self.state) in each for each in words):
                with suppress(psutil.NoSuchProcess):
                    if process.status() != psutil.STATUS_ZOMBIE:
                        yield process, words

    @property
    def nursery(self) -> psutil.Process:
        """The process of which model servers are forks."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        (found,) = (child for child in children if "nursery" in " ".join(child.cmdline()))
        return found

    @contextmanager
    def no_server_starts(self) -> Iterator[None]:
        """While the block runs."""
        nursery = self.nursery
        nursery.suspend()
        try:
            yield
        finally:
            nursery.resume()

    def executors(self, word: str) -> list[int]:
        """Pids of the executors whose pod has `word` in its path."""
        marker = f"{self.state}/pods/"
        return sorted(
            process.pid
            for process, words in self._commands()
            if "releasectl.sandbox.seldon.executor" in words
            and any(each.startswith(marker) and word in each for each in words)
        )

    def traefik(self) -> list[int]:
        marker = f"--providers.file.filename={self.state}"
        return [
            process.pid
            for process, words in self._commands()
            if any(word.startswith(marker) for word in words)
        ]

    def end(self) -> None:
        """Leave nothing behind, whatever a test has done."""
        if not self.runs or self.stop():
            subprocess.run([*self.command, "--stop"], cwd=ROOT, check=True, capture_output=True)
        for pid in [*self.processes().values(), *self.executors("/"), *self.traefik()]:
            os.kill(pid, signal.SIGKILL)


def told(pid: int) -> dict[str, str]:
    """What was in the environment of a server when it loaded its telling model."""
    return dict(json.loads(Path(psutil.Process(pid).cwd(), "environment.json").read_text()))


def answered(pid: int, name: str) -> int:
    """How many requests a server with a telling model has answered, by its own count."""
    metrics = http("GET", f"http://127.0.0.1:{told(pid)['MLSERVER_METRICS_PORT']}/metrics").text
    counter = f'model_infer_request_success_total{{model="{name}",version="None"}} '
    return int(float(metrics.partition(counter)[2].partition("\n")[0] or 0))


def manifest(name: str, commit: str, **predictor: Any) -> dict[str, Any]:
    """A release as the generators write it."""
    return {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"protocol": "v2", "predictors": [a_predictor(name, commit, **predictor)]},
    }


def logging_manifest(name: str, commit: str, **predictor: Any) -> dict[str, Any]:
    """The same, with the request logger on."""
    found = manifest(name, commit, **predictor)
    found["spec"]["predictors"][0]["graph"]["logger"] = {"mode": "all"}
    return found


def a_predictor(name: str, commit: str, role: str = "default", **fields: Any) -> dict[str, Any]:
    env = [
        {"name": "MODEL_COMMIT_HASH", "value": commit},
        {"name": "MLSERVER_MODEL_VERSION", "value": commit},
    ]
    return {
        "name": role,
        "replicas": 1,
        "labels": {"version": commit},
        "componentSpecs": [
            {"spec": {"containers": [{"name": name, "image": "models/income:1", "env": env}]}}
        ],
        "graph": {
            "name": name,
            "type": "MODEL",
            "implementation": "SKLEARN_SERVER",
            "modelUri": uri(commit),
            "envSecretRefName": "seldon-init-container-secret",
            "children": [],
        },
        **fields,
    }


def uri(commit: str, folder: str = "") -> str:
    return f"s3://{commit}.master.copy_models/income{folder and '/'}{folder}"
