"""A proof of the last commit, what it moves, and a person who does as it says."""

from __future__ import annotations

import hashlib
import shlex
import subprocess
from pathlib import Path
from typing import Any

from releasectl.model import Missing
from releasectl.past import Standing
from releasectl.render import check, render
from releasectl.revert import Proof, prove
from tests.builder import commit_id
from tests.story import Story

ONE, TWO, THREE = commit_id("one"), commit_id("two"), commit_id("three")
PATH = "releases/production/income.yaml"


def snapshot(root: Path) -> dict[str, str]:
    """Every file, those of .git among them."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def proof(story: Story, revision: str = "HEAD", **options: Any) -> Proof:
    """And nothing is touched: not a file, not an object, not a lock, nor anything on the cluster."""
    files = snapshot(story.root)
    story.cluster.forget_writes()
    found = prove(
        story.root, revision, lambda _: story.cluster.ports, now=story.cluster.clock.now(), **options
    )
    assert snapshot(story.root) == files
    assert story.cluster.writes == []
    return found


def moves(found: Proof) -> dict[str, tuple[str | None, str | None]]:
    def model(standing: Standing | Missing) -> str | None:
        return None if isinstance(standing, Missing) else standing.model

    return {move.target: (model(move.before), model(move.after)) for move in found.moves}


def obey(story: Story, found: Proof) -> None:
    """Type what the proof says, but for the applies."""
    for command in found.commands:
        if command.startswith("releasectl prove-revert"):
            (story.root / "revert.patch").write_text(found.patch)
        elif command.startswith("releasectl apply"):
            continue
        elif command.startswith("git revert"):
            story.revert(*reversed(command.split()[3:] or ["HEAD"]))
        else:
            story.cluster.clock.sleep(60)
            for part in command.split(" && "):
                words = shlex.split(part)
                if words[0] == "git":
                    story.git(*words[1:])
                else:
                    subprocess.run(words, cwd=story.root, check=True)
    check(story.root, render(story.load()))
    assert story.git("status", "--porcelain") == ""


def revoke(story: Story, commit: str, message: str = "Revoke") -> str:
    entry = f"  - commit: {commit}\n    reason: bought labels\n    owner: credit-risk\n    date: 2026-01-01\n"
    story.mini.write("releases/revoked.yaml", "revoked:\n" + entry)
    return story.commit(message)


def with_replicas(story: Story, count: int) -> str:
    """A later edit in the line below the model: git cannot take the model back past it."""
    path = story.root / PATH
    path.write_text(path.read_text() + f"replicas: {count}\n")
    story.render()
    return story.commit(f"{count} replicas")
