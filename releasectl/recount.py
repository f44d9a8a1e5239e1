"""The counts of the evidence once more: what a file makes of them has to be what they make.

Rules read shares, ratios, gaps and p-values; the counts that those come from stand beside them. How the
trainers work them out is in trainers/evaluation; numbers are written with six digits behind the point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from releasectl.model import Json
from releasectl.shares import Range, same_share, wilson

Path = tuple[str, ...]
Made = Mapping[str, Json]  # field -> what the counts make
Counts = Mapping[str, tuple[int, int]]  # group -> hits, of how many

UNKNOWN: Final = "unknown"  # the group of those whose trait is not stated
NOT_STATED: Final = "?"  # how the census writes it
SIZEABLE: Final = 100  # rows from which a group can be the reference
COUNTED: Final = 30  # rows from which an error rate is compared
ROUNDING: Final = 2e-6
SUMMED: Final = ("positives", "selected", "selected_positives")


class Contradiction(NamedTuple):
    """A value of the evidence at `path`, and what the counts beside it make."""

    path: Path
    told: Json
    counted: Json


def contradictions(evidence: Mapping[str, Json]) -> Iterator[Contradiction]:
    """Of profile, metrics and groups, all of which keep their schema."""
    profile, metrics, groups = evidence["profile"], evidence["metrics"], evidence["groups"]
    training = profile["training"]
    shares = {"distinct_share": training["distinct_rows"] / training["rows"]}
    yield from _differing(("profile", "training"), training, shares)
    for name, feature in profile["features"].items():
        yield from _of_feature(("profile", "features", name), feature, training["rows"])
    yield from _of_metrics(metrics)
    yield from _differing(("groups",), groups, {"threshold": metrics["decision"]["threshold"]})
    for trait, told in groups["traits"].items():
        yield from _of_trait(("groups", "traits", trait), told, groups["rows"], _confused(metrics))


def _differing(path: Path, told: Made, made: Made) -> Iterator[Contradiction]:
    for name, counted in made.items():
        if not _same(told[name], counted):
            yield Contradiction((*path, name), told[name], _shown(counted))


def _same(told: Json, counted: Json) -> bool:
    if told is None or counted is None or isinstance(counted, str):
        return bool(told == counted)
    if isinstance(counted, Range):
        return bool(counted.low - ROUNDING <= told <= counted.high + ROUNDING)
    if isinstance(counted, list):
        return all(_same(*each) for each in zip(told, counted, strict=True))
    return bool(abs(told - counted) <= ROUNDING)


def _shown(counted: Json) -> Json:
    """As it would be written."""
    if isinstance(counted, list):
        return [_shown(each) for each in counted]
    value = counted.high if isinstance(counted, Range) else counted
    return round(value, 6) if isinstance(value, float) else value


def _of_feature(path: Path, told: Json, rows: int) -> Iterator[Contradiction]:
    """Every row is of one category, or in one bin of the histogram: one more than there are edges."""
    if told["type"] == "categorical":
        counts = told["counts"]
        shares = {"missing_share": counts.get(NOT_STATED, 0) / rows, "distinct_values": len(counts)}
        yield from _differing(path, told, shares)
        yield from _differing(path, {"counts": sum(counts.values())}, {"counts": rows})
        return
    edges, bins = told["histogram"]["edges"], told["histogram"]["counts"]
    at = (*path, "histogram")
    yield from _differing(
        at, {"edges": len(edges), "counts": sum(bins)}, {"edges": len(bins) - 1, "counts": rows}
    )


def _confused(metrics: Json) -> dict[str, int]:
    """The confusion matrix as groups count it."""
    confusion = metrics["confusion"]
    caught, wrong = confusion["true_positives"], confusion["false_positives"]
    positives = caught + confusion["false_negatives"]
    return {"positives": positives, "selected": caught + wrong, "selected_positives": caught}


def _of_metrics(metrics: Json) -> Iterator[Contradiction]:
    rows, counts = metrics["holdout"]["rows"], _confused(metrics)
    confusion, calibration = metrics["confusion"], metrics["calibration"]
    counted = sum(confusion.values())
    yield from _differing(("metrics",), {"confusion": counted}, {"confusion": rows})
    right = confusion["true_positives"] + confusion["true_negatives"]
    yield from _differing(("metrics",), metrics, {"accuracy": right / rows})
    yield from _differing(
        ("metrics", "holdout"), metrics["holdout"], {"label_rate": counts["positives"] / rows}
    )
    selected = {"selection_rate": counts["selected"] / rows}
    yield from _differing(("metrics", "decision"), metrics["decision"], selected)
    bins = calibration["bins"]
    off = sum(each["rows"] * abs(each["predicted"] - each["observed"]) for each in bins)
    told = {**calibration, "bins": sum(each["rows"] for each in bins)}
    made = {"bins": rows, "expected_calibration_error": off / rows}
    yield from _differing(("metrics", "calibration"), told, made)


def _of_trait(path: Path, told: Json, rows: int, confused: Mapping[str, int]) -> Iterator[Contradiction]:
    """Groups are people who were counted once each; the errors of all of them are those of the model."""
    groups = told["groups"]
    impossible = [name for name, group in groups.items() if not _possible(group, rows)]
    if impossible:
        yield Contradiction((*path, "groups"), impossible, "groups whose counts fit into each other")
        return
    sums = {name: sum(group[name] for group in groups.values()) for name in SUMMED}
    for name, counted in confused.items():
        yield from _differing((*path, "groups"), {name: sums[name]}, {name: counted})
    unknown = groups.get(UNKNOWN, {"rows": 0})["rows"]
    known = {name: group for name, group in groups.items() if name != UNKNOWN}
    reference = _reference(known)
    yield from _differing(path, told, {"unknown_share": unknown / rows, "reference": reference})
    against = None if reference is None else known[reference]
    for name, group in groups.items():
        made = _rates(group) | _against(group, against)
        yield from _differing((*path, "groups", name), group, made)
    yield from _gaps((*path, "gaps"), told["gaps"], known)


def _possible(group: Made, rows: int) -> bool:
    """No statistics are made of more people than there are: they would take for ever."""
    caught, positives, selected = group["selected_positives"], group["positives"], group["selected"]
    fits = caught <= min(positives, selected) and positives + selected - caught <= group["rows"]
    return bool(fits and group["rows"] <= rows)


def _reference(known: Mapping[str, Made]) -> str | None:
    """The group that is selected most, of those with rows enough."""
    rates = {
        name: group["selected"] / group["rows"] for name, group in known.items() if group["rows"] >= SIZEABLE
    }
    return max(rates, key=lambda name: (rates[name], name), default=None)


def _hits(group: Made) -> dict[str, tuple[int, int]]:
    """By error rate: those selected, of the rows that it is counted by."""
    rows, positives, caught = group["rows"], group["positives"], group["selected_positives"]
    return {
        "true_positive_rate": (caught, positives),
        "false_positive_rate": (group["selected"] - caught, rows - positives),
    }


def _rates(group: Made) -> dict[str, Json]:
    rows, positives, selected = group["rows"], group["positives"], group["selected"]
    right = rows - positives - selected + 2 * group["selected_positives"]
    made: dict[str, Json] = {"label_rate": positives / rows, "accuracy": right / rows}
    for name, (hits, total) in {"selection_rate": (selected, rows), **_hits(group)}.items():
        made[name] = hits / total if total else None
        made[f"{name}_interval"] = wilson(hits, total)
    return made


def _against(group: Made, reference: Made | None) -> dict[str, Json]:
    """To a reference of which nobody is selected nothing can be compared."""
    names = ("selection_rate_ratio", "label_rate_ratio", "selection_rate_p")
    if reference is None or not reference["selected"]:
        return dict.fromkeys(names)
    (mine, n), (theirs, m) = (group["selected"], group["rows"]), (reference["selected"], reference["rows"])
    outcomes = reference["positives"] / m
    ratio = group["positives"] / n / outcomes if outcomes else None
    return dict(zip(names, (mine / n / (theirs / m), ratio, same_share(mine, n, theirs, m)), strict=True))


def _gaps(path: Path, told: Json, known: Mapping[str, Made]) -> Iterator[Contradiction]:
    for rate, found in told.items():
        counts = {name: _hits(group)[rate] for name, group in known.items()}
        made = _gap({name: each for name, each in counts.items() if each[1] >= COUNTED})
        if found is None or made is None:
            yield from _differing(
                path, {rate: None if found is None else found["gap"]}, {rate: made and made["gap"]}
            )
        else:
            yield from _differing((*path, rate), found, made)


def _gap(counts: Counts) -> dict[str, Json] | None:
    """The two groups that are furthest apart."""
    if len(counts) < 2:
        return None
    rates = {name: hits / total for name, (hits, total) in counts.items()}
    *_, highest = ordered = sorted(rates, key=lambda name: (rates[name], name))
    lowest = ordered[0]
    p = same_share(*counts[highest], *counts[lowest])
    return {"highest": highest, "lowest": lowest, "gap": rates[highest] - rates[lowest], "p": p}
