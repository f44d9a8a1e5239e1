"""A second working tree on the same objects, where a revert can be tried.

The user's tree, index, branches and configuration are neither changed nor locked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from releasectl.errors import PlatformRefused
from releasectl.gitrun import run


@dataclass(frozen=True, slots=True)
class Scratch:
    """`top` is the working tree, `root` the repository's root in it."""

    top: Path
    root: Path

    def revert(self, commit: str, mainline: int | None) -> tuple[str, ...]:
        """Take `commit` back in the tree, without committing; returns the paths in conflict."""
        options = [] if mainline is None else ["-m", str(mainline)]
        done = run(self.root, "revert", "--no-commit", *options, commit, check=False)
        listed = run(self.root, "diff", "--name-only", "--diff-filter=U", "--relative", "-z").stdout
        unmerged = tuple(sorted(set(listed.decode(errors="replace").split("\0")[:-1])))
        if done.returncode and not unmerged:
            said = done.stderr.decode(errors="replace").strip()
            raise PlatformRefused.at(commit[:12], f"git revert: {said}", "mend what git names, then repeat")
        return unmerged

    def tree(self) -> str:
        """The id of the tree as it is now, whatever is in the index."""
        run(self.top, "add", "--all")
        return run(self.top, "write-tree").stdout.decode().strip()

    def patch(self) -> str:
        """From HEAD to the tree as it is now, fit for `git apply`."""
        run(self.top, "add", "--all")
        done = run(self.top, "diff", "--cached", "--binary", "--no-color", "--no-ext-diff", "HEAD")
        return done.stdout.decode(errors="replace")


@contextmanager
def scratch(root: Path, commit: str) -> Iterator[Scratch]:
    """A checkout of `commit` that borrows the objects of the repository at `root`."""
    prefix = _told(root, "rev-parse", "--show-prefix")
    objects = Path(_told(root, "rev-parse", "--path-format=absolute", "--git-path", "objects"))
    shallow = Path(_told(root, "rev-parse", "--path-format=absolute", "--git-path", "shallow"))
    with tempfile.TemporaryDirectory(prefix="releasectl-revert-") as folder:
        top = Path(folder)
        run(
            top,
            "init",
            "-q",
            "--template=",
            f"--object-format={_told(root, 'rev-parse', '--show-object-format')}",
        )
        run(top, "config", "core.autocrlf", "false")  # what is judged and printed here is as it was committed
        (top / ".git/objects/info").mkdir(parents=True, exist_ok=True)
        (top / ".git/objects/info/alternates").write_text(f"{objects}\n", encoding="utf-8")
        if shallow.exists():
            (top / ".git/shallow").write_bytes(shallow.read_bytes())
        run(top, "checkout", "-q", "--detach", _told(root, "rev-parse", "--verify", f"{commit}^{{commit}}"))
        yield Scratch(top, top / prefix)


def _told(root: Path, *arguments: str) -> str:
    return run(root, *arguments).stdout.decode().rstrip("\n")
