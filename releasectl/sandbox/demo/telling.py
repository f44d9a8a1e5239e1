"""What the story tells of a command's output; the whole of it is kept in the file of its act."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Telling:
    """`lines` that count wherever they stand, and `facts` that count below a line of `heads`."""

    lines: str = ""
    heads: str = ""
    facts: str = ""


EVERYTHING: Final = Telling()
VERDICT: Final = r"^[✓✗]"
TARGET: Final = r"^\S+/\S+(: |  )"
METRICS: Final = r"^    (model commit|candidate beside|dataset \S+_data|accuracy) "
JUDGED: Final = r"^✗|^✓ \d+ files"
# Of a release that is refused, whatever condemns it; of others, what changes.
RELEASED: Final = Telling(rf"{JUDGED}|{TARGET}|{METRICS}|^  ✗ deny ", heads=r"^  ✗ deny ", facts=r"^    - ")
WARNED: Final = Telling(rf"{RELEASED.lines}|^  ! warn ")
WRITTEN: Final = Telling(JUDGED)

# The first that begins a command decides; of the others every line counts.
TELLINGS: Final[Mapping[str, Telling]] = {
    "releasectl sandbox up": Telling("serves on"),
    "releasectl data push": Telling("^pushed"),
    "git diff -U0": Telling(r"^[-+](?![-+])"),
    "git diff --stat": Telling("changed"),
    "git revert": Telling(r"^\["),
    "releasectl plan": Telling(rf"{VERDICT}|^\w+: \d|^  [~±→-] "),
    "releasectl apply": Telling(rf"{VERDICT}|^  ~  |^  →  branch \S+_data@"),
    "releasectl release": RELEASED,
    "releasectl verify": Telling(rf"{VERDICT}|  prediction  "),
    "releasectl lineage": Telling(r" serves |_(data|holdout)  "),
    "releasectl prove-revert": Telling(
        rf"{VERDICT}|byte for byte|^      accuracy ", heads="^  ✗", facts="^    - "
    ),
    "releasectl traffic": Telling(rf"{TARGET}|answered by| failed$"),
    "releasectl impact": Telling(r"^\S|  model  |  on the cluster  "),
    "releasectl compare": Telling(rf"^wrote|{TARGET}|UTC$|^verdict|^- |^\* of "),
    "releasectl promote": Telling(TARGET),
    "releasectl history": Telling(r"^\S|^  \d{4}-|^      (model|strategy)  (?!direct)"),
    "releasectl status": Telling(r"^\w+ \(|^  income  |^  http"),
}


def telling(command: str) -> Telling:
    """What counts in the output of `command`, as it is typed."""
    return next((found for begin, found in TELLINGS.items() if command.startswith(begin)), EVERYTHING)


def told(output: Iterable[str], what: Telling) -> Iterator[str]:
    """The lines that count, each with those in which a point of a list goes on."""
    below = counts = False
    goes_on = 0  # the column in which the text of such a point stands
    for line in output:
        indent = len(line) - len(line.lstrip())
        if not goes_on or indent < goes_on:
            below = bool(what.heads and re.search(what.heads, line)) or (below and indent > 2)
            counts = bool(re.search(what.lines, line) or (below and re.search(what.facts, line)))
            point = re.match(r" *[-*·→] +", line)
            goes_on = point.end() if point else 0
        if counts:
            yield line
