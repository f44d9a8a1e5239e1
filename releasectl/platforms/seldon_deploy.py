"""`Serving` over Seldon Deploy's API, with the paths and the login of its SDK.

Bodies go out as plain dicts and come back as raw JSON: the SDK's models drop every field they do not know.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple

from urllib3 import HTTPHeaderDict
from urllib3 import exceptions as failures

from releasectl import webhook
from releasectl.errors import ReleaseError
from releasectl.model import Json, Missing, Platform
from releasectl.normalise import GIT_COMMIT
from releasectl.platforms import seldon_objects
from releasectl.platforms.http_line import Line
from releasectl.platforms.http_wire import Answer, Conflict, NotFound, Peer
from releasectl.platforms.shapes import BLOCK, DEPLOYMENT, DEPLOYMENTS, DETECTORS, Shape, misfit
from releasectl.ports import Deployment, Detector, Serving

API_PATH = "/seldon-deploy/api/v1alpha1"
UPDATE_ATTEMPTS = 5
REMEDIES = {
    "404": "check the names of the namespace and of the deployment",
    "409": "somebody else changed it meanwhile: repeat the command",
    "500": "see the log of Seldon Deploy, then repeat the command",
}


class Monitor(NamedTuple):
    """The SDK's class for one kind of detector, and the word in its methods' names."""

    api: str
    word: str


MONITORS: Mapping[str, Monitor] = {
    "drift": Monitor("DriftDetectorApi", "drift"),
    "outlier": Monitor("OutlierDetectorApi", "outlier"),
}


def build(platform: Platform) -> Serving:
    return SeldonDeploy(platform)


class SeldonDeploy:
    """See `Serving`. The SDK is imported and a connection made at the first call."""

    def __init__(self, platform: Platform) -> None:
        url = platform.seldon_deploy.rstrip("/").removesuffix(API_PATH)
        token = platform.seldon_deploy_token_env
        self._peer = Peer(
            "Seldon Deploy", url, "/seldon_deploy", platform, "seldon_deploy_token_env", token,
            faults=(500,),  # that of the ingress comes from a model that makes nothing of its rows
        )  # fmt: skip

    def version(self) -> str:
        found = self.fitting(self._call("EnvironmentApi", "read_version"), BLOCK)
        return str(found.get("BuildVersion") or found.get("GitCommit") or "unknown")

    def deployments(self, namespace: str) -> Mapping[str, Deployment]:
        answer = self._call("SeldonDeploymentsApi", "list_seldon_deployments", namespace, where=namespace)
        listed = self.fitting(answer, DEPLOYMENTS)
        found = [seldon_objects.deployment(self._named(item)) for item in listed.get("items") or ()]
        return {each.manifest["metadata"]["name"]: each for each in found}

    def deployment(self, namespace: str, name: str) -> Deployment | Missing:
        try:
            return seldon_objects.deployment(self._read(namespace, name))
        except NotFound as error:
            return Missing(error.problems[0].what)

    def create(self, namespace: str, manifest: Json) -> None:
        self._write("create_seldon_deployment", namespace, manifest, (namespace, manifest), "Created")

    def update(self, namespace: str, manifest: Json) -> None:
        """The operator writes the status at any time, and each write makes a new resource version."""
        name = manifest["metadata"]["name"]
        live = self._read(namespace, name)
        for attempt in range(1, UPDATE_ATTEMPTS + 1):
            body = seldon_objects.successor(manifest, live)
            try:
                self._write("update_seldon_deployment", namespace, body, (name, namespace, body), "Updated")
            except Conflict:
                before, live = live, self._read(namespace, name)
                if attempt == UPDATE_ATTEMPTS or not seldon_objects.same_but_status(before, live):
                    raise
            else:
                return

    def delete(self, namespace: str, name: str) -> None:
        try:
            self._call(
                "SeldonDeploymentsApi", "delete_seldon_deployment", name, namespace,
                where=f"{namespace}/{name}", action="Deleted by releasectl",
            )  # fmt: skip
        except NotFound:
            return  # gone is what was asked for

    def detectors(self, namespace: str, name: str) -> Mapping[str, Detector]:
        found: dict[str, Detector] = {}
        for kind, monitor in MONITORS.items():
            method = f"list_{monitor.word}_detector_seldon_deployment"
            try:
                listed = self._call(monitor.api, method, name, namespace, where=f"{namespace}/{name}")
            except NotFound:
                continue  # no deployment, no detectors
            for item in self.fitting(listed or [], DETECTORS):
                detector = seldon_objects.detector(kind, item or {})
                found[detector.name] = detector
        return found

    def create_detector(self, namespace: str, name: str, detector: Detector) -> None:
        monitor = MONITORS[detector.kind]
        method = f"create_{monitor.word}_detector_seldon_deployment"
        where = f"{namespace}/{name} detector {detector.name}"
        self._call(monitor.api, method, name, namespace, detector.body, where=where)

    def delete_detector(self, namespace: str, name: str, detector: Detector) -> None:
        monitor = MONITORS[detector.kind]
        method = f"delete_{monitor.word}_detector_seldon_deployment"
        where = f"{namespace}/{name} detector {detector.name}"
        try:
            self._call(monitor.api, method, name, namespace, detector.name, where=where)
        except NotFound:
            return  # gone is what was asked for

    def _read(self, namespace: str, name: str) -> Mapping[str, Json]:
        where = f"{namespace}/{name}"
        return self._named(
            self._call("SeldonDeploymentsApi", "read_seldon_deployment", name, namespace, where=where)
        )

    def _write(
        self, method: str, namespace: str, manifest: Json, arguments: tuple[Json, ...], done: str
    ) -> None:
        """`action` and `message` become the commit message where the namespace is under GitOps."""
        commit = (manifest["metadata"].get("annotations") or {}).get(GIT_COMMIT)
        remedies = {each.field: each.remedy for each in webhook.violations(manifest)}
        self._call(
            "SeldonDeploymentsApi", method, *arguments,
            where=f"{namespace}/{manifest['metadata']['name']}", remedies=remedies,
            action=f"{done} by releasectl",
            message=f"git commit {commit}" if commit else "no git commit",
        )  # fmt: skip

    def _call(
        self,
        api: str,
        method: str,
        *arguments: Json,
        where: str = "",
        remedies: Mapping[str, str] | None = None,
        **query: str,
    ) -> Json:
        from seldon_deploy_sdk.rest import ApiException

        endpoint = getattr(_api(api)(self._client), method)
        options: dict[str, Any] = {"_preload_content": False, "_request_timeout": self._peer.patience}
        try:
            with self._line.exchange():
                response = endpoint(*arguments, **query, **options)
                answer = self._peer.receive(response)
        except ApiException as error:
            raise self._refused(error, where, remedies or {}) from None
        except failures.HTTPError as error:
            raise self._peer.broken(error) from None
        return self._peer.value(answer)

    def _refused(self, error: Any, where: str, remedies: Mapping[str, str]) -> ReleaseError:
        if not error.status:  # the SDK's way to say that TLS failed
            return self._peer.broken(failures.SSLError(error.reason))
        body = error.body.encode() if isinstance(error.body, str) else error.body or b""
        answer = Answer(error.status, HTTPHeaderDict(error.headers or {}), body)
        if error.status == 404 and not answer.fields():
            return self._peer.unreachable(f"answers, but not as Seldon Deploy does (404: {answer.message()})")
        return self._peer.refusal(answer, where or self._peer.here, {**REMEDIES, **remedies})

    def fitting(self, value: Json, shape: Shape) -> Json:
        """`value`, if it is of the shape that its reader relies on."""
        if fault := misfit(value, shape):
            raise self._peer.unreachable(f"answers with JSON of another kind: {fault}")
        return value

    def _named(self, value: Json) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self.fitting(value, DEPLOYMENT)
        if isinstance((found.get("metadata") or {}).get("name"), str):
            return found
        raise self._peer.unreachable(f"answers with an object that has no name: {str(value)[:80]!r}")

    @cached_property
    def _client(self) -> Any:
        from seldon_deploy_sdk.api_client import ApiClient
        from seldon_deploy_sdk.configuration import Configuration

        configuration = Configuration()
        for name in ("seldon_deploy_sdk", "urllib3"):  # it has hung a handler into each, and one per instance
            logging.getLogger(name).removeHandler(configuration.logger_stream_handler)
        configuration.host = f"{self._peer.url}{API_PATH}"
        configuration.proxy = self._peer.proxy
        configuration.ssl_ca_cert = os.environ.get("SSL_CERT_FILE")
        configuration.id_token = self._peer.token
        if not self._peer.token:
            configuration.auth_settings = dict  # else it sends an empty Bearer, which proxies reject
        client = ApiClient(configuration)
        # It would try thrice more, and each time wait as long for an answer; and follow to a login page.
        client.rest_client.pool_manager.connection_pool_kw["retries"] = False
        return client

    @cached_property
    def _line(self) -> Line:
        return Line(self._client.rest_client.pool_manager, self._peer.platform.timeout_seconds)


def _api(name: str) -> Any:
    """A class of the SDK, by its name: each has a module of its own."""
    module = re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return getattr(import_module(f"seldon_deploy_sdk.api.{module}"), name)
