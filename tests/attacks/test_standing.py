"""What the base finds in itself already: no pull request is refused for it that leaves the release alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from releasectl.cli.wiring import Workspace
from releasectl.errors import PolicyDenied
from releasectl.load import load
from releasectl.model import Rendered
from releasectl.standing import After, Before, standing
from tests.attacks.conftest import V1, V2, Repo, clone, told

STAGING = "releases/staging/income.yaml"
DEFAULTS = "environments/staging/environment.yaml"
POLICY = "environments/staging/policy.yaml"
RULES = {"DATA-001", "FAIR-001", "LEAK-001"}
TEXT = "reason: A reason that is long enough to be one., owner: credit-ml, ticket: RISK-1"
Change = Callable[[Repo], object]


@pytest.fixture(scope="module")
def standing_template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Main serves in staging what its rules deny, as if the waivers of that had just ended."""
    repo = clone(template, tmp_path_factory.mktemp("standing"))
    repo.lock("v2")
    repo.release(V2, "staging")
    repo.git("branch", "-f", "main", repo.commit("model 2 in staging", "2026-11-01"))
    repo.git("checkout", "-q", "--detach", "main")
    repo.git("branch", "-D", "attack")
    return repo.root


@pytest.fixture
def repo(standing_template: Path, tmp_path: Path) -> Repo:
    return clone(standing_template, tmp_path)


def waiver(fingerprint: str, rule: str = "LEAK-001", approver: str = "model-risk") -> str:
    return (
        f"- {{rule: {rule}, release: income, environment: staging, fingerprint: {fingerprint}, {TEXT}, "
        f"approver: {approver}, created: 2026-11-24, expires: 2026-12-20}}\n"
    )


def rename(repo: Repo) -> None:
    (repo.root / STAGING).unlink()
    repo.mini.release("wages", "staging", V2)


def edit(path: str, old: str, new: str) -> Change:
    return lambda repo: repo.edit(path, old, new)


def write(path: str, text: str) -> Change:
    return lambda repo: repo.mini.write(path, text)


@pytest.mark.usefixtures("apart")
def test_a_pull_request_about_something_else_passes(repo: Repo) -> None:
    repo.mini.write("notes.txt", "something else\n")
    repo.commit("notes")
    found = repo.judged()
    assert (found.exit_code, found.denied) == (0, ())
    assert {(each.release, each.rule) for each in found.standing} == {
        ("staging/income", rule) for rule in RULES
    }


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(write("policies/waivers.yaml", "waivers:\n" + waiver("0" * 16)), id="renewal"),
        pytest.param(edit(POLICY, "LEAK-001: deny", "LEAK-001: warn"), id="strictness"),
        pytest.param(lambda repo: repo.release(V1, "production", "replicas: 2\n"), id="production"),
        pytest.param(lambda repo: repo.release(V1, "staging"), id="withdrawn"),
        pytest.param(lambda repo: (repo.root / STAGING).unlink(), id="removed"),
    ],
)
def test_what_mends_it_passes_and_another_environment(repo: Repo, change: Change) -> None:
    change(repo)
    repo.commit("mend")
    found = repo.judged()
    assert (found.exit_code, found.denied, found.refused) == (0, (), ())
    assert {each.release for each in found.standing} <= {"staging/income"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda repo: repo.release(V2, "staging", "replicas: 2\n"), id="release"),
        pytest.param(edit(STAGING, "owner:", "# a word\nowner:"), id="comment"),
        pytest.param(edit(DEFAULTS, "replicas: 1", "replicas: 2"), id="defaults"),
        pytest.param(
            edit("environments/platforms/sandbox.yaml", "timeout", "# a word\ntimeout"), id="platform"
        ),
        pytest.param(write("environments/staging/rendered/income.yaml", "kind: Other\n"), id="rendered"),
        pytest.param(lambda repo: repo.release(V2, "production"), id="another release"),
        pytest.param(lambda repo: repo.mini.release("wages", "staging", V2), id="copied"),
        pytest.param(rename, id="renamed"),
    ],
)
def test_what_touches_it_is_judged_in_full(repo: Repo, change: Change) -> None:
    """Also in two steps: what came before in the same branch is no base."""
    change(repo)
    repo.commit("change")
    repo.mini.write("notes.txt", "something else\n")
    repo.commit("later")
    found = repo.judged()
    assert found.exit_code == 10
    assert {each.rule for each in found.denied} >= {"FAIR-001", "LEAK-001"}


def test_a_finding_of_another_value_is_a_new_one(repo: Repo) -> None:
    """What is revoked stands on the base as well, and not for that."""
    text = f"revoked:\n- {{commit: {V2}, reason: bought labels, owner: credit-risk, date: 2026-11-01}}\n"
    repo.mini.write("releases/revoked.yaml", text)
    repo.commit("revoke")
    found = repo.judged()
    assert [each.rule for each in found.denied] == ["REVO-001"]
    assert {each.rule for each in found.standing} == RULES


def test_other_manifests_are_another_release(repo: Repo) -> None:
    repo.mini.write("notes.txt", "something else\n")
    found = repo.judged().standing
    path = "environments/staging/rendered/income.yaml"
    old, new = (Rendered(path, text, ()) for text in ("replicas: 1\n", "replicas: 2\n"))
    after = After(load(repo.root), found, [old], ["notes.txt"])
    assert standing(after, lambda: Before(found, [old])) == found
    assert standing(after, lambda: Before(found, [new])) == ()
    assert standing(after, lambda: Before(found[1:], [old])) == found[1:]
    assert standing(after, lambda: None) == ()
    assert standing(replace(after, touched=[STAGING]), lambda: pytest.fail("the base is not asked")) == ()


def test_it_forbids_an_apply_there_and_nowhere_else(repo: Repo) -> None:
    with pytest.raises(PolicyDenied, match="LEAK-001"):
        Workspace(str(repo.root)).judged("staging")
    Workspace(str(repo.root)).judged("production")


def test_a_waiver_that_is_wrong_on_the_base_can_be_mended(repo: Repo) -> None:
    repo.git("checkout", "-q", "main")
    repo.mini.write("policies/waivers.yaml", "waivers:\n" + waiver("0" * 16, approver="credit-ml"))
    repo.commit("wrong")
    repo.git("checkout", "-q", "-B", "attack")
    repo.mini.write("policies/waivers.yaml", "waivers: []\n")
    repo.commit("mend")
    found = repo.judged()
    assert found.exit_code == 0
    assert "approved by its own owner" in " ".join(each.what for each in found.notices)


def test_what_a_stricter_policy_will_deny_is_told(repo: Repo) -> None:
    repo.edit("environments/production/policy.yaml", "FAIR-002: warn", "FAIR-002: deny")
    repo.commit("stricter")
    found = repo.judged()
    assert found.exit_code == 0
    assert "would deny 1 finding of FAIR-002 on what stands: production/income (" in told(found)
