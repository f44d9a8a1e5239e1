"""Predictions and explanations as people and machines read them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from releasectl.ask import Explanation, Predictions
from releasectl.compare.words import count
from releasectl.model import Missing
from releasectl.plain import plain
from releasectl.report.envelope import envelope
from releasectl.report.width import width


def predictions_text(found: Predictions) -> str:
    """A row of values each; the names of the features, and why flags are unknown, stand once below."""
    version = found.model_version
    made_by = f"unknown: {version.reason}" if isinstance(version, Missing) else version
    lines = [f"{found.deployment}: {count(len(found.rows), 'prediction')} by model commit {made_by}"]
    lines.append(f"  {'row':>4}  {'class':<8} {'probability':>11}  {'outlier':<8} features")
    reasons = set()
    for number, row in enumerate(found.rows, 1):
        if isinstance(row.outlier, Missing):
            reasons.add(row.outlier.reason)
        flag = "unknown" if isinstance(row.outlier, Missing) else "OUTLIER" if row.outlier else "no"
        facts = f"  {number:>4}  {row.label:<8} {row.probability:>11.3f}  {flag:<8} "
        values = ", ".join(show(value) for value in row.features.values())
        lines.append(filled(values, facts, " " * len(facts)))
    if found.rows:
        lines.append(filled(f"features: {', '.join(found.rows[0].features)}"))
    lines += [f"  outliers unknown: {reason}" for reason in sorted(reasons)]
    return "\n".join(lines) + "\n"


def predictions_json(found: Predictions) -> str:
    return envelope("predict", ok=True, **plain(found))


def explanation_text(found: Explanation) -> str:
    """A sentence a person can be told."""
    facts = ", ".join(f"{name} {show(value)}" for name, value in found.features.items())
    because = " and ".join(found.conditions) or "nothing in particular (it is the usual answer)"
    sentence = (
        f"The answer is {found.label} because {because}. Where this holds, the model gives the same answer "
        f"for {share(found.precision)} of the applicants; it holds for {share(found.coverage)} of them."
    )
    return f"{filled(f'{found.deployment}: {facts}', '')}\n{filled(sentence)}\n"


def explanation_json(found: Explanation) -> str:
    return envelope("explain", ok=True, **plain(found))


def filled(words: str, first: str = "  ", rest: str = "  ") -> str:
    """To the width of the terminal."""
    return textwrap.fill(words, width(), initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def share(of_all: float) -> str:
    """In percent; never rounded to none or to all."""
    if 0 <= of_all < 0.005:
        return "less than 1%"
    return "more than 99%" if 0.995 <= of_all < 1 else f"{of_all:.0%}"


def show(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


PREDICTIONS: dict[str, Callable[[Predictions], str]] = {"text": predictions_text, "json": predictions_json}
EXPLANATION: dict[str, Callable[[Explanation], str]] = {"text": explanation_text, "json": explanation_json}
