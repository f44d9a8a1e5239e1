"""What the judge costs: a thousand releases by all rules, and one that changed among a thousand."""

from __future__ import annotations

import gc
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from releasectl import lock as locks
from releasectl.cli.main import COLLECTED
from releasectl.judge import assess, circumstances
from releasectl.load import load
from releasectl.model import Rendered, Repository
from releasectl.render import manifests
from releasectl.repo import ENGINE
from releasectl.rulebook import rules
from tests import policy_cases
from tests.builder import build, commit_id, with_our_pipelines

RELEASECTL = str(Path(sys.executable).with_name("releasectl"))
RELEASES, TRIALS = 1000, 50


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_thousand(tmp_path_factory.mktemp("thousand"), models=20)


def a_thousand(root: Path, models: int) -> Path:
    """Models with real evidence, the policies of this repository; one release in twenty is a trial."""
    mini = build(root)
    with_our_pipelines(mini)
    for environment in ("staging", "production"):
        path = f"environments/{environment}/policy.yaml"
        mini.write(path, (ENGINE / path).read_text(encoding="utf-8"))
    commits = [commit_id(f"bench {number}") for number in range(models)]
    for number, commit in enumerate(commits):
        real = policy_cases.lock_of("v1" if number % 2 else "v3")
        lineage = (*real.lineage[:-1], replace(real.lineage[-1], commit=commit))
        mini.write(locks.path_of(commit), locks.dump(replace(real, commit=commit, lineage=lineage)))
    for number in range(RELEASES):
        trial = f"strategy: {{type: shadow, candidate: {commits[(number + 1) % models]}}}\n"
        extra = trial if number % (RELEASES // TRIALS) == 0 else ""
        environment = ("staging", "production")[number % 2]
        mini.release(f"model-{number:05}", environment, commits[number % models], extra)
    git = ["git", "-C", str(root), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all of them"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    return root


def judge_all(root: Path, repository: Repository, rendered: tuple[Rendered, ...]) -> None:
    found = assess(repository, rendered, circumstances(root))
    assert not found.faults


@pytest.mark.parametrize("models", [20, RELEASES])
def test_a_thousand_releases_by_all_rules(
    benchmark, note, thousand: Path, models: int, tmp_path: Path
) -> None:
    """Beyond parsing and rendering: the goal is 1 s."""
    root = thousand if models == 20 else a_thousand(tmp_path, models)
    repository = load(root)
    given = (root, repository, manifests(repository))
    usual = gc.get_threshold()
    gc.set_threshold(*COLLECTED)  # as in a command
    benchmark.pedantic(judge_all, given, rounds=5, warmup_rounds=1)
    gc.set_threshold(*usual)
    what = f"{RELEASES:,} releases of {models:,} models by {len(rules())} rules, beyond parsing"
    note(what, f"{benchmark.stats.stats.median:.2f} s")


def check_since(root: Path) -> None:
    command = [RELEASECTL, "-C", str(root), "check", "--since", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "1 release checked" in done.stdout, done.stderr


def test_one_changed_release_among_a_thousand(benchmark, note, thousand: Path) -> None:
    """From the start of the command to its end: the goal is 0.3 s."""
    file = thousand / "releases/production/model-00501.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("credit-ml", "credit-ops"), encoding="utf-8")
    benchmark.pedantic(check_since, (thousand,), rounds=10, warmup_rounds=2)
    note("`check --since HEAD` of one release among 1,000", f"{benchmark.stats.stats.median:.2f} s")


def test_judged_by_the_base(benchmark, note) -> None:
    """This repository, by the rules of its own HEAD, in a process of their own."""
    command = [RELEASECTL, "-C", str(ENGINE), "check", "--base", "HEAD", "--format", "json"]

    def run() -> None:
        assert subprocess.run(command, capture_output=True, check=False).returncode in (0, 10)

    benchmark.pedantic(run, rounds=3, warmup_rounds=1)
    note("`check --base HEAD` of this repository", f"{benchmark.stats.stats.median:.2f} s")
