"""A branch that the base has left behind: what the base did since is neither its work nor its fault."""

from __future__ import annotations

from tests.attacks.conftest import V1, V3, Repo

POLICY = "environments/production/policy.yaml"
SHADOW = f"strategy: {{type: shadow, candidate: {V3}}}\n"


def squashed(repo: Repo) -> None:
    """The branch as one commit of main, of which the branch itself knows nothing."""
    repo.git("checkout", "-q", "main")
    repo.git("checkout", "-q", "attack", "--", ".")
    repo.commit("squashed", "2026-11-21")
    repo.git("checkout", "-q", "attack")


def test_what_was_merged_as_another_commit_is_no_change_any_more(repo: Repo) -> None:
    repo.lock("v3")
    repo.release(V1, extra=SHADOW)
    repo.commit("a shadow")
    squashed(repo)
    repo.edit(POLICY, "FAIR-002: warn", "FAIR-002: deny")
    repo.commit("stricter", "2026-11-22")
    found = repo.judged()
    assert (found.refused, found.exit_code) == ((), 0)
    repo.release(V1, extra=f"{SHADOW}replicas: 2\n")
    repo.commit("and a release", "2026-11-22")
    (problem,) = repo.judged().refused
    assert problem.what == (
        f"releases (releases/production/income.yaml) and their judge ({POLICY}) change together"
    )


def test_what_is_neither_as_at_the_fork_nor_as_in_the_base_is_a_change(repo: Repo) -> None:
    repo.lock("v3")
    repo.release(V1, extra=SHADOW)
    repo.commit("a shadow")
    repo.edit(POLICY, "FAIR-002: warn", "FAIR-002: deny")
    repo.commit("stricter", "2026-11-21")
    squashed(repo)
    repo.edit(POLICY, "FAIR-002: deny", "FAIR-002: advise")
    repo.release(V1, extra=f"{SHADOW}replicas: 2\n")
    repo.commit("looser, and a release", "2026-11-22")
    (problem,) = repo.judged().refused
    assert "change together" in problem.what
