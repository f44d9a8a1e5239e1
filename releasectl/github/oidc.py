"""A short-lived token of the cluster for one command: no secret is stored anywhere.

GitHub says who the job is (OpenID Connect), the cluster's identity provider exchanges that for its own token
(RFC 8693, as Keycloak and Dex offer it), and the command gets it in its environment.
https://docs.github.com/en/actions/concepts/security/openid-connect
"""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from releasectl.errors import PlatformRefused, UsageError
from releasectl.github.api import answer_of

TOKENS: Final = {"PACHD_TOKEN": "pachyderm", "SELDON_DEPLOY_TOKEN": "seldon-deploy"}  # variable -> audience
_GRANT: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_JWT: Final = "urn:ietf:params:oauth:token-type:jwt"
_ACCESS: Final = "urn:ietf:params:oauth:token-type:access_token"


def tokens(exchange: str, environment: Mapping[str, str]) -> dict[str, str]:
    """One token per service, by the name of the variable in which the platform file looks for it."""
    identity = _identity(environment, exchange)
    return {name: _exchanged(exchange, identity, audience) for name, audience in TOKENS.items()}


def _identity(environment: Mapping[str, str], audience: str) -> str:
    """A JSON Web Token in which GitHub vouches for repository, branch and environment of this job."""
    try:
        url, bearer = (environment[f"ACTIONS_ID_TOKEN_REQUEST_{name}"] for name in ("URL", "TOKEN"))
    except KeyError as error:
        what = f"{error.args[0]} is not set: GitHub vouches for nobody here"
        raise UsageError.at("OpenID Connect", what, "give the job the permission `id-token: write`") from None
    joint = "&" if "?" in url else "?"
    request = urllib.request.Request(
        f"{url}{joint}{urlencode({'audience': audience})}", headers={"Authorization": f"Bearer {bearer}"}
    )
    return str(answer_of(request, "GitHub's OpenID Connect provider")["value"])


def _exchanged(exchange: str, identity: str, audience: str) -> str:
    form = {
        "grant_type": _GRANT,
        "subject_token": identity,
        "subject_token_type": _JWT,
        "requested_token_type": _ACCESS,
        "audience": audience,
    }
    request = urllib.request.Request(exchange, data=urlencode(form).encode())
    answer = answer_of(request, f"the exchange of tokens for {audience}")
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise PlatformRefused.at(exchange, "answers without an access token", "see its configuration")
    return token
