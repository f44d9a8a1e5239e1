"""A repository that judges itself: engine, rules and data in one git history, with model 1 in production."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from releasectl import basejudge, replaying
from releasectl import lock as locks
from releasectl.checked import Checked
from releasectl.judging import Request, judged
from releasectl.repo import ENGINE
from releasectl.yamltext import dump_yaml
from tests import policy_cases
from tests.builder import Mini, build, with_our_pipelines
from tests.story import quick  # noqa: F401  (a fixture)

ENGINE_FOLDERS = ("releasectl", "generators", "policies", "trainers/schemas")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
V1, V2, V3 = (policy_cases.model(name) for name in ("v1", "v2", "v3"))


@cache
def lock_document(name: str) -> bytes:
    return pickle.dumps(yaml.load(locks.dump(policy_cases.lock_of(name)), yaml.CSafeLoader))


@dataclass(frozen=True, slots=True)
class Repo:
    """`main` is the base; whatever is written and committed here is the pull request."""

    root: Path

    @property
    def mini(self) -> Mini:
        return Mini(self.root)

    def git(self, *arguments: str, when: str = "2026-11-20T12:00:00Z") -> str:
        command = ["git", "-C", str(self.root), "-c", "user.name=Eve", "-c", "user.email=eve@example.org"]
        environment = {**os.environ, "GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when}
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, check=True, env=environment
        )
        return done.stdout.strip()

    def commit(self, message: str, day: str = "2026-11-20") -> str:
        self.git("add", "-A")
        when = f"{day}T12:00:00Z"
        self.git("commit", "-q", "--allow-empty", "-m", message, when=when)
        return self.git("rev-parse", "HEAD")

    def lock(self, name: str, change: Callable[[dict[str, Any]], Any] = lambda _: None) -> None:
        """The lock of a real model; `change` edits its document, and the digest is made to fit."""
        document = pickle.loads(lock_document(name))
        change(document)
        document["digest"] = locks.digest_of(document)
        self.mini.write(locks.path_of(document["commit"]), locks.HEADER + dump_yaml(document))

    def release(self, commit: str, environment: str = "production", extra: str = "") -> None:
        self.mini.release("income", environment, commit, extra)

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text, path
        file.write_text(text.replace(old, new), encoding="utf-8")

    def judged(self, base: str = "main") -> Checked:
        return basejudge.check_by_base(self.root, base, now=NOW)


@pytest.fixture
def apart() -> None:
    """For attacks on the judge's process, and for one of each family: the judge is asked as users ask it."""


@pytest.fixture(autouse=True)
def at_hand(
    engine: dict[str, bytes], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but `apart`: where engine and rules of the base are those of this process, it judges itself.

    That spares the start of another one, which takes three times as long as the judging. A base with anything
    else in its engine or its rules judges in a process of its own, as ever.
    """
    if "apart" in request.fixturenames:
        return

    def ask(tree: Path, asked: Request) -> Checked:
        if engine_of(tree) != engine:
            return by_process(tree, asked)
        return judged(replace(asked, judge=asked.judge or str(tree)))

    for module in (basejudge, replaying):
        monkeypatch.setattr(module, "ask", ask)


by_process = basejudge.ask


@pytest.fixture(scope="session")
def engine(template: Path) -> dict[str, bytes]:
    return engine_of(template)


def engine_of(tree: Path) -> dict[str, bytes]:
    """What judges in a tree; where strictness and waivers are, a judge is told."""
    paths = {file.relative_to(tree).as_posix(): file for file in tree.rglob("*") if file.is_file()}
    given = re.compile(r"policies/waivers\.yaml|environments/[^/]+/policy\.yaml")
    return {
        path: file.read_bytes()
        for path, file in paths.items()
        if basejudge.ASKED.fullmatch(path) and not given.fullmatch(path)
    }


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template")
    for folder in ENGINE_FOLDERS:
        shutil.copytree(
            ENGINE / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "sandbox")
        )
    for pattern in ("releases/*.schema.json", "environments/*.schema.json", "pipelines/*.schema.json"):
        for file in ENGINE.glob(pattern):
            target = root / file.relative_to(ENGINE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    shutil.copy(ENGINE / ".gitignore", root)
    with_our_pipelines(build(root))
    repo = Repo(root)
    for environment in ("staging", "production"):
        shutil.copy(ENGINE / f"environments/{environment}/policy.yaml", root / f"environments/{environment}")
        repo.release(V1, environment)
    (root / locks.path_of(policy_cases.commit_id("model 1"))).unlink()
    repo.mini.write("releases/revoked.yaml", "revoked: []\n")
    repo.lock("v1")
    repo.git("init", "-q", "-b", "main")
    repo.commit("everything", "2026-10-01")
    repo.git("gc", "-q")  # one file to copy for each test instead of hundreds
    return root


def clone(template: Path, folder: Path) -> Repo:
    """On a branch of its own; git writes the files sooner than they are copied, and knows them as its own."""
    root = folder / "clone"
    root.mkdir()
    shutil.copytree(template / ".git", root / ".git")
    found = Repo(root)
    found.git("checkout", "-q", "-f", "-b", "attack")
    return found


@pytest.fixture
def repo(template: Path, tmp_path: Path) -> Repo:
    return clone(template, tmp_path)


def rules_of(found: Checked) -> set[str]:
    """What refuses production."""
    return {each.rule for each in found.denied if each.environment == "production"}


def told(found: Checked) -> str:
    """All that is said about the judge, and all that is refused."""
    return "\n".join([*(each.what for each in found.delta), *(each.what for each in found.refused)])
