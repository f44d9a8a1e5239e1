"""Who asks for what: each law, guidance and policy that rules cite, with the day of the last look at it.

Engineering summaries, no legal advice.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from releasectl.policy.rule import Authority, Status

CHECKED: Final = date(2026, 8, 31)


def regulation_b(section: str) -> Authority:
    """The Equal Credit Opportunity Act's regulation."""
    return Authority("ECOA, Regulation B", Status.IN_FORCE, CHECKED, f"12 CFR {section}")


def ai_act(articles: str) -> Authority:
    """Credit scoring is high-risk (Annex III 5(b)); its duties apply from 2027-12-02."""
    return Authority(
        "EU AI Act, from 2027-12-02", Status.LATER, CHECKED, f"Regulation (EU) 2024/1689, {articles}"
    )


COMPANY: Final = Authority("CreditCo model risk policy", Status.COMPANY, CHECKED)
MODEL_RISK: Final = Authority("SR 26-2, model risk management", Status.GUIDANCE, CHECKED)
EFFECTS_TEST: Final = Authority(
    "ECOA effects test", Status.WITHDRAWN, CHECKED, "removed from Regulation B on 2026-07-21"
)
ADVERSE_ACTION: Final = Authority(
    "CFPB circular on adverse action and algorithms", Status.WITHDRAWN, CHECKED, "2022-03"
)
