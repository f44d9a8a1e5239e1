"""Predictions and explanations as people and machines read them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable

from releasectl.ask import Explanation, Predictions
from releasectl.model import Missing
from releasectl.plain import plain


def predictions_text(found: Predictions) -> str:
    """One line per row; the reasons for unknown outlier flags stand once below."""
    version = found.model_version
    made_by = f"unknown: {version.reason}" if isinstance(version, Missing) else version
    lines = [f"{found.deployment}: {len(found.rows)} predictions by model commit {made_by}"]
    lines.append(f"  {'row':>4}  {'class':<8} {'probability':>11}  {'outlier':<8} features")
    reasons = set()
    for number, row in enumerate(found.rows, 1):
        if isinstance(row.outlier, Missing):
            reasons.add(row.outlier.reason)
        flag = "unknown" if isinstance(row.outlier, Missing) else "OUTLIER" if row.outlier else "no"
        features = ", ".join(show(value) for value in row.features.values())
        short = textwrap.shorten(features, 110, placeholder=" ...")
        lines.append(f"  {number:>4}  {row.label:<8} {row.probability:>11.3f}  {flag:<8} {short}")
    lines += [f"  outliers unknown: {reason}" for reason in sorted(reasons)]
    return "\n".join(lines) + "\n"


def predictions_json(found: Predictions) -> str:
    return json.dumps({"command": "predict", "ok": True, **plain(found)}, indent=2) + "\n"


def explanation_text(found: Explanation) -> str:
    """A sentence a person can be told."""
    facts = ", ".join(f"{name} {show(value)}" for name, value in found.features.items())
    because = " and ".join(found.conditions) or "nothing in particular (it is the usual answer)"
    sentence = (
        f"The answer is {found.label} because {because}. Where this holds, the model gives the same answer "
        f"for {found.precision:.0%} of the applicants; it holds for {found.coverage:.0%} of them."
    )
    return (
        f"{found.deployment}: {facts}\n"
        + textwrap.fill(sentence, 100, initial_indent="  ", subsequent_indent="  ")
        + "\n"
    )


def explanation_json(found: Explanation) -> str:
    return json.dumps({"command": "explain", "ok": True, **plain(found)}, indent=2) + "\n"


def show(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


PREDICTIONS: dict[str, Callable[[Predictions], str]] = {"text": predictions_text, "json": predictions_json}
EXPLANATION: dict[str, Callable[[Explanation], str]] = {"text": explanation_text, "json": explanation_json}
