"""GitHub's side of a pull request: a bare origin, clones, merge refs, squash merges, the event of each."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.stand import ROOT
from tests.workflows.github import GitHub
from tests.workflows.objects import REPOSITORY
from tests.workflows.runner import Run, Runner, permissions

# Releases of models that no sandbox here has; and what would make every checkout slower, and is not needed.
LEFT_OUT = re.compile(r"releases/[a-z]+/|environments/[a-z]+/rendered/|tests/|trainers/data/.*\.gz")
CHECKOUT = threading.Lock()  # of a commit that two runs at once need
ENGINEER, REVIEWER, STRANGER = "ada", "grace", "mallory"


@dataclass(frozen=True)
class PullRequest:
    number: int
    title: str
    author: str
    repository: str
    branch: str
    base: str
    head: str


@dataclass
class Forge:
    """`server`/<owner>/<name> are bare repositories; `clone` is the engineer's."""

    home: Path
    github: GitHub
    runner: Runner
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def origin(self) -> Path:
        return self.runner.server / REPOSITORY

    @property
    def clone(self) -> Path:
        return self.home / "engineer"

    def start(self) -> None:
        """The files of this tree, committed or not, as the first commit of main."""
        listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in filter(None, listed.split("\0")):
            if (source := ROOT / name).is_file() and not LEFT_OUT.match(name):
                target = self.clone / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        git(self.clone, "init", "-q", "-b", "main")
        identify(self.clone, ENGINEER)
        self.origin.parent.mkdir(parents=True)
        git(self.home, "init", "-q", "--bare", "-b", "main", str(self.origin))
        git(self.origin, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(self.clone, "remote", "add", "origin", f"file://{self.origin}")
        self.commit("The house as it is")
        self.pack()

    def pack(self) -> None:
        """What every checkout asks for, ready to be sent."""
        git(self.clone, "push", "-q", "origin", "HEAD:main")
        git(self.origin, "repack", "-a", "-d", "-q")

    def commit(self, message: str, clone: Path | None = None) -> str:
        git(clone or self.clone, "add", "-A")
        git(clone or self.clone, "commit", "-q", "--allow-empty", "-m", message)
        return git(clone or self.clone, "rev-parse", "HEAD")

    def branch(self, name: str) -> None:
        """From the main of now."""
        git(self.clone, "fetch", "-q", "origin")
        git(self.clone, "checkout", "-q", "-f", "-B", name, "origin/main")
        git(self.clone, "clean", "-q", "-fd")

    def fork(self, owner: str) -> Path:
        """A clone of somebody's own copy, in which they may do as they please."""
        name = f"{owner}/releases"
        git(self.home, "clone", "-q", "--bare", str(self.origin), str(self.runner.server / name))
        clone = self.home / owner
        git(self.home, "clone", "-q", f"file://{self.runner.server / name}", str(clone))
        identify(clone, owner)
        return clone

    def open(self, title: str, *, author: str = ENGINEER, clone: Path | None = None) -> PullRequest:
        """Push what is committed in `clone` and open a pull request for it."""
        clone = clone or self.clone
        branch = git(clone, "branch", "--show-current")
        git(clone, "push", "-q", "-f", "origin", f"HEAD:refs/heads/{branch}")
        repository = REPOSITORY if clone == self.clone else f"{author}/releases"
        return self.pushed(PullRequest(next(self.numbers), title, author, repository, branch, "", ""))

    def pushed(self, pull: PullRequest) -> PullRequest:
        """GitHub notes what a branch holds now, and what merging it would give."""
        source = self.runner.server / pull.repository
        head, base = git(source, "rev-parse", f"refs/heads/{pull.branch}"), self.main
        git(self.origin, "fetch", "-q", "-f", str(source), f"{head}:refs/pull/{pull.number}/head")
        tree = git(self.origin, "merge-tree", "--write-tree", base, head)
        merge = commit_tree(self.origin, tree, (base, head), f"Merge {head} into {base}")
        git(self.origin, "update-ref", f"refs/pull/{pull.number}/merge", merge)
        return PullRequest(pull.number, pull.title, pull.author, pull.repository, pull.branch, base, head)

    def merge(self, pull: PullRequest) -> str:
        """The reviewer merges: one commit on main, as the rules of the branch demand."""
        tree = git(self.origin, "merge-tree", "--write-tree", self.main, pull.head)
        merged = commit_tree(self.origin, tree, (self.main,), f"{pull.title} (#{pull.number})")
        git(self.origin, "update-ref", "refs/heads/main", merged)
        return merged

    @property
    def main(self) -> str:
        return git(self.origin, "rev-parse", "refs/heads/main")

    def check(self, pull: PullRequest, job: str, **options: Any) -> Run:
        """The pull request's own copy of check.yml, with the rights of a reader."""
        source = self.checkout(f"refs/pull/{pull.number}/merge")
        event = self.event(pull.author, action="opened", number=pull.number, pull_request=self.payload(pull))
        token = self.token({"contents": "read"}, "pull_request")
        return self.runner.run(source, "check.yml", "pull_request", event, token=token, job=job, **options)

    def plan(self, pull: PullRequest, action: str = "opened") -> Run:
        """The copy of plan.yml that is on main: GitHub takes no other for pull_request_target."""
        source = self.checkout(self.main)
        event = self.event(pull.author, action=action, number=pull.number, pull_request=self.payload(pull))
        token = self.token(permissions(source / ".github/workflows/plan.yml"), "environment:plan")
        return self.runner.run(source, "plan.yml", "pull_request_target", event, token=token, identity=True)

    def queued(self, pull: PullRequest) -> Run:
        """The merge queue tries what main would be."""
        name = f"refs/heads/gh-readonly-queue/main/pr-{pull.number}-{self.main}"
        tree = git(self.origin, "merge-tree", "--write-tree", self.main, pull.head)
        tried = commit_tree(self.origin, tree, (self.main,), f"{pull.title} (#{pull.number})")
        git(self.origin, "update-ref", name, tried)
        source = self.checkout(tried)
        group = {"head_sha": tried, "head_ref": name, "base_sha": self.main, "base_ref": "refs/heads/main"}
        event = self.event(REVIEWER, action="checks_requested", merge_group=group)
        token = self.token(permissions(source / ".github/workflows/plan.yml"), "environment:plan")
        return self.runner.run(source, "plan.yml", "merge_group", event, token=token, identity=True)

    def apply(self, commit: str, **options: Any) -> Run:
        """What the push of a merge starts."""
        source = self.checkout(commit)
        event = self.event(REVIEWER, ref="refs/heads/main", after=commit, head_commit={"id": commit})
        token = self.token(permissions(source / ".github/workflows/apply.yml"), "environment:production")
        return self.runner.run(source, "apply.yml", "push", event, token=token, identity=True, **options)

    def trainers(self, commit: str, **options: Any) -> Run:
        source = self.checkout(commit)
        event = self.event(REVIEWER, ref="refs/heads/main", after=commit, head_commit={"id": commit})
        token = self.token(permissions(source / ".github/workflows/trainers.yml"), "environment:images")
        return self.runner.run(source, "trainers.yml", "push", event, token=token, **options)

    def drift(self) -> Run:
        source = self.checkout(self.main)
        event = self.event("github-actions[bot]", schedule="17 5 * * *")
        token = self.token(permissions(source / ".github/workflows/drift.yml"), "environment:plan")
        return self.runner.run(source, "drift.yml", "schedule", event, token=token, identity=True)

    def token(self, rights: Mapping[str, str], subject: str) -> str:
        return self.github.grant(dict(rights), {"sub": f"repo:{REPOSITORY}:{subject}"})

    def checkout(self, revision: str) -> Path:
        """Where act finds the workflow file; the jobs check out for themselves."""
        commit = git(self.origin, "rev-parse", f"{revision}^{{commit}}")
        folder = self.home / "sources" / commit
        with CHECKOUT:
            if not folder.exists():
                git(self.home, "clone", "-q", "--shared", "--no-checkout", str(self.origin), str(folder))
                git(folder, "fetch", "-q", "origin", commit)
                git(folder, "update-ref", "refs/heads/main", commit)
                git(folder, "checkout", "-q", "main", "--", ".github")
        return folder

    def event(self, sender: str, **fields: Any) -> dict[str, Any]:
        repository = {"full_name": REPOSITORY, "name": "releases", "default_branch": "main", "fork": False}
        return {"repository": repository, "sender": {"login": sender, "type": "User"}, **fields}

    def payload(self, pull: PullRequest) -> dict[str, Any]:
        return {
            "number": pull.number,
            "title": pull.title,
            "user": {"login": pull.author},
            "draft": False,
            "head": {
                "ref": pull.branch,
                "sha": pull.head,
                "label": f"{pull.repository.partition('/')[0]}:{pull.branch}",
                "repo": {"full_name": pull.repository, "fork": pull.repository != REPOSITORY},
            },
            "base": {"ref": "main", "sha": pull.base, "repo": {"full_name": REPOSITORY, "fork": False}},
        }


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout.strip()


def commit_tree(folder: Path, tree: str, parents: tuple[str, ...], message: str) -> str:
    named = [word for parent in parents for word in ("-p", parent)]
    identity = ("-c", f"user.name={REVIEWER}", "-c", f"user.email={REVIEWER}@creditco.example")
    return git(folder, *identity, "commit-tree", tree, *named, "-m", message)


def identify(clone: Path, name: str) -> None:
    git(clone, "config", "user.name", name)
    git(clone, "config", "user.email", f"{name}@creditco.example")
