"""A review as the comment on its pull request, and as the job's summary: what matters first, all of it data.

Standard library only: see `releasectl.github`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from releasectl.letters import few
from releasectl.report.markdown import bar, block, capped, clip, code, folded, sparkline, table, text
from releasectl.review.values import Judged, Live, Measured, ReleaseReview, Review, Row, Told

LIMIT: Final = 60_000  # bytes; GitHub takes 65,536 characters
MOST_ROWS: Final = 40
FEW: Final = 5  # releases that the first line names
PART: Final = 10  # rows that stand or fall together where a comment holds no more
MOST_DIFF: Final = 24_000
VERDICTS: Final = {"safe": "✅", "unsafe": "❌", "unproven": "❔"}
STANDS: Final = "It forbids an apply there, and not this merge: mend it, or ask for a waiver."
STRICTNESSES: Final = {"deny": "❌", "warn": "⚠️", "advise": "💬", "off": "▫️"}


def as_markdown(review: Review, limit: int = LIMIT) -> str:
    note = "_The rest is left out: a comment holds no more. The job's log has it all._"
    return capped(_parts(review), limit, note)


def _parts(review: Review) -> Iterator[str]:
    yield _heading(review)
    yield from _listed(review, "problems", "The files are not sound")
    yield from _listed(review, "delta", "What this changes about the judge")
    for release in review.releases[:MOST_ROWS]:
        yield from _release(release)
    if (more := review.whole("releases") - MOST_ROWS) > 0:
        yield f"_{more} more releases change._"
    if review.training:
        yield "#### What trains\n\n" + _rows(review.training)
    yield "#### Policy\n\n" + _findings(review)
    if review.standing:
        yield f"#### Stands on the base already, not of this change\n\n{STANDS}\n\n" + _standing(review)
    yield from _listed(review, "notices", "Waivers, rollbacks and revocations")
    yield _approvals(review)
    yield _revert(review)
    if review.live:
        yield "#### What an apply would do now\n\n" + "\n".join(_live(live) for live in review.live)
    if review.manifests:
        yield _manifests(review.manifests)


def _heading(review: Review) -> str:
    symbol = "❌ must not be merged as it is" if review.denied else "✅ nothing forbids it"
    names = [f"{one.verb} {code(one.target)}" for one in review.releases[:FEW]]
    more = review.whole("releases") - len(names)
    changed = ", ".join(names) + (f" and {more} more" if more else "")
    commits = f"{code(review.head[:12])} onto {code(review.base[:12])}"
    count = review.whole("files")
    files = "1 file" if count == 1 else f"{count} files"
    return f"### Release review: {symbol}\n\n{changed or 'no release changes'}. {commits}, {files}."


def _release(release: ReleaseReview) -> Iterator[str]:
    owner = f", owner {code(release.owner)}" if release.owner else ""
    yield f"#### {release.verb.capitalize()} {code(release.target)}{owner}"
    if release.rows:
        yield _rows(release.rows)
    if release.metrics:
        yield _metrics(release)
    if release.groups:
        yield folded("How it treats groups of people", _groups(release))


def _rows(rows: tuple[Row, ...]) -> str:
    cells = ((text(row.what), _value(row.old), _value(row.new)) for row in rows[:MOST_ROWS])
    return table(("", "before", "after"), cells)


def _value(value: str) -> str:
    return code(value) if value else "-"


def _metrics(release: ReleaseReview) -> str:
    rows = [
        (text(each.what), _number(each.old), _number(each.new), _difference(each), _bars(each))
        for each in release.metrics[:MOST_ROWS]
    ]
    old, new = release.calibration
    if old or new:
        rows.append(("observed rate by tenth of the score", sparkline(old), sparkline(new), "", ""))
    sides = map(text, release.sides)
    return table(("measured on the holdout", *sides, "difference", ""), rows, right=(1, 2, 3))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _difference(measured: Measured) -> str:
    if measured.old is None or measured.new is None or measured.old == measured.new:
        return ""
    return f"{measured.new - measured.old:+.2g}"


def _bars(measured: Measured) -> str:
    """Shares of 1 only: other numbers have no full length."""
    value = measured.new
    return bar(value) if value is not None and 0 <= value <= 1 else ""


def _groups(release: ReleaseReview) -> str:
    rows = [
        (
            *(text(group.trait), text(group.name), f"{group.rows}"),
            *(_number(group.selected.old), _number(group.selected.new), _bars(group.selected)),
            *(_number(group.found.old), _number(group.found.new)),
        )
        for group in release.groups[:MOST_ROWS]
    ]
    old, new = map(text, release.sides)
    head = ("trait", "group", "rows", f"selected: {old}", new, "", f"found: {old}", new)
    told = (
        "_selected_: share predicted above the threshold. _found_: of those who are, the share selected.\n\n"
    )
    return told + table(head, rows, right=(2, 3, 4, 6, 7))


def _findings(review: Review) -> str:
    """Of the releases that change, and whatever forbids another one; the rest is counted."""
    if not review.findings:
        return "Not judged: see above." if review.problems else "No rule has anything against it."
    changed = {release.target for release in review.releases}
    told = [each for each in review.findings if each.release in changed or _forbids(each)]
    groups = {
        "": [each for each in told if _forbids(each)],
        "Warnings and advice": [each for each in told if not _forbids(each) and not each.waived],
        "Waived": [each for each in told if each.waived],
    }
    parts = [_group(title, found) for title, found in groups.items() if found]
    if others := len(review.findings) - len(told):
        parts.append(f"Findings on releases that do not change: {others}; none forbids anything.")
    if left := review.whole("findings") - len(review.findings):
        parts.append(f"Findings that are left out, none of them worse: {left}.")
    return "\n\n".join(parts)


def _standing(review: Review) -> str:
    left = review.whole("standing") - len(review.standing)
    return _group("Findings", review.standing) + (f"\n\nLeft out: {left} more." if left else "")


def _group(title: str, found: Sequence[Judged]) -> str:
    lines = "\n".join(_finding(finding) for finding in found[:MOST_ROWS])
    more = f"\n- and {len(found) - MOST_ROWS} more" if len(found) > MOST_ROWS else ""
    return folded(f"{title}: {len(found)}", lines + more) if title else lines + more


def _forbids(finding: Judged) -> bool:
    return finding.strictness == "deny" and not finding.waived


def _finding(finding: Judged) -> str:
    symbol = STRICTNESSES.get(finding.strictness, "▫️")
    head = f"- {symbol} **{text(finding.rule)}** {text(finding.title)}, {code(finding.release)}"
    lines = [head, f"  {text(finding.message)}", f"  → {text(finding.remedy)} ({code(finding.place)})"]
    if finding.waived:
        lines.append(f"  waived: {text(finding.waived)}")
    return "  \n".join(lines)


def _listed(review: Review, what: str, title: str) -> Iterator[str]:
    """In parts, the first of which finds a place in any comment: the worst stand there."""
    told: tuple[Told, ...] = getattr(review, what)
    lines = [
        f"- {code(each.where)}: {text(each.what)}  \n  → {text(each.remedy)}" for each in told[:MOST_ROWS]
    ]
    count = review.whole(what)
    if count > len(lines):
        title += f": {count}, the first {len(lines)} are shown"
    for start in range(0, len(lines), PART):
        head = "" if start else f"#### {title}\n\n"
        yield head + "\n".join(lines[start : start + PART])


def _approvals(review: Review) -> str:
    lines = [
        f"- {' or '.join(code(owner) for owner in each.owners) or 'nobody in particular'} "
        f"for {_some(each.files)}{each.pattern and f' ({code(each.pattern)})'}"
        for each in review.approvals[:MOST_ROWS]
    ]
    return "#### Who must approve\n\n" + ("\n".join(lines) or "Nobody: no file changes.")


def _some(files: tuple[str, ...]) -> str:
    return few([code(clip(file, 120)) for file in files])


def _revert(review: Review) -> str:
    symbol = VERDICTS.get(review.revert.verdict)
    head = (
        f"{symbol} `git revert` is {text(review.revert.verdict)}"
        if symbol
        else "There is nothing to take back"
    )
    lines = "".join(f"\n- {text(words)}" for words in review.revert.words[:MOST_ROWS])
    return f"#### Can it be taken back?\n\n{head}\n{lines}"


def _live(live: Live) -> str:
    if not live.words:
        return f"- {code(live.target)}: nothing"
    lines = "".join(f"\n  - {text(words)}" for words in live.words[:MOST_ROWS])
    return f"- {code(live.target)}:{lines}"


def _manifests(diff: str) -> str:
    lines = diff.split("\n")
    kept = clip(diff, MOST_DIFF)
    left = len(lines) - len(kept.split("\n"))
    note = f"\n\n{left} more lines: `git diff` has them." if left > 0 else ""
    return folded(f"What changes in the manifests ({len(lines)} lines)", block(kept, "diff") + note)
