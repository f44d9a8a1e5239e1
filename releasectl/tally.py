"""Compares what recorded comparisons say with Seldon's request log: did the candidate get so many requests?

Asked while a canary or an A/B test answers people on the strength of it; the log of a trial that is over may
be gone. One that does not reach back to the first request contradicts nothing, and that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from releasectl import requestlog
from releasectl.errors import BackendUnreachable, InvalidInput, PlatformRefused, Problem
from releasectl.model import Json, Missing, Release, Repository
from releasectl.ports import Endpoint, LoggedSpan, RequestLog

ANSWERING = ("canary", "abtest")
UNKNOWN = "ask again once the log can be read, or compare anew: `releasectl compare`"


def counted(repository: Repository, target: str, open_log: Callable[[str], RequestLog]) -> Iterator[Problem]:
    """What cannot be known, of the releases of `target`. Raises InvalidInput with all that the log denies."""
    denied: list[Problem] = []
    for release in repository.releases_in(target):
        candidate = release.strategy.candidate or ""
        records = repository.comparisons.get(f"{target}/{release.name}", {}).get(candidate)
        if not records or release.strategy.type not in ANSWERING:
            continue
        where = next(iter(records.values())).file
        try:
            namespace = repository.environments[target].namespace
            spans = open_log(target).endpoints(namespace, release.name)
        except (BackendUnreachable, PlatformRefused) as error:
            yield Problem(where, f"the request log cannot be asked: {error.problems[0].what}", UNKNOWN)
            continue
        for record in records.values():
            logged, said = (
                _logged(release, record.data, spans),
                record.data["traffic"]["candidate"]["requests"],
            )
            if isinstance(logged, Missing):
                yield Problem(record.file, logged.reason, UNKNOWN)
            elif logged < said:
                what = f"the candidate got {said:,} requests by the comparison, {logged:,} by the request log"
                remedy = "compare anew: `releasectl compare`; it is never edited"
                denied.append(Problem(record.file, what, remedy))
    InvalidInput.raise_if(denied)


def _logged(release: Release, record: Json, spans: Mapping[Endpoint, LoggedSpan]) -> int | Missing:
    """How many requests to the candidate are logged, if the log reaches back to the first one compared."""
    strategy, kind = release.strategy, record["strategy"]
    router = strategy.router and strategy.type == kind
    tried = replace(release, strategy=replace(strategy, type=kind, router=router))
    sides = requestlog.endpoints(tried)
    whole = spans.get(Endpoint("default", release.name))
    first = Missing("nothing is logged") if whole is None else whole.first
    if isinstance(sides, Missing) or isinstance(first, Missing):
        return Missing(f"the request log has nothing of {release.name}: nobody can count the requests again")
    if first >= datetime.fromisoformat(record["first"]) + timedelta(seconds=1):  # which it is written to
        return Missing(f"the request log begins at {first:%Y-%m-%d %H:%M}, after the first request compared")
    return spans[sides[1]].count if sides[1] in spans else 0
