"""Lets a commit judge: its engine, rules, strictness and waivers, in a process of its own.

The process runs isolated (python -I -S): no site, no user's packages, no PYTHONPATH. Of this installation it
sees the third-party packages, and of the toolkit only the files of that commit.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

from releasectl.checked import Checked, denials, failed
from releasectl.checkedjson import decoded
from releasectl.checkout import extracted
from releasectl.errors import InvalidInput, PolicyDenied, Problem, ReleaseError, RuleFailed
from releasectl.githistory import commit_id, first_parent, paths_at
from releasectl.gitrun import run
from releasectl.judging import Request
from releasectl.model import Json
from releasectl.overlooked import require_seen
from releasectl.past import target_of
from releasectl.pathlaw import changes, fork
from releasectl.pathnames import JUDGE, MADE, RELEASED_PATHS
from releasectl.reading import WAIVERS
from releasectl.revocation import FILE as REVOKED

TIMEOUT: Final = 300.0
ENGINE: Final = "releasectl/judging.py"
# What judges imports nothing of the parts left out (pyproject.toml has the layers): they are most files.
ASKED: Final = re.compile(
    r"(releasectl/(?!(cli|github|platforms|report|sandbox)/)|generators/|policies/|trainers/schemas/).*|"
    r".*\.schema\.json|environments/[^/]+/policy\.yaml"
)
# No file of the judge, and whether a model is ours and may serve is told by it: pull requests of their own.
SAYS: Final = re.compile(rf"pipelines/(?!.*((card|training)\.yaml|\.md)\Z).*|{re.escape(REVOKED)}", re.DOTALL)
START: Final = """\
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from releasectl.judging import main
sys.exit(main())
"""
KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "OPENBLAS_NUM_THREADS", "SYSTEMROOT")


def check_by_base(root: Path, revision: str, *, now: datetime) -> Checked:
    """The working tree as a change of `revision`, which judges it; nothing of the tree is imported."""
    base = commit_id(root, revision)
    require_seen(root)
    request = Request(str(root), str(root), base, now.isoformat(), fork=fork(root, base))
    with judge_of(root, base) as tree:
        return ask(tree, request)


def judged_before(root: Path, target: str, *, now: datetime) -> None:
    """Raise PolicyDenied with what the commits before the files refuse of `target`.

    Before a commit is its first parent, before an edited tree is HEAD too: no change is applied by rules that
    came with it. The first commit of all has none before it, nor has one before which no engine was in git.
    One that a shallow clone lacks is InvalidInput.
    """
    refused: dict[Problem, list[str]] = {}
    for before in commits_before(root):
        if ENGINE not in paths_at(root, before, ENGINE):
            continue
        with judge_of(root, before) as tree:
            found = ask(tree, Request(str(root), str(root), before, now.isoformat()))
        RuleFailed.raise_if(failed(found.faults))
        for problem in denials([each for each in found.findings if each.environment == target]):
            refused.setdefault(problem, []).append(before[:12])
    PolicyDenied.raise_if(_before(problem, judges) for problem, judges in refused.items())


def _before(problem: Problem, judges: Sequence[str]) -> Problem:
    """The rules of today allow it, or they would have refused it first."""
    remedy = "the rules that allow it come with the same change: merge them first, the release after that"
    what = f"{problem.what} (by the rules of {' and '.join(judges)})"
    return Problem(problem.where, what, f"{remedy}; or {problem.remedy}")


def commits_before(root: Path) -> tuple[str, ...]:
    """The commits whose judge is another than that of now, or that knew less as ours or more as revoked where
    a release came with that; each with a say in it.
    """
    asked = run(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", check=False)
    if asked.returncode:
        return ()
    require_seen(root)
    head = asked.stdout.decode().strip()
    found: list[str | None] = []
    if _decides([change.path for change in changes(root, head)]):
        found.append(head)
    # The last commit that released answers for its own judge too, whatever came after it.
    told = run(root, "log", "-1", "--first-parent", "-m", "--format=%H", "--", *RELEASED_PATHS)
    last = told.stdout.decode().strip()
    found += [_parent_with_another_judge(root, commit) for commit in dict.fromkeys((head, last)) if commit]
    return tuple(dict.fromkeys(commit for commit in found if commit is not None))


def _parent_with_another_judge(root: Path, commit: str) -> str | None:
    before = first_parent(root, commit)
    if before is None:
        return None
    differ = run(root, "diff", "--name-only", "--no-renames", "--relative", "-z", before, commit).stdout
    return before if _decides(differ.decode(errors="replace").split("\0")) else None


def _decides(paths: Sequence[str]) -> bool:
    """Whether they may allow what comes with them: the judge, or beside a release what it is judged by."""
    released = any(map(target_of, paths))
    return any(JUDGE.fullmatch(path) or (released and SAYS.fullmatch(path)) for path in paths)


@contextmanager
def judge_of(root: Path, commit: str) -> Iterator[Path]:
    """The files of a commit that judge, in a folder of their own."""
    paths = [path for path in paths_at(root, commit) if _judges(path)]
    if ENGINE not in paths:
        what = "its engine cannot judge other files: it is older than this"
        remedy = "name a later base; for a replay, `--as-of today` judges by the rules of today"
        raise InvalidInput.at(commit[:12], what, remedy)
    with extracted(root, commit, paths) as tree:
        yield tree


def _judges(path: str) -> bool:
    """Never what Python would load in the place of a module, should the commit hold that."""
    return path in (WAIVERS, REVOKED) or bool(ASKED.fullmatch(path) and not MADE.fullmatch(path))


def ask(tree: Path, request: Request) -> Checked:
    """The verdict of the engine in `tree`: a process of its own, with few of this one's variables."""
    packages = [sysconfig.get_paths()[name] for name in ("purelib", "platlib")]
    found = [str(tree), *dict.fromkeys(packages)]
    environment = {name: value for name, value in os.environ.items() if name in KEPT}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", START, json.dumps(found)],
            input=json.dumps(asdict(request)),
            capture_output=True,
            text=True,
            cwd=tree,
            env=environment,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        what = f"gave no verdict within {TIMEOUT:g} s"
        raise InvalidInput.at(request.base[:12], what, "find the file that takes so long to read") from None
    return _answer(done, request.base)


def _answer(done: subprocess.CompletedProcess[str], base: str) -> Checked:
    try:
        answer: Mapping[str, Json] = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        what = f"the judge of this commit failed: {said[0]}"
        raise RuleFailed.at(base[:12], what, "mend the base, or name another one") from None
    if "error" in answer:
        problems = [Problem(**problem) for problem in answer["error"]["problems"]]
        kinds = {kind.exit_code: kind for kind in ReleaseError.__subclasses__()}
        raise kinds.get(answer["error"]["exit_code"], ReleaseError)(*problems)
    return decoded(answer["checked"])
