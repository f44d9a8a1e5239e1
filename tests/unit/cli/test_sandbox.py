"""What `releasectl sandbox` says of an embedded cluster that does not run."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from releasectl.cli.main import guarded
from releasectl.sandbox import lifecycle
from tests.builder import build


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    build(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_status_of_what_is_stopped(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["sandbox", "status"]) == 4
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "log" in line] == [
        "  log .sandbox/logs/pachd.log",
        "  log .sandbox/logs/seldon.log",
    ]
    assert all(len(line) <= 80 for line in lines)
    assert guarded(["sandbox", "status", "--format", "json"]) == 4
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], {each["state"] for each in said["services"]}) == (False, {"stopped"})
    assert said["services"][0]["log"] == str(root / ".sandbox/logs/pachd.log")


def test_who_answers_on_the_ports_of_what_is_stopped(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    platform = root / "environments/platforms/sandbox.yaml"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        platform.write_text(platform.read_text().replace("30650", port))
        assert guarded(["sandbox", "status"]) == 4
    err = capsys.readouterr().err
    assert f"127.0.0.1:{port}: " in err
    assert "pachd needs the port; what this clone asks is answered from there" in err


@pytest.mark.parametrize("verb", ["up", "status", "down", "logs"])
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("/etc/sandbox", "/etc/sandbox is not below the repository's root"),
        ("../x", "../x is not below the repository's root"),
        ("a/../..", ".. is not below the repository's root"),
        (".", "the repository's root"),
        ("releases", "git does not ignore releases/"),
        ("releases/new", "git does not ignore releases/new/"),
    ],
)
def test_a_state_that_is_not_the_sandboxs_own_is_refused(
    verb: str, state: str, said: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    (root / ".gitignore").write_text(".sandbox*/\n")
    platform = root / "environments/platforms/sandbox.yaml"
    platform.write_text(platform.read_text().replace(".sandbox", state))
    before = sorted(root.rglob("*"))
    assert guarded(["sandbox", verb]) == 3
    told = capsys.readouterr().err
    assert said in told
    assert "environments/platforms/sandbox.yaml:7:10" in told
    assert sorted(root.rglob("*")) == before


def test_down_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["-C", str(root), "sandbox", "down", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert (said["command"], said["ok"], err) == ("sandbox down", True, "nothing runs\n")
    assert {each["state"] for each in said["services"]} == {"stopped"}


def test_what_was_rendered_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stray = root / "environments" / "staging" / "rendered" / "gone.yaml"
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("gone: true\n")
    assert guarded(["-C", str(root), "render", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["command"], said["ok"]) == ("render", True)
    assert said["removed"] == ["environments/staging/rendered/gone.yaml"]
    assert "environments/staging/rendered/income.yaml" in said["wrote"]


def test_whoever_follows_a_log_ends_it_without_a_word(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> Iterator[str]:
        yield "pachd: it serves"
        raise KeyboardInterrupt

    monkeypatch.setattr(lifecycle, "follow", interrupted)
    assert guarded(["-C", str(root), "sandbox", "logs", "-f"]) == 130
    assert capsys.readouterr() == ("pachd: it serves\n", "")
