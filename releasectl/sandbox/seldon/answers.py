"""The bodies of answers that are no objects: Kubernetes' Status, and Seldon Deploy's Error and Message."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence

from starlette.responses import Response

from releasectl.model import Json
from releasectl.webhook import Violation

GROUP = "machinelearning.seldon.io"
PLURAL = f"seldondeployments.{GROUP}"


class Refused(Exception):
    """A request that is answered by an error: the HTTP status, and its body."""

    def __init__(self, code: int, body: Json) -> None:
        super().__init__(body.get("message"))
        self.code = code
        self.body = body


def reply(body: Json, code: int = 200) -> Response:
    return Response(json.dumps(body), code, media_type="application/json")


def refuse(code: int, message: str) -> Refused:
    """An Error as swagger describes it."""
    return Refused(code, {"code": code, "message": message, "requestId": str(uuid.uuid4())})


def not_found(name: str, plural: str = PLURAL) -> Refused:
    return refuse(404, f'{plural} "{name}" not found')


def invalid(name: str, violations: Sequence[Violation]) -> Refused:
    """422 with every violation: the Status that the API server makes of the webhook's refusal."""
    causes = [
        {"reason": "FieldValueInvalid", "message": each.message, "field": each.field} for each in violations
    ]
    listed = ", ".join(f"{each.field}: Invalid value: {each.message}" for each in violations)
    message = f'SeldonDeployment.{GROUP} "{name}" is invalid: '
    message += listed if len(violations) == 1 else f"[{listed}]"
    details = {"name": name, "group": GROUP, "kind": "SeldonDeployment", "causes": causes}
    return Refused(422, _status("Failure", message, code=422, reason="Invalid", details=details))


def deleted(name: str, uid: str) -> Json:
    details = {"name": name, "group": GROUP, "kind": "seldondeployments", "uid": uid}
    return _status("Success", details=details)


def message(text: str, code: int = 200) -> Json:
    return {"code": code, "message": text}


def _status(outcome: str, text: str = "", **fields: Json) -> Json:
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": outcome, **fields}
    return {**body, "message": text} if text else body
