"""`releasectl apply` as it is typed, in a repository that holds its engine: no commit is its own judge."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from releasectl.errors import BackendUnreachable, PolicyDenied
from tests.attacks.conftest import V2, Repo

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def cluster_that_is_away(repo: Repo) -> Repo:
    """Whoever gets as far as to ask the cluster is answered by nobody."""
    addresses = f"pachd: 127.0.0.1:1\ns3: {NOBODY}\nseldon_deploy: {NOBODY}\ningress: {NOBODY}\n"
    repo.mini.write("environments/platforms/sandbox.yaml", f"{addresses}timeout_seconds: 1\n")
    repo.commit("nobody answers")
    return repo


def apply(repo: Repo) -> subprocess.CompletedProcess[str]:
    """By the engine and the rules of the clone itself, as CI runs it."""
    command = [sys.executable, "-m", "releasectl.cli.main", "apply", "production", "--timeout", "5"]
    return subprocess.run(
        command, cwd=repo.root, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(repo.root)},
    )  # fmt: skip


def kind_policy(repo: Repo) -> None:
    policy = repo.root / "environments/production/policy.yaml"
    lines = policy.read_text().splitlines(keepends=True)
    kind = [line if "REVO-001" in line else line.replace(": deny", ": advise") for line in lines]
    policy.write_text("".join(kind))


def rules_that_find_nothing(repo: Repo) -> None:
    for module in (repo.root / "policies").glob("[!_]*.py"):
        quiet = re.sub(r"(?ms)^(def judge(_model)?\(.*?:\n)", r"\1    return\n", module.read_text())
        module.write_text(quiet)


@pytest.mark.parametrize("loosen", [kind_policy, rules_that_find_nothing])
def test_a_release_that_brings_its_own_rules_is_refused(cluster_that_is_away: Repo, loosen) -> None:
    repo = cluster_that_is_away
    before = repo.git("rev-parse", "HEAD")
    repo.lock("v2")
    repo.release(V2)
    loosen(repo)
    repo.commit("release model 2, and be kind")
    done = apply(repo)
    assert done.returncode == PolicyDenied.exit_code, done.stderr
    assert f"(by the rules of {before[:12]})" in done.stderr
    assert {"FAIR-001", "LEAK-001", "DUP-001"} <= {word.rstrip(":") for word in done.stderr.split()}


def test_a_loosened_rule_alone_is_not_refused(cluster_that_is_away: Repo) -> None:
    """What serves is as it was: the next thing asked is the cluster."""
    kind_policy(cluster_that_is_away)
    cluster_that_is_away.commit("be kind")
    assert apply(cluster_that_is_away).returncode == BackendUnreachable.exit_code


def test_a_repository_without_an_engine_in_git_is_not_hindered(cluster_that_is_away: Repo) -> None:
    """Its policy changes together with a release, but there is no engine that could judge that."""
    repo = cluster_that_is_away
    repo.git("rm", "-q", "-r", "--cached", "releasectl", "generators", "policies")
    repo.mini.write(".gitignore", "/releasectl/\n/generators/\n/policies/\n")
    repo.commit("the engine is installed, not committed")
    repo.lock("v2")
    repo.release(V2)
    kind_policy(repo)
    repo.commit("release model 2, and be kind")
    done = apply(repo)
    assert done.returncode == BackendUnreachable.exit_code, done.stderr
