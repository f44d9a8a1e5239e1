"""A branch, a push, a pull request: by `gh` where it is installed, else in words for a person."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from releasectl.errors import InvalidInput, PlatformRefused
from releasectl.githistory import commit_id, require_repository, resolve, uncommitted
from releasectl.gitrun import run
from releasectl.letters import few

BASE = "main"
REMOTE = "origin"
BODY = "releasectl/pull-request.md"  # below .git
TIMEOUT = 120.0
_ADDRESS = re.compile(
    r"(?:https?://|ssh://)?(?:[^@/]+@)?(?P<host>[^:/.][^:/]*)[:/](?P<path>[^:]+?)(?:\.git)?/?$"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """`url` of the pull request, or empty with `todo` in its place: what is left for a person to do."""

    branch: str
    url: str
    todo: tuple[str, ...] = ()


def begin(root: Path, branch: str, paths: Sequence[str], message: str) -> None:
    """Commit `paths`, which were just written, on a branch of their own."""
    require_repository(root)
    _git(root, "switch", "--quiet", "--create", branch)
    _git(root, "add", "--all", "--", *paths)
    _git(root, "commit", "--quiet", "-m", message, "--", *paths)


def push(root: Path) -> str:
    """The branch, whose commits are now on the remote; one is made if they are on the base itself."""
    require_repository(root)
    if paths := uncommitted(root):
        count = "a file is" if len(paths) == 1 else f"{len(paths)} files are"
        what = f"{count} not committed: {few(paths)}"
        raise InvalidInput.at(root, what, "commit them, or put them aside with `git stash`")
    branch = run(root, "branch", "--show-current").stdout.decode().strip()
    if not branch:
        raise InvalidInput.at(root, "HEAD is on no branch", "make one: `git switch --create NAME`")
    if branch == BASE:
        branch = slug(resolve(root, "HEAD").subject)
        _git(root, "switch", "--quiet", "--create", branch)
    _git(root, "push", "--quiet", "--set-upstream", REMOTE, f"HEAD:refs/heads/{branch}")
    return branch


def slug(subject: str) -> str:
    """Fit for the name of a branch."""
    words = re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")[:60].rstrip("-")
    return f"change/{words or 'unnamed'}"


def fetch(root: Path) -> str:
    """The base as it is on the remote now."""
    require_repository(root)
    _git(root, "fetch", "--quiet", REMOTE, BASE)
    return commit_id(root, "FETCH_HEAD")


def open_(root: Path, branch: str, body: str) -> Opened:
    """The pull request of `branch`, new or brought up to date."""
    title = resolve(root, "HEAD").subject
    file = Path(run(root, "rev-parse", "--path-format=absolute", "--git-path", BODY).stdout.decode().strip())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(body, encoding="utf-8")
    if shutil.which("gh") is None:
        return Opened(branch, "", _todo(root, branch, file))
    known = _gh(root, "pr", "list", "--head", branch, "--state", "open", "--json", "url", "--jq", ".[].url")
    if known:
        _gh(root, "pr", "edit", branch, "--body-file", str(file))
        return Opened(branch, known.splitlines()[0])
    asked = ("--base", BASE, "--head", branch, "--title", title, "--body-file", str(file))
    return Opened(branch, _gh(root, "pr", "create", *asked))


def _todo(root: Path, branch: str, file: Path) -> tuple[str, ...]:
    address = run(root, "remote", "get-url", REMOTE).stdout.decode().strip()
    match = _ADDRESS.match(address)
    where = (
        f"https://{match['host']}/{match['path']}/compare/{BASE}...{branch}?expand=1" if match else address
    )
    return (
        f"gh is not installed: open a pull request from {branch} to {BASE} yourself",
        f"where: {where}",
        f"its text: {file}",
    )


def _git(root: Path, *arguments: str) -> None:
    """With the user's own settings, hooks and credentials: it is the user who commits and pushes."""
    _said(root, "git", "-C", str(root), *arguments)


def _gh(root: Path, *arguments: str) -> str:
    return _said(root, "gh", *arguments)


def _said(root: Path, *command: str) -> str:
    words = " ".join(word for word in command[:5] if word not in ("-C", str(root)))
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise PlatformRefused.at(words, f"no answer within {TIMEOUT:g} s", "repeat the command") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise PlatformRefused.at(words, f"ended with {done.returncode}: {said}", "mend that, then repeat")
    return done.stdout.strip()
