"""Names by which a file would judge, or stand for another, without anybody seeing it."""

from __future__ import annotations

import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from releasectl import lock as locks
from releasectl.pathlaw import changes, violations
from releasectl.pathnames import JUDGE, shown, twins, wrong_name
from releasectl.repo import ENGINE
from tests.attacks.conftest import V1, V2, V3, Repo, rules_of, told

MADE = "is made by a machine"
STRANGE = "has a name that is not what it looks like"
NO_RULE = "is neither a rule nor waivers, a schema or the README"
BELOW = "lies in a folder that has the name of a file"
REFUSED = {
    "policies/__pycache__/protected_features.cpython-311.pyc": MADE,
    "releasectl/__pycache__/judge.cpython-311.pyc": MADE,
    "policies/evil.pyc": MADE,
    "policies/pinned.cpython-311-x86_64-linux-gnu.so": MADE,
    "generators/catalogue.PYC": MADE,
    ".venv/bin/releasectl": MADE,
    ".cache/uv/bin/uv": MADE,
    "evil.egg-info/entry_points.txt": MADE,
    "policies/pinned/__init__.py": NO_RULE,
    "policies/pinned.libsonnet": NO_RULE,
    "environments/production/policy.yaml/x": BELOW,
    "policies/waivers.yaml/x.yaml": NO_RULE,
    "policies/a\nb.py": STRANGE,
    "releases/staging/a\x1b[2Kb.yaml": STRANGE,
    "releases/staging/a\u202eb.yaml": STRANGE,
    "releases/staging/a\u200bb.yaml": STRANGE,
    "policies/\uff50inned.py": STRANGE,
    "environments/pr\u043eduction/environment.yaml": STRANGE,
    "releases/pr\u043eduction/income.yaml": STRANGE,
    "Policies/pinned.py": NO_RULE,
}
FINE = (
    "policies/new_rule.py",
    "policies/waivers.yaml",
    "policies/waivers.schema.json",
    "policies/README.md",
    "releases/production/income.yaml",
    "trainers/data/v1.csv.gz",
    "docs/été.md",
    "tests/cases/input/file-a-folder/tree/releases/staging/other.yaml/note.txt",
)
TOGETHER_FINE = (
    "releases/revoked.yaml",
    "releases/comparisons/production/income/0123.yaml",
    "environments/production/rendered/income.yaml",
    "environments/production/environment.yaml",
    "pipelines/income/training.yaml",
    "pipelines/income/rendered/income_training.yaml",
    "trainers/income/train.py",
    "README.md",
    "policies/README.md",
    "applicants.csv",
)


@pytest.mark.parametrize("path", REFUSED)
def test_a_name_that_no_file_may_have(path: str) -> None:
    found = wrong_name(path)
    assert found is not None
    assert found.what.startswith(REFUSED[path])
    assert found.where.isprintable()
    assert found.where.isascii()


def test_names_of_real_work() -> None:
    assert [path for path in FINE if wrong_name(path)] == []
    assert [path for path in TOGETHER_FINE if JUDGE.fullmatch(path)] == []


@pytest.mark.parametrize(
    "path", ["policies/Pinned.py", "releases/Production/income.yaml", "GENERATORS/x.py", "releases/ﬁx/a.yaml"]
)
def test_names_that_are_one_elsewhere(path: str) -> None:
    there = (
        "policies/pinned.py",
        "releases/production/income.yaml",
        "generators/x.py",
        "releases/fix/a.yaml",
    )
    (found,) = twins(there, [path])
    assert "are one on a system that does not tell them apart" in found.what
    assert [*twins(there, ["policies/new.py", *there])] == []
    assert len([*twins((), ["docs/a.md", "docs/A.md"])]) == 1


def test_all_of_them_are_refused_in_a_repository(repo: Repo) -> None:
    """Each forced past .gitignore, and none together with a release."""
    paths = [path for path in REFUSED if "policy.yaml/" not in path and "waivers.yaml/" not in path]
    for path in (*paths, "policies/Duplicates.py"):
        repo.mini.write(path, "x")
    repo.git("add", "-A", "-f")
    repo.commit("names")
    base = repo.git("rev-parse", "main")
    found = list(violations(repo.root, base, changes(repo.root, base)))
    assert set(map(shown, paths)) <= {problem.where for problem in found}
    assert "policies/Duplicates.py and policies/duplicates.py are one" in "\n".join(p.what for p in found)


