"""How often a rule was waived for a release before: told by git, not by the file that asks for it again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Final, NamedTuple

from releasectl.errors import PlatformRefused, UsageError
from releasectl.githistory import SHALLOW, contents, is_shallow, log, unborn
from releasectl.gitrun import run
from releasectl.model import Json, Missing, Source
from releasectl.reading import WAIVERS
from releasectl.yamlsource import parse

MOST: Final = 2  # renewals within
YEAR: Final = timedelta(days=365)


class Grant(NamedTuple):
    """A rule was waived for a release from a day on; `release` is <environment>/<name>."""

    rule: str
    release: str
    created: date


Grants = Callable[[], frozenset[Grant] | Missing]


def grants(root: Path, revision: str = "HEAD") -> Grants:
    """What was ever waived on the main line up to `revision`; git is asked once, and only if that matters."""
    return cache(partial(_read, root, revision))


def renewals(of: Grant, known: frozenset[Grant], names: Collection[str] = ()) -> int:
    """On how many days of the year before the same was granted: each lasts 90 days, however it is edited.

    `names`: what the release was called before.
    """
    releases = {of.release, *names}
    days = {each.created for each in known if each.rule == of.rule and each.release in releases}
    return sum(of.created - YEAR <= day < of.created for day in days)


def entries(data: Json) -> Iterator[Grant]:
    """Those of one version of the file, which an earlier schema may have let in."""
    found = data.get("waivers") if isinstance(data, Mapping) else None
    for entry in found if isinstance(found, list) else ():
        try:
            release = f"{entry['environment']}/{entry['release']}"
            yield Grant(entry["rule"], release, date.fromisoformat(entry["created"]))
        except (KeyError, TypeError, ValueError):
            continue  # it never was a waiver


def _read(root: Path, revision: str) -> frozenset[Grant] | Missing:
    try:
        known = run(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", check=False)
        if known.returncode and unborn(root):
            return frozenset()
        if is_shallow(root):
            return Missing(SHALLOW)
        commits = log(root, WAIVERS, revision=revision, first_parent=True)
        versions = contents(root, [(commit.id, WAIVERS) for commit in commits]).values()
    except (PlatformRefused, UsageError) as error:
        return Missing(f"git cannot be asked: {error.problems[0].what}")
    sources = (parse(WAIVERS, text) for text in versions)
    return frozenset(
        grant for source in sources if isinstance(source, Source) for grant in entries(source.data)
    )
