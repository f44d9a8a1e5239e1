"""JSON Web Tokens, as GitHub's OpenID Connect provider signs them and an identity provider checks them."""

from __future__ import annotations

import base64
import hmac
import json

KEY = b"GitHub's signing key"


def signed(claims: dict[str, str]) -> str:
    """A JSON Web Token."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = base64.urlsafe_b64encode(hmac.digest(KEY, text, "sha256")).rstrip(b"=")
    return (text + b"." + mac).decode()


def verified(token: str) -> dict[str, str]:
    text, _, mac = token.rpartition(".")
    expected = base64.urlsafe_b64encode(hmac.digest(KEY, text.encode(), "sha256")).rstrip(b"=").decode()
    assert hmac.compare_digest(mac, expected), "not signed by GitHub"
    payload = text.partition(".")[2]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
