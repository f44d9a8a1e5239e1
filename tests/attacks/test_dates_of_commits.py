"""How long a trial lasted, and since when a model is back, is told by the dates of commits: no nonsense."""

from __future__ import annotations

import subprocess

import pytest

from releasectl.errors import InvalidInput
from releasectl.githistory import NEVER, resolve
from releasectl.replaying import replay
from tests.attacks.conftest import NOW, V1, V3, Repo, rules_of

NONE = ["99999999999999 +0000", "abc"]
SHADOW = f"strategy: {{type: shadow, candidate: {V3}}}\n"
CANARY = f"strategy: {{type: canary, candidate: {V3}, traffic: 10}}\n"


def dated(repo: Repo, date: str) -> str:
    """What is in the tree as a commit of that date, which git itself would refuse to make."""
    parent = repo.git("rev-parse", "HEAD")
    repo.commit("to be dated")
    text = f"tree {repo.git('rev-parse', 'HEAD^{tree}')}\nparent {parent}\n"
    text += f"author Eve <eve@example.org> {date}\ncommitter Eve <eve@example.org> {date}\n\nrelease\n"
    command = ["git", "-C", str(repo.root), "hash-object", "-t", "commit", "-w", "--stdin", "--literally"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    repo.git("reset", "-q", "--hard", done.stdout.strip())
    return done.stdout.strip()


def main_is(repo: Repo, commit: str) -> None:
    repo.git("branch", "-f", "main", commit)


@pytest.mark.parametrize("date", NONE)
def test_a_commit_without_a_date_is_refused_by_name(date: str, repo: Repo) -> None:
    repo.release(V1, "staging", "replicas: 2\n")
    commit = dated(repo, date)
    repo.mini.write("NEWS.md", "nothing happened\n")
    repo.commit("and another")
    (problem,) = repo.judged().refused
    assert problem.where == commit[:12]
    assert problem.what == "has no date that could be read"
    _, told, *_ = problem.remedy.split("`")
    repo.git("-c", "core.editor=true", *told.split()[1:])
    assert repo.judged().refused == ()


def test_a_commit_is_not_older_than_what_it_follows(repo: Repo) -> None:
    repo.release(V1, "staging", "replicas: 2\n")
    commit = repo.commit("of long ago", "2026-09-01")
    (problem,) = repo.judged().refused
    assert problem.where == commit[:12]
    assert "is dated 2026-09-01, more than a day before a commit that it follows" in problem.what


def test_a_day_at_a_time_is_too_old_as_well(repo: Repo) -> None:
    for day in ("2026-09-30", "2026-09-29"):
        repo.mini.write("NEWS.md", f"of {day}\n")
        commit = repo.commit(day, day)
    (problem,) = repo.judged().refused
    assert problem.where == commit[:12]


def test_a_commit_is_not_of_a_day_to_come(repo: Repo) -> None:
    repo.mini.write("NEWS.md", "nothing happened\n")
    commit = repo.commit("of years to come", "2030-01-01")
    repo.mini.write("NEWS.md", "nothing at all\n")
    repo.commit("of today, after it", "2026-11-24")
    (problem,) = repo.judged().refused
    assert (problem.where, problem.what.partition(":")[0]) == (
        commit[:12],
        "is dated 2030-01-01, which is yet to come",
    )
    _, told, *_ = problem.remedy.split("`")
    repo.git("-c", "core.editor=true", *told.split()[1:], when="2026-11-24T12:00:00Z")
    found = repo.judged()
    assert (found.refused, found.exit_code) == ((), 0)


def test_a_day_to_come_that_is_in_main_for_ever_hinders_nobody_and_excuses_nothing(repo: Repo) -> None:
    repo.mini.write("NEWS.md", "nothing happened\n")
    main_is(repo, repo.commit("of years to come", "2030-01-01"))
    repo.lock("v3")
    repo.release(V1, extra=SHADOW)
    repo.commit("a shadow", "2026-11-24")
    assert repo.judged().refused == ()
    repo.git("reset", "-q", "--soft", "main")
    repo.commit("a shadow, as if it had begun long ago", "2026-09-01")
    (problem,) = repo.judged().refused
    assert "is dated 2026-09-01, more than a day before a commit that it follows" in problem.what


def test_an_odd_time_zone_is_no_fault(repo: Repo) -> None:
    repo.release(V1, "staging", "replicas: 2\n")
    dated(repo, "1795000000 +2500")
    assert repo.judged().refused == ()


@pytest.mark.parametrize("date", NONE)
def test_what_is_in_main_for_ever_hinders_nobody_and_proves_nothing(date: str, repo: Repo) -> None:
    repo.lock("v3")
    repo.release(V1, extra=SHADOW)
    main_is(repo, dated(repo, date))
    assert resolve(repo.root, "HEAD").committed == NEVER
    with pytest.raises(InvalidInput, match="has no date"):
        replay(repo.root, "HEAD", None, now=NOW)
    repo.mini.write("NEWS.md", "nothing happened\n")
    repo.commit("something else")
    found = repo.judged()
    assert (found.refused, found.exit_code) == ((), 0)
    repo.release(V1, extra=CANARY)
    repo.commit("a canary")
    assert "SOAK-001" in rules_of(repo.judged())
