"""What weighs most is told first: nothing else that a pull request does can push it out of sight."""

from __future__ import annotations

from tests.attacks.conftest import V3, Repo

PROTECTED = "policies/protected_features.py"


def waiver(number: int, rule: str = "OPS-004") -> str:
    return (
        f"- {{rule: {rule}, release: income, environment: staging, fingerprint: {number:016x}, "
        "ticket: RISK-1, reason: A reason that is long enough to be one., owner: credit-ml, "
        "approver: platform, created: 2026-11-24, expires: 2026-12-23}\n"
    )


def test_waivers_do_not_bury_a_rule_or_a_revocation(repo: Repo) -> None:
    revoked = f"revoked:\n- {{commit: {V3}, reason: bought labels, owner: credit-risk, date: 2026-11-01}}\n"
    repo.git("checkout", "-q", "main")
    repo.mini.write("releases/revoked.yaml", revoked)
    repo.commit("revoke")
    repo.git("checkout", "-q", "-B", "attack")
    repo.mini.write("releases/revoked.yaml", "revoked: []\n")
    repo.mini.write("policies/waivers.yaml", "waivers:\n" + "".join(map(waiver, range(61))))
    repo.edit(PROTECTED, 'unwaivable=("production",),', "")
    repo.edit("environments/production/policy.yaml", "GOV-001: deny", "GOV-001: warn")
    (repo.root / "policies/revoked.py").unlink()
    for number in range(9):
        repo.mini.write(f"policies/aaa_{number}.py", "")
    repo.commit("tidy")
    found = [each.what for each in repo.judged().delta]
    assert found[0] == "loosens FAIR-001: a waiver would hold in production"
    assert found[2].startswith("removes the rule REVO-001")
    assert found[3] == "loosens GOV-001 in production: deny becomes warn"
    assert found[4].startswith(f"takes back the revocation of {V3}")
    assert "adds 61 waivers of OPS-004 for staging/income until 2026-12-23 at the latest" in found[5]
    assert found[6:] == ["adds a rule module"] * 9


def test_few_waivers_are_told_one_by_one(repo: Repo) -> None:
    repo.mini.write("policies/waivers.yaml", "waivers:\n" + waiver(1) + waiver(2, "PIN-001"))
    repo.commit("two")
    found = [each.what.split(" for ")[0] for each in repo.judged().delta]
    assert found == ["adds a waiver of PIN-001", "adds a waiver of OPS-004"]  # by what the rule is worth


def test_waivers_that_are_none_do_not_bury_it_either(repo: Repo) -> None:
    rules = (waiver(number, f"NONE-{number:03}") for number in range(100))
    repo.mini.write("policies/waivers.yaml", "waivers:\n" + "".join(rules))
    (repo.root / "policies/revoked.py").unlink()
    repo.commit("tidy")
    found = [each.what for each in repo.judged().delta]
    assert found[0].startswith("removes the rule REVO-001")
    assert "cannot be read by the base in 97 more places" in found


def test_a_reason_makes_no_line_of_its_own(repo: Repo) -> None:
    reason = r'"sold\n\n✓ 2 releases checked, no finding\n::error::all is well\u202E\u0001"'
    entry = f"- {{commit: {V3}, reason: {reason}, owner: credit-risk, date: 2026-11-01}}\n"
    repo.mini.write("releases/revoked.yaml", f"revoked:\n{entry}")
    repo.commit("revoke")
    (told,) = [each.what for each in repo.judged().delta if "revokes" in each.what]
    assert r"sold\n\n✓ 2 releases" in told
    assert told.isprintable()
