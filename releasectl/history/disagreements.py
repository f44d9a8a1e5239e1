"""Where git and the records of applies do not tell the same story of a release."""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.githistory import GitCommit, log
from releasectl.history.sources import Sources
from releasectl.history.values import Disagreement, moment, told
from releasectl.ledger import Record
from releasectl.model import Missing
from releasectl.past import Version


def disagreements(sources: Sources) -> tuple[Disagreement, ...]:
    """By time; none where the records could not be read, for then nobody knows."""
    if sources.unread is not None:
        return ()
    reachable = {commit.id for commit in log(sources.root)} if sources.records else set()
    found: list[Disagreement] = []
    for record in sources.records:
        if sources.concerns(record):
            found += _of_record(record, sources, reachable)
            found += _unfinished(record, sources)
    found += _never_applied(sources)
    return tuple(sorted(found, key=lambda each: each.at))


def _of_record(record: Record, sources: Sources, reachable: set[str]) -> Iterator[Disagreement]:
    """A record against the commit that it names."""
    commit = record.git_commit
    if isinstance(commit, Missing):
        yield Disagreement(
            record.started, f"{_who(record)} names no git commit: {commit.reason}", "ask who made it"
        )
        return
    if commit not in reachable:
        what = f"{_who(record)} names git commit {commit[:12]}, which is not in the history of HEAD"
        remedy = "fetch it, or find out whose branch was applied: only the main line should be"
        yield Disagreement(record.started, what, remedy)
        return
    said, brought = told(sources.said(record)), told(sources.recorded(record))
    if said != brought:
        dirty = " with uncommitted changes" if record.dirty else ""
        what = f"{_who(record)}{dirty} brought {brought}, and git commit {commit[:12]} says {said}"
        yield Disagreement(
            record.started, what, "find out what was changed by hand; commit it, or apply again"
        )


def _unfinished(record: Record, sources: Sources) -> Iterator[Disagreement]:
    if record.result != "applied" and sources.touched(record):
        ended = _ENDS.get(record.result, f"ended as {record.result}")
        remedy = "what answered until the next apply is not certain; `releasectl verify` tells for now"
        yield Disagreement(record.started, f"{_who(record)} {ended}", remedy)


def _never_applied(sources: Sources) -> Iterator[Disagreement]:
    """Changes that git has and no record shows: superseded before an apply, or still waiting for one."""
    known = sources.known
    applied = [record for record in sources.records if record.result == "applied"]
    versions = (sources.version_at(record) for record in applied)
    shown = {version.commit.id for version in versions if isinstance(version, Version)}
    last = next((record for record in reversed(applied) if sources.concerns(record)), None)
    state = "nothing" if last is None else told(sources.recorded(last))
    for version, following in zip(known, [*known[1:], None], strict=True):
        if version.commit.id in shown:
            continue
        says = f"{_name(version.commit)} says {told(version.standing)}"
        if following is not None:
            what = f"{says}, and was never applied: {_name(following.commit)} came first"
            yield Disagreement(version.commit.committed, what, "nothing to do")
        elif told(version.standing) != state:
            what = f"{says}, and no apply since has brought it to the cluster"
            remedy = f"releasectl apply {sources.target.partition('/')[0]}"
            yield Disagreement(version.commit.committed, what, remedy)


_ENDS = {
    "failed": "failed on the way",
    "interrupted": "was interrupted",
    "started": "began and did not get to its end",
}


def _who(record: Record) -> str:
    return f"the apply of {moment(record.started)} by {record.author}"


def _name(commit: GitCommit) -> str:
    return f"git commit {commit.short} ({commit.subject})"
