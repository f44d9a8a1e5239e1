"""A proposed release as its reviewer reads it: what it changes, what speaks against it, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import RenderableType
from rich.text import Text

from releasectl.judge import denied
from releasectl.model import Missing
from releasectl.plan.highlights import Model, compare, from_lock
from releasectl.plan.values import Highlight
from releasectl.propose import Proposal
from releasectl.report.changes import highlights
from releasectl.report.console import as_typed, indented, plural, text
from releasectl.report.envelope import envelope
from releasectl.report.findings import listed
from releasectl.report.revert import way_back
from releasectl.revert.wayback import WayBack


def as_text(
    proposal: Proposal, changed: Sequence[str], back: WayBack | None = None, *, commits: bool = False
) -> str:
    """`changed` are the files that were written: none if the policy denies it, or all say so already.

    `commits`: the command goes on to commit them and to open the pull request.
    """
    refused = bool(denied(proposal.own_findings))
    parts: list[RenderableType] = [
        Text(proposal.target, style="bold").append(_role(proposal), style="dim"),
        indented(highlights(_differences(proposal)), 4),
    ]
    if proposal.near:
        what = f"! there was no release `{proposal.release.name}` yet: did you mean `{proposal.near}`?"
        parts += ["", Text(what, style="yellow")]
    if own := proposal.own_findings:
        parts += ["", listed(own, proposal.known)]
    parts.append("")
    if refused:
        parts.append(Text("✗ the policy denies this release: nothing is written", style="red"))
    elif not changed:
        parts.append(Text("✓ nothing changes: the files say so already", style="green"))
    else:
        parts.append(Text(f"✓ {plural(len(changed), 'file')} written", style="green"))
        parts += [indented(Text(path)) for path in changed]
        parts += [way_back(back)] if back is not None else []
        if not commits:
            following, *later = _next_steps(proposal)
            parts += [as_typed(following), *(Text(line, style="dim") for line in later)]
    return text(*parts)


def _next_steps(proposal: Proposal) -> tuple[str, str]:
    verify = f"releasectl verify {proposal.release.environment}"
    return (
        f"next: git add -A releases environments && git commit -m '{proposal.title}'",
        f"then: a pull request (--pr does both); once it is merged and applied, {verify}",
    )


def _role(proposal: Proposal) -> str:
    release = proposal.release
    parts = [release.strategy.type, f"explainer {release.explainer}"]
    parts += [f"detectors {' and '.join(release.detectors)}"] if release.detectors else ["no detectors"]
    return f"  {', '.join(parts)}"


def _differences(proposal: Proposal) -> tuple[Highlight, ...]:
    """Against the model that the release named before, where its lock is still among the files."""
    before = proposal.before
    old: Model | Missing = before if isinstance(before, Missing) else _model(proposal, before)
    candidate = proposal.release.strategy.candidate
    what = "model commit" if candidate is None else "candidate beside the model"
    commit = Highlight(what, before, proposal.lock.commit)
    return (commit, *compare(old, from_lock(proposal.lock)))


def _model(proposal: Proposal, commit: str) -> Model | Missing:
    lock = proposal.repository.locks.get(commit)
    return Missing(f"there is no lock of {commit}") if lock is None else from_lock(lock)


def as_json(proposal: Proposal, changed: Sequence[str], back: WayBack | None = None, **_: bool) -> str:
    """What to do next is for people."""
    return envelope(
        "release",
        ok=not denied(proposal.own_findings),
        target=proposal.target,
        model=proposal.release.model,
        candidate=proposal.release.strategy.candidate,
        before=proposal.before,
        highlights=_differences(proposal),
        findings=proposal.own_findings,
        written=changed,
        near=proposal.near,
        way_back=back,
    )


FORMATS: dict[str, Callable[..., str]] = {
    "text": as_text,
    "json": as_json,
}
