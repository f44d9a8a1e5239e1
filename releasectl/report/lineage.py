"""Where a live model comes from, as people and machines read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from releasectl.lineage import Descent, Lineage, Traced
from releasectl.model import Upstream
from releasectl.report.console import shown, text
from releasectl.report.envelope import envelope


def as_text(found: Lineage) -> str:
    heading = Text(f"{found.target}/{found.name}", style="bold")
    heading.append(f"  {found.namespace}, applied at git commit {_git(found)}", style="dim")
    parts: list[RenderableType] = [heading]
    parts += [_descent(each) for each in found.descents]
    return text(*parts)


def _git(found: Lineage) -> str:
    return shown(found.git_commit.removesuffix("-dirty")) if isinstance(found.git_commit, str) else "unknown"


def _descent(descent: Descent) -> RenderableType:
    label = Text(f"predictor {descent.predictor} serves ").append(f"{descent.repo}@{descent.commit}", "cyan")
    return _tree(label, descent.upstreams)


def _tree(label: Text, upstreams: Sequence[Upstream]) -> RenderableType:
    """The model on top, then what it was made from, the data last."""
    tree = Tree(label)
    made = [each for each in upstreams if each.pipeline is not None]
    sources = [each for each in upstreams if each.pipeline is None]
    width = max((len(each.repo) for each in upstreams), default=0)
    branch = tree.add(Text("made by", style="dim"))
    for each in reversed(made):
        branch.add(_made(each, width))
    branch = tree.add(Text("from the data", style="dim"))
    for each in sources:
        branch.add(
            Text(f"{each.repo:<{width}}  ").append(each.commit, "cyan").append(f"  {each.branch}", "dim")
        )
    return tree


def _made(each: Upstream, width: int) -> Text:
    line = Text(f"{each.repo:<{width}}  ").append(shown(each.commit), "cyan")
    if each.pipeline is None:
        return line
    return line.append(f"  version {each.pipeline.version}, {each.pipeline.image}", "dim")


def traced_as_text(found: Traced) -> str:
    label = Text(f"{found.repo}@{found.commit}", "cyan").append(f"\nby {found.source}", "dim")
    return text(_tree(label, found.upstreams))


def traced_as_json(found: Traced) -> str:
    return envelope(
        "lineage",
        ok=True,
        repo=found.repo,
        commit=found.commit,
        upstreams=found.upstreams,
        source=found.source,
    )


def as_json(found: Lineage) -> str:
    return envelope(
        "lineage",
        ok=True,
        target=f"{found.target}/{found.name}",
        namespace=found.namespace,
        git_commit=found.git_commit,
        descents=found.descents,
    )


FORMATS: dict[str, Callable[[Lineage], str]] = {"text": as_text, "json": as_json}
TRACED: dict[str, Callable[[Traced], str]] = {"text": traced_as_text, "json": traced_as_json}
