"""No judge merges its own death: what would stop every check once it is merged is refused by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.attacks.conftest import Repo

RULE = "policies/duplicates.py"
POLICIES = ("environments/production/policy.yaml", "environments/staging/policy.yaml")
SCHEMA = "policies/waivers.schema.json"
WAIVERS = "policies/waivers.yaml"
ENDS = "; merged, it would stop every check and every apply"
Change = Callable[[Repo], object]


def waiver(rule: str = "FAIR-002", environment: str = "staging") -> str:
    return (
        f"waivers:\n- {{rule: {rule}, release: income, environment: {environment}, fingerprint: {'a' * 16}, "
        "reason: A reason that is long enough to be one., owner: credit-ml, approver: model-risk, "
        "ticket: RISK-1, created: 2026-11-20, expires: 2026-12-20}\n"
    )


def write(path: str, text: str) -> Change:
    return lambda repo: repo.mini.write(path, text)


def edit(path: str, old: str, new: str) -> Change:
    return lambda repo: repo.edit(path, old, new)


def remove(*paths: str) -> Change:
    return lambda repo: repo.git("rm", "-q", "-r", *paths)


def both(*changes: Change) -> Change:
    return lambda repo: [change(repo) for change in changes]


def in_policies(old: str, new: str) -> Change:
    return both(*(edit(path, old, new) for path in POLICIES))


def rule_as(path: str, old: str, new: str) -> Change:
    """Another module, made of one that there is."""
    return lambda repo: repo.mini.write(path, (repo.root / RULE).read_text().replace(old, new))


def on_main(change: Change) -> Change:
    """The same, merged before the branch begins."""

    def merged(repo: Repo) -> None:
        change(repo)
        repo.git("branch", "-f", "main", repo.commit("merged", "2026-11-01"))

    return merged


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        pytest.param(remove(RULE), POLICIES, "there would be no rule `DUP-001`", id="removed"),
        pytest.param(
            in_policies("DUP-001", "DUP-002"), POLICIES, "there would be no rule `DUP-002`", id="unknown"
        ),
        pytest.param(
            edit(RULE, 'id="DUP-001"', 'id="DUP-002"'), POLICIES, "no rule `DUP-001`", id="another id"
        ),
        pytest.param(
            edit(POLICIES[0], "DUP-001: deny", "DUP-001: {strictness: deny, parameters: {share: 5}}"),
            POLICIES[:1],
            "`share` of DUP-001 is 5",
            id="parameter",
        ),
        pytest.param(write(POLICIES[0], "rules: [\n"), POLICIES[:1], "", id="no policy"),
        pytest.param(write(WAIVERS, "waivers: 1\n"), [WAIVERS], "", id="no waivers"),
        pytest.param(
            write(WAIVERS, waiver(environment="pilot")), [WAIVERS], "environment `pilot`", id="nowhere"
        ),
        pytest.param(write(WAIVERS, waiver("NOPE-001")), [WAIVERS], "rule `NOPE-001`", id="of nothing"),
        pytest.param(
            both(
                on_main(write(WAIVERS, waiver("DUP-001"))),
                remove(RULE),
                in_policies("  DUP-001: ", "  # "),
            ),
            [WAIVERS],
            "a waiver for the rule `DUP-001`, which would not exist",
            id="of what is removed",
        ),
        pytest.param(
            both(on_main(write(WAIVERS, waiver())), remove("environments/staging", "releases/staging")),
            [WAIVERS],
            "a waiver for the environment `staging`, which would not exist",
            id="of an environment that is removed",
        ),
        pytest.param(write(SCHEMA, "{,}"), [SCHEMA], "is no schema", id="no schema"),
        pytest.param(edit(RULE, "RULE = ", "(RULE = "), [RULE], "is no module", id="no module"),
        pytest.param(
            edit("releasectl/judge.py", "def judge(", "def judge((("),
            ["releasectl/judge.py"],
            "is no module",
            id="no engine",
        ),
        pytest.param(
            write("policies/helpers.py", "ONE = 1\n"),
            ["policies/helpers.py"],
            "has no `RULE = Rule(id=...)`",
            id="no rule",
        ),
        pytest.param(
            edit(RULE, 'id="DUP-001"', 'id="DUP" + "-001"'),
            [*POLICIES, RULE],
            "",
            id="an id that only running it could tell",
        ),
        pytest.param(
            rule_as("policies/again.py", "", ""),
            ["policies/again.py"],
            f"DUP-001 is also the id of {RULE}",
            id="twice",
        ),
    ],
)
def test_what_would_stop_every_check_is_refused(
    repo: Repo, change: Change, where: tuple[str, ...], said: str
) -> None:
    change(repo)
    repo.commit("policy")
    refused = [each for each in repo.judged().refused if each.what.endswith(ENDS)]
    assert sorted(each.where.split(":")[0] for each in refused) == sorted(where)
    assert all(said in each.what for each in refused)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(both(remove(RULE), in_policies("  DUP-001: ", "  # ")), id="removed with its lines"),
        pytest.param(
            both(
                rule_as("policies/again.py", "DUP-001", "DUP-002"),
                in_policies("DUP-001: ", "DUP-002: warn\n  DUP-001: "),
            ),
            id="added",
        ),
        pytest.param(
            both(
                remove(RULE),
                lambda repo: repo.mini.write("policies/again.py", repo.git("show", f"main:{RULE}")),
            ),
            id="renamed",
        ),
        pytest.param(
            both(
                edit(RULE, '"share"', '"part"'),
                edit(POLICIES[0], "DUP-001: deny", "DUP-001: {strictness: deny, parameters: {part: 0.5}}"),
            ),
            id="another parameter",
        ),
        pytest.param(
            both(
                on_main(write(WAIVERS, waiver())),
                remove("environments/staging", "releases/staging"),
                write(WAIVERS, "waivers: []\n"),
            ),
            id="an environment with its waivers",
        ),
        pytest.param(
            both(
                edit("environments/policy.schema.json", '": false', '": true'),
                write(POLICIES[0], "extra: 1\n"),
            ),
            id="with its schema",
        ),
        pytest.param(on_main(write(WAIVERS, waiver(environment="pilot"))), id="of before"),
    ],
)
def test_what_the_next_judge_can_read_is_not(repo: Repo, change: Change) -> None:
    change(repo)
    repo.mini.write("notes.txt", "something else\n")
    repo.commit("policy")
    assert [each for each in repo.judged().refused if each.what.endswith(ENDS)] == []


def test_a_branch_from_before_is_not_held_to_what_came_since(repo: Repo) -> None:
    """Its files have lines of a rule that main has no more: merging it brings none back."""
    repo.git("checkout", "-q", "main")
    both(remove(RULE), in_policies("  DUP-001: ", "  # "))(repo)
    repo.commit("without a rule", "2026-11-01")
    repo.git("checkout", "-q", "attack")
    in_policies("FAIR-002: ", "FAIR-002: deny #")(repo)
    repo.commit("policy")
    assert repo.judged().refused == ()
