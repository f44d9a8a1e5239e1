"""Who is to blame for a failed job, by its own words: what it ran on, or one of the inputs it read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from releasectl.model import Json
from releasectl.plan.dag import input_names
from releasectl.ports import JobState

# Neither code nor data: with room on the disk, or once pachd is itself again, the same job may well succeed.
_PLATFORM = re.compile(
    "sandbox could not run this job|no space left on device|disk quota exceeded|database or disk is full",
    re.IGNORECASE,
)


def of_platform(job: JobState, lines: Iterable[str]) -> bool:
    """Whether what the job ran on failed, and not its code; `lines` are the end of its log."""
    return any(_PLATFORM.search(words) for words in (job.reason, *lines))


def named_input(spec: Json, lines: Sequence[str]) -> str | None:
    """The repository of the input whose file the log names last, as in /pfs/income_holdout/holdout.csv:7."""
    repos = input_names(spec)
    named = [name for line in lines for name in re.findall(r"\bpfs/([^/\s]+)/", line) if name in repos]
    return repos[named[-1]] if named else None
