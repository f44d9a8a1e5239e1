"""A finding stands where a person mends it, which is not always the release."""

from __future__ import annotations

from pathlib import Path

from releasectl.judge import assess, circumstances
from releasectl.policy import Finding
from releasectl.render import render
from tests.builder import LENIENT, build, environment_yaml


def judged(root: Path, before: str, after: str) -> list[Finding]:
    mini = build(root)
    mini.write("environments/staging/environment.yaml", environment_yaml("staging").replace(before, after))
    mini.write("environments/staging/policy.yaml", LENIENT.replace("  OPS-005: off\n", ""))
    repository = mini.load()
    found = assess(repository, render(repository), circumstances(mini.root)).findings
    return [each for each in found if each.environment == "staging"]


def test_how_long_the_log_is_kept_is_a_line_of_the_environment(tmp_path: Path) -> None:
    (found,) = judged(tmp_path, "retention_days: 760", "retention_days: 76")
    assert (found.rule, str(found.place)) == ("LOG-001", "environments/staging/environment.yaml:8:27")
    assert "`retention_days: 760` or more" in found.remedy


def test_limits_are_lines_of_the_environment(tmp_path: Path) -> None:
    (found,) = judged(tmp_path, 'cpu: "1", memory: 1Gi', 'cpu: "1", memory: 512Mi')
    assert (found.rule, str(found.place)) == ("OPS-005", "environments/staging/environment.yaml:15:15")
    assert "`serving.model.resources`" in found.remedy
