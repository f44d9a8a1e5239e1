"""Asks git who is at work and on what, for the record of an apply."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from pathlib import Path

from releasectl.errors import PlatformRefused, UsageError
from releasectl.gitrun import run
from releasectl.model import Missing

INPUTS = ("releases", "environments", "pipelines", "generators", "policies", "releasectl")


@dataclass(frozen=True, slots=True)
class Revision:
    """The commit whose files are applied; `dirty` when what goes into an apply is not as in that commit.

    `edited` are the files that are not.
    """

    commit: str | Missing
    dirty: bool
    author: str
    edited: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Fit for an annotation: the full commit, marked when the tree was dirty."""
        if isinstance(self.commit, Missing):
            return "none"
        return f"{self.commit}-dirty" if self.dirty else self.commit


def revision(root: Path) -> Revision:
    """Of the repository at `root`; where there is no git or no commit, the commit is a Missing."""
    told = _git(root, "config", "-z", "--get-regexp", r"^user\.(name|email)$").split("\0")
    person = dict(each.partition("\n")[::2] for each in told)  # of several values the last counts
    name, email = (person.get(key, "").strip() for key in ("user.name", "user.email"))
    author = f"{name} <{email}>" if name and email else name or email or getpass.getuser()
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return Revision(Missing(f"{root.name} has no git commit"), dirty=True, author=author)
    found = edited(root)
    return Revision(commit, dirty=bool(found), author=author, edited=found)


def edited(root: Path) -> tuple[str, ...]:
    """Files that go into an apply and are not as in HEAD; none where there is no git."""
    options = ("--porcelain", "--no-renames", "--untracked-files=all")
    told = _git(root, "status", *options, "--", *INPUTS)
    return tuple(line.split(maxsplit=1)[1] for line in told.splitlines())


def _git(root: Path, *arguments: str) -> str:
    """The answer, or nothing: an unset value, no repository and no git are all the same to a record."""
    try:
        done = run(root, *arguments, check=False)
    except (PlatformRefused, UsageError):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""
