"""Why a text does not have the `format` that a schema wants, and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from releasectl.errors import UsageError
from releasectl.letters import visible

Explained = tuple[str, str]  # (what, remedy)

SELDON_NAME_LIMIT = 63
# The longest name that Seldon computes from a release is <name>-candidate-0-<name>; past 63 characters Seldon
# puts a hash in its place, and nobody finds the Deployment by its name any more.
NAME_LIMIT = (SELDON_NAME_LIMIT - len("-candidate-0-")) // 2


def commit(text: str) -> Explained:
    """Anything that is not 32 hex digits in lower case."""
    remedy = "copy the full id: 32 digits out of 0-9 and a-f, as Pachyderm prints it"
    if re.fullmatch("[0-9a-fA-F]{32}", text):
        return f"{_show(text)} has upper-case letters", f"write {text.lower()}"
    if re.fullmatch("[0-9a-f]+", text):
        return f"{_show(text)} is {len(text)} digits, a commit has 32", remedy
    strange = sorted({letter for letter in text if letter not in "0123456789abcdef"})
    shown = ", ".join(_show(letter) for letter in strange[:5])
    return f"{_show(text)} is not a commit: {shown or 'nothing'} is not a hex digit", remedy


def in_full(where: str, text: str, known: Iterable[str]) -> str:
    """A commit of `known` by its first digits, of which reports show 12; any other text is returned as it is.

    Raises UsageError if several begin with them.
    """
    found = (
        {each for each in known if each.startswith(text)} if re.fullmatch("[0-9a-f]{8,31}", text) else set()
    )
    if len(found) > 1:
        what = f"{len(found)} commits begin with {text}: {', '.join(sorted(found)[:5])}"
        raise UsageError.at(where, what, "write more of the digits")
    return found.pop() if found else text


def is_release_name(text: str) -> bool:
    return len(text) <= NAME_LIMIT and re.fullmatch("[a-z]([a-z0-9-]*[a-z0-9])?", text) is not None


def release_name(text: str) -> Explained:
    """Anything that is no DNS label, or makes Seldon's names too long."""
    if len(text) > NAME_LIMIT:
        reason = f"shorten it: Seldon makes names like {text[:8]}…-candidate-0-{text[:8]}… of at most 63"
        return f"{_show(text)} is {len(text)} characters long, at most {NAME_LIMIT} are possible", reason
    return _label(text, first="a-z")


def dns_label(text: str) -> Explained:
    return _label(text, first="a-z0-9")


def env_name(_text: str) -> Explained:
    """Never shows the text: it may be the secret itself."""
    return (
        "not the name of an environment variable",
        "write a name such as PACHD_TOKEN, never the secret itself",
    )


def _label(text: str, *, first: str) -> Explained:
    remedy = f"write lower-case letters, digits and `-`, beginning with {first}, ending without `-`"
    strange = sorted({letter for letter in text if not re.fullmatch("[a-z0-9-]", letter)})
    if strange:
        shown = ", ".join(_show(letter) for letter in strange[:5])
        return f"{_show(text)} cannot name a Kubernetes object: it holds {shown}", remedy
    return f"{_show(text)} cannot name a Kubernetes object", remedy


def _fixed(what: str, remedy: str) -> Callable[[str], Explained]:
    return lambda text: (f"{_show(text)} is not {what}", remedy)


def _show(text: str) -> str:
    return f"`{visible(text if len(text) <= 60 else text[:57] + '...')}`"


FORMATS: Final[Mapping[str, Callable[[str], Explained]]] = {
    "commit": commit,
    "release-name": release_name,
    "dns-label": dns_label,
    "team": _fixed("a team's name", "write lower-case letters, digits, `.`, `_` and `-`, as in credit-ml"),
    "image": _fixed(
        "an image fixed by version or digest",
        "write name:1.2.3 or name@sha256:<64 hex digits>; a tag such as `latest` can change under a release",
    ),
    "memory": _fixed("an amount of memory", "write a whole number of Mi or Gi, as in 512Mi"),
    "cpu": _fixed("an amount of CPU", 'write cores or thousandths in quotes, as in "1" or 500m'),
    "host-port": _fixed("host:port", "write it as in 127.0.0.1:30650, without a scheme"),
    "url": _fixed("an http(s) URL", "write it as in http://127.0.0.1:8004"),
    "env-name": env_name,
    "pachyderm-name": _fixed("a name that Pachyderm takes", "write letters, digits, `_` and `-`"),
    "secret-name": _fixed(
        "the name of a secret", "write lower-case letters, digits, `.` and `-`, as in seldon-rclone-secret"
    ),
    "date": _fixed("a date", "write year, month and day, as in 2026-11-24"),
    "criterion": _fixed(
        "a criterion", "known: agreement, psi, ks, p99, errors, accuracy, and groups:<trait> for each trait"
    ),
    "moment": _fixed("a moment in UTC", "write it as in 2026-11-24T08:30:00Z"),
    "reason": _fixed("a reason", "write a sentence, of ten letters at least, that is understood in a year"),
    "ticket": _fixed("a ticket", "write its number or its address, as in RISK-2041"),
    "fingerprint": _fixed("a fingerprint", "copy the 16 digits that `releasectl check` prints"),
    "sha256": _fixed("the sha256 of a file", "copy the 64 digits that `releasectl data push --train` prints"),
    "rule-id": _fixed("the id of a rule", "write it as in LOG-001; `policies/` holds one module per rule"),
}
