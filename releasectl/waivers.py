"""policies/waivers.yaml: who may go on in spite of which finding, until when."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from releasectl.enforcement import Enforced
from releasectl.errors import Problem
from releasectl.model import Json, Missing, Repository
from releasectl.policy import Finding, Notice, Waiver, another_team
from releasectl.renewals import MOST, Grant, Grants, renewals
from releasectl.rulebook import rules
from releasectl.schema import did_you_mean

FILE: Final = "policies/waivers.yaml"
LONGEST: Final = timedelta(days=90)
SOON: Final = timedelta(days=14)
STANDS: Final = "mend what the rule found, or do not release it"

Plans = Mapping[str, Sequence[Enforced]]  # by environment
Names = Callable[[str], Collection[str] | Missing]  # of a release: what else it was called


def wrong_waivers(
    repository: Repository,
    rules: Collection[str],
    environments: Collection[str] | None,
    *,
    all_loaded: bool = True,
) -> Iterator[Problem]:
    """Names that nothing has: a waiver of them would never do anything.

    `environments` is None where not all are known that it may be for.
    """
    for index, entry in enumerate(_entries(repository)):
        for key, known in (("rule", rules if all_loaded else None), ("environment", environments)):
            if known is not None and entry[key] not in known:
                assert repository.waivers is not None
                place = repository.waivers.place(f"/waivers/{index}/{key}")
                what = f"a waiver for the {key} `{entry[key]}`, which does not exist"
                yield Problem(str(place), what, did_you_mean(entry[key], known))


def waivers(repository: Repository) -> tuple[Waiver | Notice, ...]:
    """Each entry as a waiver, or everything for which it is none."""
    entries = enumerate(_entries(repository))
    return tuple(each for index, entry in entries for each in _read(repository, index, entry))


def waive(
    findings: Sequence[Finding],
    entries: Sequence[Waiver | Notice],
    plans: Plans,
    now: datetime,
    grants: Grants,
    judged: Collection[str] | None = None,
    names: Names = lambda _: (),
) -> tuple[list[Finding], tuple[Notice, ...]]:
    """Findings with the waivers that hold today; what expired, is none, or matches nothing is told.

    The day is that of `now`, so that the same files give the same verdict whenever they are judged again.
    `judged` are the releases that were looked at, if not all were: of the others nothing is known. `names`
    tells what a release was called before: another name does not shed what was waived.
    """
    notices = [each for each in entries if isinstance(each, Notice)]
    valid = [each for each in entries if isinstance(each, Waiver)]
    by_key = {_key(waiver): waiver for waiver in valid if waiver.created <= now.date() <= waiver.expires}
    waivable = {(name, each.rule.id) for name, plan in plans.items() for each in plan if each.waivable}
    result = []
    for finding in findings:
        waiver = by_key.get((finding.rule, finding.release, finding.fingerprint))
        if waiver is not None:
            why_not = (
                f"{waiver.rule} cannot be waived in {finding.environment}: the finding stands"
                if (finding.environment, finding.rule) not in waivable
                else _renewed_too_often(waiver, valid, grants, names)
            )
            if why_not:
                notices.append(Notice(waiver.place, why_not, STANDS))
                waiver = None
        result.append(finding if waiver is None else replace(finding, waiver=waiver))
    used = {(finding.rule, finding.release, finding.fingerprint) for finding in findings}
    for waiver in valid:
        if judged is not None and waiver.release not in judged:
            continue
        notices.extend(_of_its_time(waiver, now.date(), _key(waiver) in used))
    return result, tuple(sorted(notices, key=lambda notice: notice.place))


def _renewed_too_often(waiver: Waiver, valid: Sequence[Waiver], grants: Grants, names: Names) -> str:
    """Why it is one too many; git remembers those that are no longer in the file."""
    about = f"the waiver of {waiver.rule} for {waiver.release} ({waiver.ticket})"
    unknown = f"how often {about} was renewed is not known, so it does not hold"
    if isinstance(before := grants(), Missing):
        return f"{unknown}: {before.reason}"
    if isinstance(called := names(waiver.release), Missing):
        return f"{unknown}: {called.reason}"
    known = before.union(Grant(each.rule, each.release, each.created) for each in valid)
    count = renewals(Grant(waiver.rule, waiver.release, waiver.created), known, called)
    if count <= MOST:
        return ""
    return f"{about} is renewal {count} within a year, at most {MOST} are possible: it does not hold"


def _of_its_time(waiver: Waiver, today: date, used: bool) -> Iterator[Notice]:
    about = f"the waiver of {waiver.rule} for {waiver.release} ({waiver.ticket})"
    if today > waiver.expires:
        remedy = f"remove it, or ask {waiver.approver} for a new one in a pull request of its own"
        yield Notice(waiver.place, f"{about} expired on {waiver.expires}: it does not hold", remedy)
    elif today < waiver.created:
        what = f"{about} begins on {waiver.created}: it does not hold yet"
        yield Notice(waiver.place, what, "write the day on which it was approved")
    elif not used:
        what = f"{about} matches no finding: there is nothing with the fingerprint {waiver.fingerprint}"
        remedy = (
            "keep it if it waits for a release that is to come; else remove it, or copy the fingerprint that "
            "`releasectl check` prints"
        )
        yield Notice(waiver.place, what, remedy)
    elif waiver.expires - today <= SOON:
        left = (waiver.expires - today).days
        what = f"{about} expires on {waiver.expires}, in {left} day{'s' if left != 1 else ''}"
        yield Notice(waiver.place, what, f"mend the cause before, or ask {waiver.approver} again")


def _read(repository: Repository, index: int, entry: Mapping[str, Json]) -> Iterator[Waiver | Notice]:
    source = repository.waivers
    assert source is not None
    pointer = f"/waivers/{index}"
    created, expires = (_day(entry[key]) for key in ("created", "expires"))
    faults = list(_faults(entry, created, expires))
    for key, what, remedy in faults:
        yield Notice(source.place(f"{pointer}/{key}"), f"{what}: it does not hold", remedy, wrong=True)
    if faults or created is None or expires is None:
        return
    yield Waiver(
        rule=entry["rule"],
        release=f"{entry['environment']}/{entry['release']}",
        fingerprint=entry["fingerprint"],
        reason=entry["reason"],
        owner=entry["owner"],
        approver=entry["approver"],
        ticket=entry["ticket"],
        created=created,
        expires=expires,
        place=source.place(f"{pointer}/rule"),
    )


def _faults(
    entry: Mapping[str, Json], created: date | None, expires: date | None
) -> Iterator[tuple[str, str, str]]:
    """Everything that is wrong with an entry: the field, what, and what to do."""
    for key, day in (("created", created), ("expires", expires)):
        if day is None:
            what = f"the waiver has {entry[key]} as `{key}`, which is no day of the calendar"
            yield key, what, "write year, month and day, as in 2026-11-24"
    if not another_team(entry["owner"]).holds(entry["approver"]):
        what = f"the waiver is approved by its own owner, {entry['owner']}"
        yield "approver", what, "somebody else has to approve it"
    elif (alone := _alone(entry["rule"])) and entry["approver"] != alone:
        what = (
            f"the waiver is approved by {entry['approver']}, and {entry['rule']} is waived by {alone} alone"
        )
        yield "approver", what, f"ask {alone}"
    elif entry["rule"] in rules() and entry["approver"] not in (teams := _teams()):
        what = f"the waiver is approved by {entry['approver']}, a team that owns no rule"
        yield "approver", what, did_you_mean(entry["approver"], teams)
    if created is None or expires is None:
        return
    if expires < created:
        what = f"the waiver expires on {expires}, before it was created on {created}"
        yield "expires", what, "write a later day"
    if expires - created > LONGEST:
        days = (expires - created).days
        what = f"the waiver lasts {days} days, at most {LONGEST.days} are possible"
        yield "expires", what, f"write {created + LONGEST} at the latest, and ask again then"


def _alone(rule: str) -> str:
    """The only team that waives a rule, if its module names one."""
    return str(getattr(rules().get(rule), "APPROVER", ""))


def _teams() -> Collection[str]:
    """Those that answer for a rule may take the risk of a waiver; who makes models may not."""
    return {module.RULE.owner for module in rules().values()}


def _key(waiver: Waiver) -> tuple[str, str, str]:
    return waiver.rule, waiver.release, waiver.fingerprint


def _entries(repository: Repository) -> Sequence[Mapping[str, Json]]:
    return repository.waivers.data["waivers"] if repository.waivers else ()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
