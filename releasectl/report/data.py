"""Datasets as people and machines read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from releasectl.compare.words import count
from releasectl.dataset import Listed, Pushed
from releasectl.history.values import moment
from releasectl.report.envelope import envelope

ENTRY = ("name", "supplier", "contract", "licence", "collected", "permitted_purpose")
NAMED = 3  # so many files of a commit are listed by name


def pushed_text(
    pushed: Pushed, training: str | None, trains: bool, card: str | None = None, near: str = ""
) -> str:
    """`card` is the model card that does not know the dataset yet; `near` tells what pipelines read, if this
    is none of it and was not there before.
    """
    word = "pushed" if pushed.new else "already there:"
    lines = [
        f"{word} {pushed.repo}@{pushed.branch} {pushed.commit}",
        f"  {pushed.path}: {count(pushed.rows, 'row')}, {count(pushed.size, 'byte')}",
    ]
    if near:
        lines.append(f"  ! this made the repository {pushed.repo}, which no pipeline reads: {near}")
    if trains:
        lines.append(f"  {training} names it now: commit that file, and the next apply trains on it")
    elif training:
        lines.append(f"  nothing trains on it until {training} names it (--train writes it there)")
    if card is not None:
        lines += [
            f"  {card} says nothing of it, and production denies a model of it: fill in below `datasets`",
            f"  - sha256: {pushed.sha256}",
            *(f"    {field}:" for field in ENTRY),
        ]
    return "\n".join(lines) + "\n"


def pushed_json(
    pushed: Pushed, training: str | None, trains: bool, card: str | None = None, near: str = ""
) -> str:
    return envelope(
        "data push",
        ok=True,
        **asdict(pushed),
        training=training if trains else None,
        card_to_complete=card,
        warnings=[f"no pipeline reads {pushed.repo}: {near}"] if near else [],
    )


def listed_text(repo: str, rows: Sequence[Listed]) -> str:
    lines = [f"{repo}: {len(rows)} commit{'' if len(rows) == 1 else 's'}, newest first"]
    for row in rows:
        heads = " <- " + ", ".join(row.branches) if row.branches else ""
        began = moment(row.state.started) if row.state.started else ""
        lines += [f"  {row.state.commit}  {began}{heads}", f"      {_content(row)}"]
    return "\n".join(lines) + "\n"


def _content(row: Listed) -> str:
    """Which files, or why there are none; what it was called when it was pushed counts the rows."""
    if not row.state.finished:
        return "open"
    if row.state.error:
        return f"failed: {row.state.error}"
    if len(row.files) > NAMED:
        files = f"{len(row.files)} files ({count(sum(row.files.values()), 'byte')})"
    else:
        files = ", ".join(f"{path} ({count(size, 'byte')})" for path, size in row.files.items()) or "no file"
    return f"{files}  {row.state.description}".rstrip()


def listed_json(repo: str, rows: Sequence[Listed]) -> str:
    commits = [
        {
            "commit": row.state.commit,
            "branches": row.branches,
            "finished": row.state.finished,
            "error": row.state.error,
            "size": sum(row.files.values()),
            "files": row.files,
            "started": row.state.started and row.state.started.isoformat(),
            "description": row.state.description,
        }
        for row in rows
    ]
    return envelope("data list", ok=True, repo=repo, commits=commits)


PUSHED: dict[str, Callable[[Pushed, str | None, bool, str | None, str], str]] = {
    "text": pushed_text,
    "json": pushed_json,
}
LISTED: dict[str, Callable[[str, Sequence[Listed]], str]] = {"text": listed_text, "json": listed_json}
