"""What pachd answers when it says no: a gRPC status code and a text. Clients key on the codes."""

from __future__ import annotations

import grpc

Code = grpc.StatusCode


class PachError(Exception):
    """Validation errors have the code UNKNOWN, as in pachd."""

    def __init__(self, text: str, code: grpc.StatusCode = Code.UNKNOWN) -> None:
        super().__init__(text)
        self.code = code


def not_found(text: str) -> PachError:
    return PachError(text, Code.NOT_FOUND)


def exists(text: str) -> PachError:
    return PachError(text, Code.ALREADY_EXISTS)


def unavailable(text: str) -> PachError:
    return PachError(text, Code.UNAVAILABLE)


def unimplemented(text: str) -> PachError:
    return PachError(text, Code.UNIMPLEMENTED)
