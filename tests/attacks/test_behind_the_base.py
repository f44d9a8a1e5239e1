"""A branch that the base has left behind: what the base did since is neither its work nor its fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from releasectl.checking import check
from releasectl.errors import InvalidInput
from tests.attacks.conftest import NOW, V1, V2, V3, Repo

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


WAIVER = (
    "waivers:\n- {rule: FAIR-002, release: income, environment: pilot, fingerprint: 0123456789abcdef, "
    "reason: A reason that is long enough to be one., owner: credit-ml, ticket: RISK-1, "
    "approver: model-risk, created: 2026-11-20, expires: 2026-12-20}\n"
)


def pilot(repo: Repo) -> None:
    """Main has one more environment, and a waiver for it."""
    repo.git("checkout", "-q", "main")
    text = (repo.root / "environments/staging/environment.yaml").read_text(encoding="utf-8")
    repo.mini.write("environments/pilot/environment.yaml", text.replace("staging", "pilot"))
    repo.mini.write("policies/waivers.yaml", WAIVER)
    repo.commit("pilot", "2026-11-21")


def test_the_base_waives_in_an_environment_that_the_branch_does_not_have_yet(repo: Repo) -> None:
    repo.mini.write("NEWS.md", "nothing happened\n")
    repo.commit("something else")
    pilot(repo)
    repo.git("checkout", "-q", "attack")
    found = repo.judged()
    assert (found.refused, found.exit_code) == ((), 0)
    (notice,) = (each for each in found.notices if "FAIR-002" in each.what)
    assert "for pilot/income (RISK-1) matches no finding" in notice.what


def test_an_environment_goes_with_its_waivers(repo: Repo) -> None:
    pilot(repo)
    repo.git("checkout", "-q", "-B", "attack", "main")
    (repo.root / "environments/pilot/environment.yaml").unlink()
    with pytest.raises(InvalidInput, match="the environment `pilot`, which does not exist"):
        check(repo.root, now=NOW)
    repo.mini.write("policies/waivers.yaml", "waivers: []\n")
    repo.commit("the pilot is over", "2026-11-22")
    found = repo.judged()
    assert (found.refused, found.exit_code) == ((), 0)
    assert check(repo.root, now=NOW).faults == ()


STAGING = "releases/staging/income.yaml"


def mended_since(repo: Repo) -> None:
    """Main had a model in staging that its rules deny, and has taken it back since the branch left."""
    repo.git("checkout", "-q", "main")
    repo.lock("v2")
    repo.release(V2, "staging")
    repo.commit("model 2 in staging", "2026-11-01")
    repo.git("checkout", "-q", "-B", "attack")
    repo.mini.write("NEWS.md", "nothing happened\n")
    repo.commit("something else", "2026-11-20")
    repo.git("checkout", "-q", "main")
    repo.release(V1, "staging")
    repo.commit("mended", "2026-11-21")
    repo.git("checkout", "-q", "attack")


def test_what_the_base_has_mended_since_is_no_fault_of_the_branch(repo: Repo) -> None:
    mended_since(repo)
    found = repo.judged()
    assert (found.exit_code, found.denied, found.standing) == (0, (), ())
    (notice,) = (each for each in found.notices if "went on" in each.what)
    assert notice.what.startswith("staging/income is not as in the base, which went on")
    assert "LEAK-001" in notice.what


@pytest.mark.parametrize(
    "touch",
    [
        pytest.param(lambda repo: repo.edit(STAGING, "owner:", "# a word\nowner:"), id="release"),
        pytest.param(
            lambda repo: repo.edit("environments/staging/environment.yaml", "replicas: 1", "replicas: 2"),
            id="environment",
        ),
        pytest.param(lambda repo: repo.release(V2, "production"), id="another release"),
        pytest.param(lambda repo: repo.git("merge", "-q", "-s", "ours", "main"), id="merged against it"),
    ],
)
def test_what_the_branch_touches_is_its_own(repo: Repo, touch: Callable[[Repo], object]) -> None:
    mended_since(repo)
    touch(repo)
    repo.commit("touched", "2026-11-22")
    found = repo.judged()
    assert found.exit_code == 10
    assert "LEAK-001" in {each.rule for each in found.denied}


def test_what_a_branch_brings_is_denied_though_the_base_went_on_with_that_release(repo: Repo) -> None:
    repo.mini.write("NEWS.md", "nothing happened\n")
    text = f"revoked:\n- {{commit: {V1}, reason: bought labels, owner: credit-risk, date: 2026-11-01}}\n"
    repo.mini.write("releases/revoked.yaml", text)
    repo.commit("revoke")
    repo.git("checkout", "-q", "main")
    repo.release(V1, "staging", "replicas: 2\n")
    repo.commit("scale", "2026-11-21")
    repo.git("checkout", "-q", "attack")
    found = repo.judged()
    assert {each.release for each in found.denied if each.rule == "REVO-001"} == {
        "production/income",
        "staging/income",
    }
