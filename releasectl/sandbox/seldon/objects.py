"""What the API server does to a SeldonDeployment that a client sends: decode, prune, validate, stamp."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime

from generators.roundtrip import malformed
from releasectl import webhook
from releasectl.model import Json
from releasectl.sandbox.seldon.answers import PLURAL, invalid, refuse
from releasectl.sandbox.seldon.prune import SERVER_SIDE, pruned
from releasectl.webhook import Violation

API_VERSION = "machinelearning.seldon.io/v1"
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
LIMIT_BYTES = 3 * 1024 * 1024  # of a request, as in the API server


def decode(body: bytes) -> Json:
    if len(body) > LIMIT_BYTES:
        raise refuse(413, f"Request entity too large: limit is {LIMIT_BYTES}")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise refuse(400, f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise refuse(400, "the body must be a JSON object")
    return value


def admitted(namespace: str, given: Json, name: str | None = None) -> Json:
    """`given` as it would be stored, without what only the server sets; raises Refused.

    `name` is that of the path, where the path has one.
    """
    manifest = pruned(given)
    metadata = manifest.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise refuse(400, "metadata must be a JSON object")
    _fits(metadata, "namespace", namespace)
    if name is not None:
        _fits(metadata, "name", name)
    manifest = {"apiVersion": API_VERSION, "kind": "SeldonDeployment", **manifest}
    manifest["metadata"] = {key: value for key, value in metadata.items() if key not in SERVER_SIDE}
    manifest.pop("status", None)
    if violations := violated(manifest):
        raise invalid(str(metadata.get("name", "")), violations)
    return {**manifest, "apiVersion": API_VERSION}  # v1 is the version that is stored


def violated(manifest: Json) -> list[Violation]:
    """The schema's complaints; if there are none the webhook's, as one comes before the other."""
    name = (manifest.get("metadata") or {}).get("name")
    if not isinstance(name, str) or not SUBDOMAIN.fullmatch(name) or len(name) > 253:
        text = (
            f"{name!r} must be a lowercase RFC 1123 subdomain" if name else "Required value: name is required"
        )
        return [Violation("metadata.name", text, "use a-z, 0-9, - and .")]
    return malformed(manifest) or webhook.violations(manifest)


def created(manifest: Json, now: datetime | None = None) -> Json:
    stamp = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata = {
        **manifest["metadata"],
        "uid": str(uuid.uuid4()),
        "creationTimestamp": stamp,
        "generation": 1,
    }
    return {**manifest, "metadata": metadata}


def updated(old: Json, manifest: Json, given: Json) -> Json | None:
    """`manifest` as the successor of `old`, or None if it changes nothing; raises Refused on a conflict."""
    sent, kept = given.get("metadata") or {}, old["metadata"]
    for field in ("uid", "resourceVersion"):
        if sent.get(field) not in (None, "", kept[field]):
            raise refuse(
                409,
                f'Operation cannot be fulfilled on {PLURAL} "{kept["name"]}": the object has been modified; '
                f"please apply your changes to the latest version and try again ({field} {sent[field]}, "
                f"stored {kept[field]})",
            )
    metadata = {**manifest["metadata"], **{key: kept[key] for key in SERVER_SIDE if key in kept}}
    same_spec = manifest["spec"] == old["spec"]
    if same_spec and metadata == kept:
        return None
    metadata["generation"] += not same_spec
    return {**manifest, "metadata": metadata}


def check_namespace(namespace: str) -> None:
    if not LABEL.fullmatch(namespace):
        raise refuse(404, f'namespaces "{namespace}" not found')


def _fits(metadata: Json, key: str, of_path: str) -> None:
    value = metadata.setdefault(key, of_path) or of_path
    metadata[key] = value
    if value != of_path:
        raise refuse(
            400,
            f"the {key} of the provided object does not match the {key} sent on the request "
            f"({value!r} and {of_path!r})",
        )
