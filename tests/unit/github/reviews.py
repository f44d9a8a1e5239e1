"""A review with something in every field."""

from __future__ import annotations

from releasectl.review.values import (
    Approval,
    Group,
    Judged,
    Live,
    Measured,
    ReleaseReview,
    Revert,
    Review,
    Row,
    Told,
)

REVIEW = Review(
    base="b" * 40,
    head="a" * 40,
    denied=True,
    releases=(
        ReleaseReview(
            target="production/income",
            verb="change",
            owner="credit-ml",
            rows=(
                Row("model", "1" * 32, "2" * 32),
                Row("strategy", "direct", "shadow 100 %"),
                Row("dataset income_data", "3" * 32, "4" * 32),
            ),
            sides=("before", "after"),
            metrics=(Measured("roc_auc", 0.8733, 1.0), Measured("rows", None, 8000.0)),
            groups=(
                Group(
                    "sex",
                    "Female",
                    2654,
                    Measured("selection_rate", 0.11, 0.0),
                    Measured("true_positive_rate", 0.58, 0.0),
                ),
                Group(
                    "sex",
                    "Male",
                    5346,
                    Measured("selection_rate", 0.25, 1.0),
                    Measured("true_positive_rate", 0.63, None),
                ),
            ),
            calibration=((0.05, 0.2, 0.4, 0.7, 0.9), (0.0, 1.0)),
        ),
    ),
    training=(Row("income: dataset income_data", "3" * 32, "4" * 32),),
    files=("releases/production/income.yaml", "policies/waivers.yaml"),
    problems=(Told("releases/x.yaml:1:1", "unknown field `stratgy`", "did you mean strategy?"),),
    findings=(
        Judged(
            "FAIR-001", "No protected trait is an input", "deny", "production/income",
            "releases/production/income.yaml:3:8", "inputs: Race, Sex, wanted none", "train without them", "",
        ),
        Judged(
            "XAI-001", "Whoever is refused is told why", "warn", "production/income",
            "releases/production/income.yaml:2:1", "no text for race", "write one", "",
        ),
        Judged(
            "PERF-002", "Scores mean what they say", "deny", "production/income",
            "releases/production/income.yaml:3:8", "slope 0.7", "calibrate", "by grace until 2026-12-01",
        ),
        Judged("GOV-001", "Somebody owns it", "advise", "staging/income", "x:1:1", "nobody", "name one", ""),
    ),
    standing=(
        Judged(
            "FAIR-002", "Age may count", "deny", "staging/income", "releases/staging/income.yaml:3:8",
            "what age takes", "train again", "",
        ),
    ),
    delta=(Told("policies/waivers.yaml", "adds a waiver of PERF-002", "let it be merged on its own"),),
    notices=(Told("policies/waivers.yaml:3:5", "expires in 3 days", "mend the cause"),),
    approvals=(
        Approval("/releases/production/", ("@creditco/model-risk",), ("releases/production/income.yaml",)),
        Approval("", (), ("README.md",)),
    ),
    revert=Revert("safe", ("production/income: back to " + "1" * 32,)),
    live=(Live("production", ("update SeldonDeployment creditco-production/income",)), Live("pipelines", ())),
    manifests="--- a/x.yaml\n+++ b/x.yaml\n-  replicas: 1\n+  replicas: 2\n```\nnot the end",
)  # fmt: skip
