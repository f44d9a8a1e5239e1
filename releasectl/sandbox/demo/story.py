"""The story as data: acts with a heading, a reason, and commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from releasectl.sandbox.demo.telling import RELEASED, WARNED, WRITTEN, Telling

DATA = ".sandbox/data"  # git ignores it
APPLICANTS = "trainers/data/applicants.csv"
EQUALS = "trainers/data/equal-records.csv"
POLICY = "environments/production/policy.yaml"
KEPT = "REVO|PIN|LOCK|OPS"  # rules that even the hasty keep
LIMITS = "{strictness: deny, parameters: {agreement: 0.95, agreement_margin: 0.02, p99_ratio: 10000}}"
REVOKED = "releases/revoked.yaml"


@dataclass(frozen=True, slots=True)
class Command:
    """A line of shell as a person types it; `ends` is the exit code that the story expects, `tells` what
    counts of the output here.
    """

    line: str
    ends: int = 0
    tells: Telling | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """A heading, why it happens, and what is typed; all of it runs in the scratch clone."""

    title: str
    why: str
    commands: tuple[Command, ...]


def act(title: str, why: str, *lines: str | Command) -> Act:
    return Act(title, why, tuple(Command(line) if isinstance(line, str) else line for line in lines))


def story(datasets: Mapping[str, str]) -> Iterator[Act]:
    """`datasets` tells, once it is pushed, the commit of a dataset by its name."""
    yield from model_one()
    yield from model_two(datasets)
    yield from model_three()


def train(name: str, message: str) -> tuple[str, ...]:
    return (
        f"python -m trainers.datasets {DATA} {name}",
        f"releasectl data push {DATA}/{name}.csv --train",
        f"git commit -qam '{message}'",
    )


def merged(message: str, target: str) -> tuple[str, ...]:
    """The pull request is approved, CI applies what is merged."""
    return (committed(message), f"releasectl apply {target}")


def committed(message: str) -> str:
    return f"git add -A && git commit -qm '{message}'"


def model_one() -> Iterator[Act]:
    yield act(
        "An embedded cluster",
        "Pachyderm and Seldon as they speak on the wire, on this machine only.",
        "releasectl sandbox up",
    )
    yield act(
        "The data arrives",
        "Census rows without sensitive traits go to a side branch, where nothing trains; a frozen holdout, "
        "which keeps those traits for audits only, goes to a repository of its own.",
        f"python -m trainers.datasets {DATA} v1 holdout",
        f"releasectl data push {DATA}/holdout.csv --repo income_holdout",
        f"releasectl data push {DATA}/v1.csv --train",
        "git diff -U0",
        "git commit -qam 'Train on the census rows v1'",
    )
    yield act(
        "Training",
        "A person has named the dataset commit; applying that moves income_data@master, and the DAG runs.",
        "releasectl plan pipelines",
        "releasectl apply pipelines",
    )
    for environment, tells in (("staging", RELEASED), ("production", WARNED)):
        release = f"releasectl release income --env {environment} --commit latest --owner credit-ml"
        yield act(
            f"Model 1 goes to {environment}",
            "The pull request: one release file, the lock of its model, the manifests rendered from both.",
            Command(release, tells=tells),
            committed(f"Release model 1 to {environment}"),
            f"releasectl plan {environment}",
            f"releasectl apply {environment}",
            f"releasectl verify {environment}",
        )
    yield act(
        "Once more",
        "An apply compares what is live with what the files say: now there is nothing to do.",
        "releasectl apply production",
    )
    yield act(
        "Answers",
        "Five people of the holdout and one made up; every answer names the model commit that made it.",
        f"releasectl predict production/income --csv {APPLICANTS}",
        f"releasectl explain production/income --csv {APPLICANTS} --row 3",
        "releasectl lineage production/income",
    )


def model_two(datasets: Mapping[str, str]) -> Iterator[Act]:
    yield act(
        "Model 2: a vendor's data",
        "More columns, more confidence. The policy disagrees before a process starts.",
        *train("v2", "Train on the rows of the vendor"),
        "releasectl apply pipelines",
        Command("releasectl release income --env production --commit latest", ends=10),
    )
    yield act(
        "Against advice",
        "Nothing but a reviewed commit can lower the strictness of an environment; somebody signs it.",
        f"sed -Ei '/{KEPT}/!s/: deny/: warn/' {POLICY}",
        f"git diff --stat -- {POLICY}",
        f"git commit -qm 'Accept the risk of model 2 for a day' -- {POLICY}",
        Command("releasectl release income --env production --commit latest", tells=WRITTEN),
        *merged("Release model 2 to production", "production"),
    )
    yield act(
        "The scandal",
        "Three pairs of applicants with equal records: the woman first, then the man.",
        f"releasectl predict production/income --csv {EQUALS}",
    )
    yield act(
        "The way back",
        "Is the revert safe? Then take it while clients go on asking, and look whether one was lost.",
        "releasectl prove-revert",
        "releasectl traffic production/income --requests 1500 --rate 150 &",
        "git revert --no-edit HEAD HEAD~1",
        "releasectl apply production",
        "wait",
        f"releasectl predict production/income --csv {EQUALS}",
        "releasectl verify production",
    )
    vendor = datasets["v2"]
    entry = f"{{commit: {vendor}, reason: decides by gender, owner: credit-risk, date: $(date -u +%F)}}"
    yield act(
        "Never again",
        "The dataset is revoked: what was made from it is refused from now on, a revert of the revert too.",
        f'sed -i "s/^revoked: .*/revoked:\\n  - {entry}/" {REVOKED}',
        f"git commit -qm 'Revoke the dataset of model 2' -- {REVOKED}",
        f"releasectl impact {vendor}",
        Command("releasectl prove-revert HEAD~2", ends=10),
    )


def model_three() -> Iterator[Act]:
    yield act(
        "Model 3 is trained on the rest of the census",
        "It takes what model 1 takes, so both can answer the same request.",
        *train("v3", "Train on the census rows v3"),
        "releasectl apply pipelines",
        "releasectl release income --env production --commit latest --strategy shadow",
        *merged("Try model 3 as a shadow", "production"),
    )
    yield act(
        "The shadow is compared",
        "It answers copies of the requests, and nobody sees its answers; the request log keeps both.",
        "releasectl traffic production/income --requests 3200 --rate 160",
        "releasectl compare production/income --record",
    )
    yield act(
        "What a demonstration cannot do",
        "A trial soaks for a week, models of different people agree in 96 of 100 cases, not in 98, and one "
        "machine that does it all is no measure of latency. All of it is policy: a commit says otherwise.",
        f"sed -Ei 's/(SOAK-001): deny/\\1: warn/; s/(SHAD-001): deny/\\1: {LIMITS}/' {POLICY}",
        f"git commit -qm 'Let model 3 disagree in 5 of 100 cases, and not soak' -- {POLICY}",
        "releasectl compare production/income --record",
        committed("Record the comparison of model 3"),
    )
    for share in ("10", "25", "50"):
        yield act(
            f"A canary with {share} % of the requests",
            "Promotion edits the release file; a person commits it.",
            "releasectl promote production/income",
            *merged(f"Model 3 answers {share} % of the requests", "production"),
            "releasectl traffic production/income --requests 300 --rate 150",
        )
    yield act(
        "Model 3 serves alone",
        "And any answer still leads back to the data it was learned from.",
        "releasectl promote production/income",
        *merged("Promote model 3", "production"),
        "releasectl verify production",
        "releasectl lineage production/income",
        "releasectl history production/income",
        "releasectl status",
    )
