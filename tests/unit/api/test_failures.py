"""Every refusal of a real server becomes the error that it stands for."""

from __future__ import annotations

import json

import pytest

from papaya.api.failures import failure_of_reply
from papaya.api.replies import Reply
from papaya.api.requested import Requested
from papaya.errors import (
    AuthenticationFailed,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    ServerError,
    Unavailable,
    UnexpectedReply,
    VersionConflict,
)
from papaya.resources import locate

GET = Requested("GET", "/api/device/1")


def said(status: int, message: str | None, code: int, **more: object) -> Reply:
    body = {"status": status, "message": message, "errorCode": code, "timestamp": 1, **more}
    return Reply(status, "application/json;charset=iso-8859-1", json.dumps(body).encode())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (said(401, "Invalid username or password", 10), AuthenticationFailed),
        (said(401, "Token has expired", 11), AuthenticationFailed),
        (said(403, "You don't have permission to perform this operation!", 20), Forbidden),
        (said(403, "Devices limit reached", 41, entityType="DEVICE", limit=2), Forbidden),
        (said(400, "Devices limit reached", 31), Rejected),
        (said(400, "Device with such name already exists!", 31), Rejected),
        (said(404, "Requested item wasn't found!", 32), NotFound),
        (said(404, "No static resource api/noSuchEndpoint.", 32), UnexpectedReply),
        (said(405, "Request method 'PUT' is not supported", 31), Rejected),
        (said(409, "Device was already changed by someone else", 35), VersionConflict),
        (said(429, "Too many requests for current tenant!", 33), RateLimited),
        (Reply(413, "application/json", b'"The request payload is too large"'), Rejected),
        (Reply(409), Rejected),
        (Reply(408), Unavailable),
        (Reply(504), Unavailable),
        (Reply(404, "text/plain", b"Device with requested id wasn't found!"), NotFound),
        (Reply(404, "text/plain", b"default backend - 404"), UnexpectedReply),
        (Reply(403, "text/plain", b"You don't have permission to perform this operation!"), Forbidden),
        (Reply(403, "text/plain", b"Forbidden by the firewall"), UnexpectedReply),
        (Reply(404), UnexpectedReply),
        (Reply(404, "text/html", b"<html><title>404 Not Found</title>"), UnexpectedReply),
        (Reply(403, "text/html", b"<html><title>Blocked</title>"), UnexpectedReply),
        (Reply(401, "text/html", b"<html><title>Proxy</title>"), UnexpectedReply),
        (Reply(500, "text/html", b"<html><title>Oops</title>"), Unavailable),
        (Reply(502, "text/html", b"<html><title>502 Bad Gateway</title>"), Unavailable),
        (Reply(503), Unavailable),
        (Reply(302, location="https://elsewhere/login?token=abc123"), UnexpectedReply),
        (Reply(400, "text/plain", b"This combination of host and port requires TLS."), UnexpectedReply),
        (Reply(418, "application/json", b"[1]"), Rejected),
    ],
)
def test_a_refusal_becomes_its_error(reply: Reply, expected: type[ServerError]) -> None:
    failure = failure_of_reply(GET, reply)
    assert type(failure) is expected
    assert failure.status == reply.status
    assert "GET /api/device/1: " in failure.message


@pytest.mark.parametrize(
    "reply",
    [
        said(500, "Database error", 2),
        said(500, "Database error", 46),
        said(500, "Could not open JPA EntityManager for transaction", 2),
        said(500, "Unable to acquire JDBC Connection [HikariPool-1]", 2),
        said(500, "Request timeout", 2),
        said(500, None, 2),
    ],
)
def test_a_500_about_the_database_may_pass(reply: Reply) -> None:
    assert type(failure_of_reply(GET, reply)) is Unavailable


def test_any_other_500_is_the_servers_answer_to_this_request() -> None:
    failure = failure_of_reply(GET, said(500, 'Cannot invoke "X.get()" because it is null', 2))
    assert type(failure) is Rejected


def test_the_message_is_the_servers_own_reason_with_method_path_and_status() -> None:
    failure = failure_of_reply(
        Requested("POST", "/api/asset"), said(400, "Asset with such name already exists!", 31)
    )
    assert failure.message == "POST /api/asset: Asset with such name already exists! (HTTP 400)"
    assert (failure.method, failure.path, failure.status, failure.code) == ("POST", "/api/asset", 400, 31)


def test_forbidden_says_who_we_are() -> None:
    reply = said(403, "You don't have permission to perform this operation!", 20)
    failure = failure_of_reply(GET, reply, user="CUSTOMER_USER garage@example.com")
    assert failure.remedy == "This needs a TENANT_ADMIN; this is CUSTOMER_USER garage@example.com."


@pytest.mark.parametrize("words", ["Invalid username or password", "User account is not active"])
def test_a_refused_api_key_is_not_told_to_log_in(words: str) -> None:
    failure = failure_of_reply(GET, said(401, words, 10), with_key=True)
    assert isinstance(failure, AuthenticationFailed)
    assert failure.remedy.startswith("Is the API key complete, still there, enabled and not expired?")


def test_a_limit_of_entities_has_its_own_remedy() -> None:
    for status, code in ((403, 41), (400, 31)):
        assert (
            "tenant profile limits"
            in failure_of_reply(GET, said(status, "Devices limit reached", code)).remedy
        )


