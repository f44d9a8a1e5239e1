"""What is deployed and does not serve yet: after `down` and `up` every model server starts anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException

from releasectl.model import Json

BASE = "/seldon-deploy/api/v1alpha1"
SECONDS = 5


def starting(port: int) -> tuple[str, ...]:
    """SeldonDeployments and detectors that are being made, by the Seldon Deploy that listens on `port`.

    What has failed is not among them, nor what waits for its client: nothing is gained by waiting for it.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        return tuple(_starting(connection))
    except (OSError, HTTPException):
        return ("Seldon Deploy",)
    finally:
        connection.close()


def _starting(connection: HTTPConnection) -> Iterator[str]:
    for namespace in _get(connection, "/cluster")["Namespaces"]:
        path = f"/namespaces/{namespace['name']}/seldondeployments"
        for found in _get(connection, path)["items"]:
            name = found["metadata"]["name"]
            if _comes(found):
                yield f"{namespace['name']}/{name}"
            for kind in ("drift", "outlier"):
                for detector in _get(connection, f"{path}/{name}/monitor/{kind}-detector"):
                    if detector["status"] == "Creating":
                        yield f"{namespace['name']}/{detector['name']}"


def _comes(found: Json) -> bool:
    """Whether it will be ready if one waits: it is not yet, has not failed, and has a server to be ready.

    What is available and nevertheless says why it is not ready waits for its detectors: they come, or a
    client that ended between two calls has left them behind.
    """
    status = found.get("status") or {}
    (ready,) = [each for each in status.get("conditions", ()) if each["type"] == "Ready"] or [{}]
    scaled = all(predictor.get("replicas", 1) for predictor in found["spec"]["predictors"])
    held = status.get("state") == "Available" and "message" in ready
    return ready.get("status") != "True" and scaled and not held and status.get("state") != "Failed"


def _get(connection: HTTPConnection, path: str) -> Json:
    connection.request("GET", BASE + path)
    return json.load(connection.getresponse())
