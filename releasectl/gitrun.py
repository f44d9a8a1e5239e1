"""Runs git, the same way whatever the user's settings and the variables of the environment are.

How lines end is left to the user: a working tree is compared by the settings by which it was checked out.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from releasectl.errors import PlatformRefused, UsageError

TIMEOUT: Final = 120.0
_NEUTRAL: Final = (
    "log.follow=false",
    "log.showSignature=false",
    "log.showRoot=true",  # or what the first commit released would never have been released
    "log.diffMerges=separate",  # and what a merge brought in
    "i18n.logOutputEncoding=UTF-8",
    "core.quotePath=false",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.trustctime=true",  # size and an old time alone do not say that a file is as it was
    "core.checkStat=default",
    "filter.lfs.clean=",  # a machine of CI has it, and the .gitattributes of a branch would have it run
    "filter.lfs.smudge=",
    "filter.lfs.process=",
    "filter.lfs.required=false",
    "commit.gpgSign=false",
    "rerere.enabled=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
# A submodule that .gitmodules says to ignore is told like any other; no setting says that.
_ALWAYS: Final = dict.fromkeys(("diff", "diff-tree", "log", "status"), ("--ignore-submodules=none",))


def run(
    root: Path, *arguments: str, stdin: bytes = b"", check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    """One git command in `root`; with `check`, a failure is an error in git's own words."""
    settings = [part for setting in _NEUTRAL for part in ("-c", setting)]
    asked = (*arguments[:1], *_ALWAYS.get(arguments[0], ()), *arguments[1:])
    command = ["git", "--no-pager", "-C", str(root), *settings, *asked]
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, env=_environment(), timeout=TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise UsageError.at("git", "is not installed", "install git: releases are commits") from None
    except subprocess.TimeoutExpired:
        what = f"git {arguments[0]} gave no answer within {TIMEOUT:g} s"
        raise PlatformRefused.at(root, what, "find out what holds it up, then repeat the command") from None
    if check and done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        raise PlatformRefused.at(
            root, f"git {arguments[0]}: {said}", "mend the repository, then repeat the command"
        )
    return done


def _environment() -> dict[str, str]:
    """Ours without what would point git elsewhere; it asks nobody and takes no lock just to look."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    real = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull}  # the commits that there are
    return {**kept, **quiet, **real, "LC_ALL": "C"}
