"""Every apply that changed something or failed, as a JSON file in the Pachyderm repository `deployments`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from releasectl.git import Revision
from releasectl.model import CommitId, Json, Missing
from releasectl.outcome import Outcome, Unfinished
from releasectl.plain import plain
from releasectl.plan.values import Plan
from releasectl.ports import VersionedData

REPO = "deployments"
BRANCH = "master"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One apply. `result` is `started` while it runs, and for ever if it was killed."""

    path: str
    target: str
    result: str
    author: str
    git_commit: str | Missing
    dirty: bool
    started: datetime
    finished: datetime | Missing
    models: Mapping[str, CommitId]
    changes: tuple[Json, ...]
    problems: tuple[Json, ...]
    strategies: Mapping[str, Json] = field(default_factory=dict)  # by release; older records have none


@dataclass(slots=True)
class Ledger:
    """Writes for one apply; see `apply.Recorder`."""

    data: VersionedData
    revision: Revision
    _path: str = field(default="", init=False)

    def unfinished(self, target: str) -> Unfinished | None:
        """The apply before this one, if it was killed, interrupted, or failed."""
        last = latest(self.data, target)
        if isinstance(last, Missing) or last.result == "applied":
            return None
        return Unfinished(last.finished if last.result == "failed" else Missing(f"it was {last.result}"))

    def begin(self, plan: Plan, started: datetime) -> None:
        """Before the first write; a kill leaves this record behind."""
        self._path = self._path_of(plan.target, started)
        self._write(plan, "started", started, Missing("it has not ended"))

    def end(self, outcome: Outcome) -> None:
        """The same record with its result; a record of its own if nothing was begun."""
        self._path = self._path or self._path_of(outcome.target, outcome.started)
        self._write(outcome.plan, outcome.result, outcome.started, outcome.finished, outcome)

    def settle(self, outcome: Outcome) -> None:
        """A record of an apply that found nothing to do, after one that had not ended."""
        self._path = self._path_of(outcome.target, outcome.started)
        self._write(outcome.plan, "applied", outcome.started, outcome.finished, outcome)

    def _path_of(self, target: str, started: datetime) -> str:
        moment = started.strftime("%Y%m%dT%H%M%S") + f"{started.microsecond // 1000:03d}Z"
        commit = self.revision.commit
        return f"/{target}/{moment}-{'nogit' if isinstance(commit, Missing) else commit[:12]}.json"

    def _write(
        self,
        plan: Plan,
        result: str,
        started: datetime,
        finished: datetime | Missing,
        outcome: Outcome | None = None,
    ) -> None:
        record = {
            "version": VERSION,
            "target": plan.target,
            "result": result,
            "author": self.revision.author,
            "git_commit": self.revision.commit,
            "dirty": self.revision.dirty,
            "started": started,
            "finished": finished,
            "models": plan.models,
            "strategies": plan.strategies,
            "changes": [
                {"verb": change.verb, "resource": change.resource, "highlights": change.highlights}
                for change in plan.changes
            ],
            "steps": {"planned": len(plan.steps), "done": outcome.steps_done if outcome else 0},
            "problems": outcome.problems if outcome else (),
        }
        text = json.dumps(plain(record), indent=2, sort_keys=True) + "\n"
        self.data.append(REPO, BRANCH, self._path, text.encode())


def latest(data: VersionedData, target: str) -> Record | Missing:
    """The newest record of `target`; no older one is read."""
    return next(records(data, target), Missing(f"no apply of {target} is recorded"))


def history(data: VersionedData, target: str) -> tuple[Record, ...]:
    """All records of `target`, newest first."""
    return tuple(records(data, target))


def records(data: VersionedData, target: str) -> Iterator[Record]:
    """Newest first, each read when it is asked for; the names tell the moment.

    A file that is no record of ours is passed over: anybody may write into that repository.
    """
    heads = data.branches(REPO)
    head = None if isinstance(heads, Missing) else heads.get(BRANCH)
    if head is None:
        return
    for path in reversed(list(data.sizes(REPO, head, f"/{target}"))):
        content = data.read(REPO, head, path)
        record = None if isinstance(content, Missing) else _parse(path, content)
        if record is not None:
            yield record


def _parse(path: str, content: bytes) -> Record | None:
    try:
        fields: dict[str, Any] = json.loads(content)
        return Record(
            path=path,
            target=fields["target"],
            result=fields["result"],
            author=fields["author"],
            git_commit=_optional(fields["git_commit"]),
            dirty=fields["dirty"],
            started=datetime.fromisoformat(fields["started"]),
            finished=_moment(fields["finished"]),
            models=fields["models"],
            changes=tuple(fields["changes"]),
            problems=tuple(fields["problems"]),
            strategies=dict(fields.get("strategies", {})),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _optional(value: Any) -> str | Missing:
    return Missing(value["missing"]) if isinstance(value, Mapping) else str(value)


def _moment(value: Any) -> datetime | Missing:
    found = _optional(value)
    return found if isinstance(found, Missing) else datetime.fromisoformat(found)
