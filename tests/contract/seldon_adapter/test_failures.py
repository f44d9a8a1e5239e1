"""Whatever goes wrong on the wire ends soon, in one error with a place, a cause and a remedy."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from releasectl.errors import BackendUnreachable, PlatformRefused, ReleaseError
from releasectl.model import Missing
from releasectl.platforms.inference import build_inference
from releasectl.platforms.seldon_deploy import build
from releasectl.verify.values import Verdict, look, matched
from tests.contract.seldon_adapter.conftest import Reply, Scripted, platform_at

Behaviour = Callable[[socket.socket, threading.Event], None]
MANIFEST = {"metadata": {"name": "income"}, "spec": {"predictors": []}}
HTML = {"Content-Type": "text/html; charset=utf-8"}
LOGIN = b"<html><head><title>Sign in to Seldon</title></head><body>password</body></html>"


def serving_version(url: str, timeout: float) -> object:
    return build(platform_at(url, timeout=timeout)).version()


def infer(url: str, timeout: float) -> object:
    return build_inference(platform_at(url, timeout=timeout)).infer("production", "income", "income", {})


BOTH = pytest.mark.parametrize("ask", [serving_version, infer], ids=["seldon-deploy", "ingress"])


def unreachable(ask: Callable[[str, float], object], url: str, *, timeout: float = 0.3) -> str:
    began = time.monotonic()
    with pytest.raises(BackendUnreachable) as caught:
        ask(url, timeout)
    assert time.monotonic() - began < timeout + 1.5
    (problem,) = caught.value.problems
    assert url in problem.where
    assert problem.remedy
    return problem.what


@BOTH
def test_connection_refused(ask: Callable[[str, float], object], closed_port: int) -> None:
    what = unreachable(ask, f"http://127.0.0.1:{closed_port}")
    assert what == "no connection: [Errno 111] Connection refused"


@BOTH
def test_no_such_host(ask: Callable[[str, float], object]) -> None:
    assert "no connection" in unreachable(ask, "http://no-such-host.invalid", timeout=5)


def silence(_: socket.socket, over: threading.Event) -> None:
    over.wait(10)


def dripping(begin: bytes, drop: bytes) -> Behaviour:
    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(begin)
        while not over.wait(0.05):
            try:
                connection.sendall(drop)
            except OSError:
                return  # the client has given up, as it should

    return drip


@BOTH
@pytest.mark.parametrize(
    "behave",
    [
        silence,
        dripping(b"", b"H"),
        dripping(b"HTTP/1.1 200 OK\r\nX-Header: ", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", b" "),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}", b" "),
        dripping(b"HTTP/1.1 409 Conflict\r\nContent-Length: 1000\r\n\r\n{", b" "),
    ],
    ids=["silence", "status", "header", "body", "body-of-no-length", "refusal"],
)
def test_an_answer_that_does_not_come_in_time(
    ask: Callable[[str, float], object], behave: Behaviour, misbehaving: Callable[[Behaviour], str]
) -> None:
    assert unreachable(ask, misbehaving(behave)) == "no answer within 0.3 s"


def test_who_stands_before_a_silent_model_is_not_to_be_started(scripted: Scripted) -> None:
    scripted.says(Reply(b"no available server", 503, {"Content-Type": "text/plain"}))
    with pytest.raises(BackendUnreachable) as caught:
        infer(scripted.url, 2.0)
    assert "`releasectl status`" in caught.value.problems[0].remedy


def hang_up(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(65536)


def other_language(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


@BOTH
@pytest.mark.parametrize("behave", [hang_up, other_language], ids=["hang-up", "another-protocol"])
def test_a_connection_that_breaks_off(
    ask: Callable[[str, float], object], behave: Behaviour, misbehaving: Callable[[Behaviour], str]
) -> None:
    assert "the answer broke off" in unreachable(ask, misbehaving(behave))


@BOTH
def test_tls_without_trust(ask: Callable[[str, float], object], scripted: Scripted) -> None:
    assert "no trust" in unreachable(ask, scripted.url.replace("http://", "https://"))


@BOTH
@pytest.mark.parametrize("spelt", ["Content-Type", "content-type"])
def test_a_login_page_answered_with_200(
    ask: Callable[[str, float], object], spelt: str, scripted: Scripted
) -> None:
    scripted.says(Reply(LOGIN, headers={spelt: HTML["Content-Type"]}))
    assert unreachable(ask, scripted.url) == "answers with a web page ('Sign in to Seldon')"


@BOTH
@pytest.mark.parametrize("spelt", ["Location", "location"])
def test_a_redirect_to_a_login(ask: Callable[[str, float], object], spelt: str, scripted: Scripted) -> None:
    scripted.says(Reply(b"", 302, {spelt: "https://auth.example/login"}))
    assert unreachable(ask, scripted.url) == "redirects (302) to https://auth.example/login"
    assert len(scripted.seen) == 1


@BOTH
@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_in_front_of_nothing(
    ask: Callable[[str, float], object], status: int, scripted: Scripted
) -> None:
    scripted.says(Reply(b"no healthy upstream", status, {"Content-Type": "text/plain"}))
    assert unreachable(ask, scripted.url) == f"answers {status}: no healthy upstream"


@BOTH
@pytest.mark.parametrize(
    "reply",
    [
        Reply(b'{"items": [{"kind": "Sel', length=4000),
        Reply(b'{"items": [{"kind": "Sel'),
        Reply(b"OK", headers={"Content-Type": "text/plain"}),
        Reply(["not", "an", "object"]),
        Reply(b"\xff\xfe\x00"),
        Reply(b"[" * 200_000),
        Reply(b'{"a":' * 101 + b"0" + b"}" * 101),
    ],
    ids=["cut-off", "half-json", "plain-text", "a-list", "not-utf-8", "without-bottom", "deep"],
)
def test_an_answer_of_another_kind(
    ask: Callable[[str, float], object], reply: Reply, scripted: Scripted
) -> None:
    scripted.says(reply)
    unreachable(ask, scripted.url)


def test_an_answer_without_end_is_cut(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("releasectl.platforms.http_wire.LARGEST", 1 << 20)
    scripted.says(Reply(b"[" + b" " * (2 << 20) + b"]"))
    assert "over 1 MiB" in unreachable(infer, scripted.url, timeout=5)


def test_an_object_without_a_name_is_no_deployment(scripted: Scripted) -> None:
    serving = build(platform_at(scripted.url))
    for answer in ({}, {"metadata": []}, {"metadata": {"name": None}}):
        scripted.says(Reply(answer))
        with pytest.raises(BackendUnreachable, match=r"has no name|metadata is a list, wanted a block"):
            serving.deployment("production", "income")


def test_a_404_that_is_not_from_seldon_deploy_is_no_absence(scripted: Scripted) -> None:
    scripted.says(Reply(b"404 page not found", 404, {"Content-Type": "text/plain"}))
    with pytest.raises(BackendUnreachable, match="not as Seldon Deploy does"):
        build(platform_at(scripted.url)).deployment("production", "income")


def test_absence_is_a_value(scripted: Scripted) -> None:
    scripted.says(Reply({"code": 404, "message": "seldondeployments 'income' not found"}, 404))
    serving = build(platform_at(scripted.url))
    found = serving.deployment("production", "income")
    assert isinstance(found, Missing)
    assert "seldondeployments 'income' not found" in found.reason
    assert serving.detectors("production", "income") == {}
    serving.delete("production", "income")


def refused(call: Callable[[], object]) -> ReleaseError:
    with pytest.raises(PlatformRefused) as caught:
        call()
    assert all(problem.remedy for problem in caught.value.problems)
    return caught.value


def test_422_names_every_cause_with_the_remedy_of_the_offline_rule(scripted: Scripted) -> None:
    causes = [
        {
            "reason": "FieldValueInvalid",
            "field": "spec.predictors",
            "message": "Graph contains no predictors",
        },
        {"reason": "FieldValueInvalid", "field": "spec.protocol", "message": "Invalid protocol"},
    ]
    scripted.says(
        Reply({"kind": "Status", "code": 422, "message": "is invalid", "details": {"causes": causes}}, 422)
    )
    error = refused(lambda: build(platform_at(scripted.url)).create("production", MANIFEST))
    assert [(problem.where, problem.what) for problem in error.problems] == [
        ("production/income spec.predictors", "Graph contains no predictors"),
        ("production/income spec.protocol", "Invalid protocol"),
    ]
    assert error.problems[0].remedy == "add at least one predictor"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, {"code": 500, "message": "cannot write to git", "requestId": "7"}, "cannot write to git"),
        (500, b"<html><title>Internal</title></html>", "Internal"),
        (500, b"", "no reason given"),
        (400, {"error": "bad name"}, "bad name"),
        (409, {"message": "the object has been modified"}, "the object has been modified"),
        (422, {"details": {"causes": "x"}, "message": "no"}, "no"),
    ],
)
def test_a_refusal_carries_the_servers_words(
    status: int, body: object, said: str, scripted: Scripted
) -> None:
    scripted.says(Reply(body, status))
    error = refused(lambda: build(platform_at(scripted.url)).create("production", MANIFEST))
    (problem,) = error.problems
    assert problem.where == "production/income"
    assert problem.what == f"Seldon Deploy refuses ({status}): {said}"


@pytest.mark.parametrize(
    ("ask", "status", "verdict"),
    [
        *((each, status, Verdict.UNKNOWN) for each in (serving_version, infer) for status in (401, 403, 503)),
        (serving_version, 500, Verdict.UNKNOWN),
        (serving_version, 422, Verdict.CONTRADICTED),
        (infer, 500, Verdict.CONTRADICTED),  # the model's own
        (infer, 404, Verdict.CONTRADICTED),
    ],
)
def test_a_server_that_does_not_get_to_the_question_contradicts_nothing(
    ask: Callable[[str, float], object], status: int, verdict: Verdict, scripted: Scripted
) -> None:
    scripted.says(Reply({"message": "its words"}, status))
    link = look("live object", lambda: matched(str(ask(scripted.url, 2.0))))
    assert link.verdict is verdict
    assert "its words" in link.detail


@pytest.mark.parametrize(("token", "remedy"), [("old", "renew the token in"), ("", "set the variable")])
def test_no_permission_names_the_variable(
    token: str, remedy: str, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", token)
    scripted.says(Reply({"message": "token expired"}, 401))
    serving = build(platform_at(scripted.url, token_env="DEPLOY_TOKEN"))
    (problem,) = refused(serving.version).problems
    assert problem.what == "no permission (401): token expired"
    assert problem.remedy.startswith(f"{remedy} DEPLOY_TOKEN")


def test_no_permission_without_a_variable_names_the_field_if_there_is_one(scripted: Scripted) -> None:
    scripted.says(*[Reply({"message": "who are you?"}, 401)] * 2)
    (problem,) = refused(build(platform_at(scripted.url)).version).problems
    assert "as seldon_deploy_token_env" in problem.remedy
    (problem,) = refused(lambda: infer(scripted.url, 2.0)).problems
    assert "name an address that asks for none" in problem.remedy


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"404 page not found", "404 page not found"),
        (404, {"error": "Model income not found"}, "Model income not found"),
        (500, {"error": "could not convert string to float"}, "could not convert string to float"),
        (422, {"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
    ],
)
def test_the_ingress_and_the_model_server_are_quoted(
    status: int, body: object, said: str, scripted: Scripted
) -> None:
    scripted.says(
        Reply(body, status, {"Content-Type": "text/plain" if status == 404 else "application/json"})
    )
    (problem,) = refused(lambda: infer(scripted.url, 2.0)).problems
    assert problem.where == "production/income"
    assert f"refuses ({status})" in problem.what
    assert said in problem.what