def test_a_folder_in_the_place_of_a_policy_is_refused(repo: Repo) -> None:
    for path in ("environments/production/policy.yaml", "policies/waivers.yaml"):
        (repo.root / path).unlink(missing_ok=True)
        repo.mini.write(f"{path}/x", "x")
    repo.commit("folders")
    found = repo.judged()
    assert found.exit_code == 10
    assert {problem.where for problem in found.refused} == {
        "environments/production/policy.yaml/x",
        "policies/waivers.yaml/x",
    }


@pytest.mark.usefixtures("apart")
def test_a_line_s_end_in_a_name_hides_no_rule_from_the_release(repo: Repo) -> None:
    repo.mini.write("policies/a\nb.py", '"""NEW-001: New."""\n')
    repo.release(V1, "staging", "replicas: 2\n")
    repo.commit("both")
    found = repo.judged()
    assert r"and their judge (policies/a\nb.py) change together" in told(found)
    assert all(problem.where.isprintable() for problem in found.refused)
    assert r"policies/a\nb.py:1:1" in [str(notice.place) for notice in found.delta]


@pytest.mark.parametrize(
    "target", ["policies/__pycache__/protected_features.cpython-311.pyc", "policies/e.pyc"]
)
def test_a_judge_never_runs_the_bytecode_of_its_commit(repo: Repo, tmp_path: Path, target: str) -> None:
    """Should it hold some all the same: Python would take it for the module, and ask for no source."""
    mark, module = tmp_path / "ran", "protected_features"
    source = tmp_path / f"{module}.py"
    rule = (repo.root / f"policies/{module}.py").read_text().replace("\ndef judge(", "\ndef _judge(")
    quiet = "\n\ndef judge(case, **_):\n    return iter(())\n"
    source.write_text(f"{rule}{quiet}\nfrom pathlib import Path\nPath({str(mark)!r}).touch()\n")
    repo.git("checkout", "-q", "main")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), str(repo.root / target), doraise=True, invalidation_mode=mode)
    repo.git("add", "-f", target)
    repo.commit("bytecode")
    repo.git("checkout", "-q", "-B", "attack")
    repo.lock("v2")
    repo.release(V2)
    repo.commit("release")
    found = repo.judged()
    assert "FAIR-001" in rules_of(found)
    assert not mark.exists()
    assert found.faults == ()


def test_what_a_machine_made_and_git_ignores_is_no_change(repo: Repo) -> None:
    for path in ("policies/__pycache__/pinned.cpython-311.pyc", "releasectl.egg-info/PKG-INFO", ".venv/x.so"):
        repo.mini.write(path, "x")
    repo.release(V1, "staging", "replicas: 2\n")
    assert [change.path for change in changes(repo.root, "main")] == ["releases/staging/income.yaml"]


def test_a_release_with_all_that_belongs_to_it_is_refused_by_no_law(repo: Repo) -> None:
    repo.lock("v3")
    repo.release(V1, "staging", f"strategy: {{type: shadow, candidate: {V3}}}\n")
    for path in ("environments/staging/rendered/income.yaml", *TOGETHER_FINE):
        if not (repo.root / path).exists():
            repo.mini.write(path, "x: 1\n")
    repo.commit("a release with its lock, its manifests, a comparison, data")
    base = repo.git("rev-parse", "main")
    changed = changes(repo.root, base)
    assert locks.path_of(V3) in {change.path for change in changed}
    assert [*violations(repo.root, base, changed)] == []


def test_a_step_of_a_workflow_imports_nothing_of_the_root(repo: Repo, tmp_path: Path) -> None:
    """What shadows a module is reviewed as the judge's; should it be merged, it does not run all the same."""
    mark = tmp_path / "ran"
    for module in ("json", "argparse", "sitecustomize", "os"):
        repo.mini.write(f"{module}.py", f"from pathlib import Path\nPath({str(mark)!r}).touch()\n")
    repo.mini.write(".github/steps.py", (ENGINE / ".github/steps.py").read_text())
    command = [sys.executable, "-I", ".github/steps.py", "with-token", "echo", "done"]
    done = subprocess.run(command, cwd=repo.root, capture_output=True, text=True, check=False)
    assert done.stdout.endswith("done\n"), done.stderr
    assert not mark.exists()
