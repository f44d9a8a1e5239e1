"""Judges a past state of the releases: by its own rules at its own time, or by those of another day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

from releasectl.basejudge import ask, judge_of
from releasectl.checked import Checked
from releasectl.checkout import extracted
from releasectl.errors import InvalidInput, UsageError
from releasectl.githistory import NEVER, GitCommit, paths_at, resolve
from releasectl.gitrun import run
from releasectl.judging import Request, judged
from releasectl.reading import FOLDERS

TODAY = ("today", "now")


def replay(root: Path, revision: str, as_of: str | None, *, now: datetime) -> Checked:
    """A commit judged by the rules of its own time, or by those of `as_of`: a day, or `today`."""
    commit = resolve(root, revision)
    files = list(paths_at(root, commit.id, *FOLDERS))
    with extracted(root, commit.id, files) as data:
        if as_of in TODAY:
            return judged(_request(root, data, commit.id, now, str(root)))
        judge, moment = (commit, commit.committed) if as_of is None else _on(root, as_of)
        if moment == NEVER:
            raise InvalidInput.at(commit.short, "has no date that could be read", "name one: `--as-of DAY`")
        with judge_of(root, judge.id) as tree:
            return ask(tree, _request(root, data, commit.id, moment))


def _request(root: Path, data: Path, commit: str, moment: datetime, judge: str = "") -> Request:
    when = moment.astimezone(UTC).isoformat()
    return Request(str(data), str(root), commit, when, exact=True, judge=judge)


def _on(root: Path, text: str) -> tuple[GitCommit, datetime]:
    """The last commit of the main line on a day, and the end of that day."""
    try:
        moment = datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    except ValueError:
        what = "is no day of the calendar"
        raise UsageError.at(f"--as-of {text}", what, "write it as in 2026-11-24, or `today`") from None
    arguments = ("rev-list", "-1", "--first-parent", f"--before={moment.isoformat()}", "HEAD")
    found = run(root, *arguments).stdout.decode().strip()
    if not found:
        raise UsageError.at(f"--as-of {text}", "there was no commit yet", "name a later day")
    return resolve(root, found), moment