def test_the_reset_token_of_an_expired_password_is_not_told() -> None:
    reply = said(401, "User password expired!", 15, resetToken="very-secret-reset")
    failure = failure_of_reply(GET, reply)
    assert "very-secret-reset" not in f"{failure!r}{failure}"
    assert "new password" in failure.remedy


def test_a_web_page_is_summarised_and_not_dumped() -> None:
    page = b"<!DOCTYPE html><html><head><title>502\n Bad &amp; Gateway</title></head>" + b"<p>x</p>" * 1000
    failure = failure_of_reply(GET, Reply(502, "text/html", page))
    assert (
        failure.message == 'GET /api/device/1: the answer is a web page titled "502 Bad & Gateway" (HTTP 502)'
    )


def test_a_redirect_says_where_to_without_the_secrets_of_the_target() -> None:
    failure = failure_of_reply(GET, Reply(302, location="https://tb.example.com/login?token=abc123&page=2"))
    assert "redirects to https://tb.example.com/login?token=…&page=2" in failure.message
    assert "Redirects are not followed" in failure.remedy


def test_what_the_server_repeats_of_a_secret_is_hidden() -> None:
    requested = Requested(
        "POST",
        "/api/device",
        {"accessToken": "TOKEN-IN-QUERY"},
        {"credentials": {"credentialsId": "TOKEN-IN-BODY", "credentialsValue": "VALUE-IN-BODY"}},
    )
    echo = "no: TOKEN-IN-QUERY, TOKEN-IN-BODY, VALUE-IN-BODY, session-token"
    failure = failure_of_reply(requested, said(400, echo, 31), secrets={"session-token"})
    assert failure.message == "POST /api/device?accessToken=…: no: …, …, …, … (HTTP 400)"


@pytest.mark.parametrize("version", ["4.0.1", "4.3.1.3"])
def test_every_recorded_refusal_has_an_error_with_the_recorded_reason(version: str) -> None:
    folder = locate("tests", "contract", "recordings")
    text = (folder / f"thingsboard-{version}.http.jsonl").read_text(encoding="utf-8")
    refusals = 0
    for line in text.splitlines():
        recorded = json.loads(line)["response"]
        body = recorded["body"]
        if recorded["status"] < 400 or not isinstance(body, dict) or "errorCode" not in body:
            continue
        refusals += 1
        reply = Reply(recorded["status"], recorded["content_type"], json.dumps(body).encode())
        failure = failure_of_reply(GET, reply)
        assert " ".join(str(body["message"]).split()) in " ".join(failure.message.split())
        assert failure.code == (body["errorCode"] if isinstance(body["errorCode"], int) else None)
    assert refusals > 20


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 429, 500, 503])
def test_every_refusal_names_the_url_of_its_server(status: int) -> None:
    body = json.dumps({"status": status, "message": "no", "errorCode": 2, "timestamp": 1}).encode()
    source = "GET http://things.example:8080/api/device/1"
    failure = failure_of_reply(Requested("GET", "/api/device/1"), Reply(status, body=body, source=source))
    assert failure.message == f"{source}: no (HTTP {status})"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (said(400, "Rule chains limit reached", 31), "the tenant's limit of rule chains is reached"),
        (
            said(403, "Dashboards limit reached", 41, entityType="DASHBOARD", limit=1),
            "the tenant's limit of 1 dashboard is reached",
        ),
        (
            said(403, "Devices limit reached", 41, entityType="DEVICE", limit=1200),
            "the tenant's limit of 1,200 devices is reached",
        ),
        (
            said(400, "Calculated fields per entity limit reached!", 31),
            "the tenant's limit of calculated fields per entity is reached",
        ),
        (
            said(400, "OtaPackages total size exceeds the maximum of 10 bytes", 31),
            "the tenant's limit of 10 bytes is reached",
        ),
    ],
)
def test_a_limit_of_the_tenant_is_told_as_such(reply: Reply, told: str) -> None:
    failure = failure_of_reply(GET, reply)
    assert told in failure.message
    assert "ask a system administrator to raise the limit" in failure.remedy


@pytest.mark.parametrize(
    ("status", "page", "advice"),
    [
        (502, "<html><title>502 Bad Gateway</title></html>", "--retry-for"),
        (504, "<html></html>", "--retry-for"),
        (511, "<html></html>", "open a web page in a browser"),
        (407, "<html></html>", "https_proxy="),
        (400, "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>", "https://"),
        (520, "<html></html>", "the proxy in front of it"),
        (405, "<html></html>", "Something else answers there"),
    ],
)
def test_every_answer_of_something_in_front_of_the_server_says_what_to_do(
    status: int, page: str, advice: str
) -> None:
    reply = Reply(status, "text/html", page.encode())
    assert advice in failure_of_reply(Requested("GET", "/api/devices"), reply).remedy


def test_a_request_for_many_ids_is_told_in_one_line() -> None:
    ids = ",".join("0648eb60-ec35-11f1-9289-8fe21f2a52f7" for _ in range(100))
    told = failure_of_reply(
        Requested("GET", "/api/devices", {"deviceIds": ids}), Reply(502, "text/html", b"x")
    )
    assert len(str(told.message)) < 300
