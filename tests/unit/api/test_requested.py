"""What of a request is sent, and what of it is shown."""

from __future__ import annotations

import pytest

from papaya.api.requested import Requested, hide_query_secrets


def test_the_query_is_encoded_as_the_server_expects() -> None:
    requested = Requested(
        "GET", "/api/tenant/devices", {"deviceName": "MG Road & 1", "page": 0, "active": True}
    )
    assert requested.target == "/api/tenant/devices?deviceName=MG%20Road%20%26%201&page=0&active=true"


@pytest.mark.parametrize(
    "name", ["accessToken", "token", "password", "verificationCode", "credentialsId", "secret"]
)
def test_secrets_in_the_query_are_not_shown(name: str) -> None:
    requested = Requested("POST", "/api/device", {name: "hidden-value", "page": 1})
    assert requested.shown == f"/api/device?{name}=…&page=1"
    assert "hidden-value" not in repr(requested)


def test_the_token_in_the_path_of_the_device_api_is_not_shown() -> None:
    assert Requested("POST", "/api/v1/A1_TOKEN/telemetry").shown == "/api/v1/…/telemetry"


def test_the_body_is_not_in_the_representation() -> None:
    assert "hunter2" not in repr(Requested("POST", "/api/auth/login", body={"password": "hunter2"}))


def test_logs_of_other_libraries_lose_their_secrets() -> None:
    line = 'http://x:80 "POST /api/device?accessToken=abc&page=1 HTTP/1.1" 200 None'
    assert hide_query_secrets(line) == 'http://x:80 "POST /api/device?accessToken=…&page=1 HTTP/1.1" 200 None'


def test_text_beyond_ascii_is_sent_as_utf_8() -> None:
    assert (
        Requested("POST", "/api/device", body={"label": "Ümlaut °C"}).content()
        == '{"label":"Ümlaut °C"}'.encode()
    )


def test_a_request_without_a_body_sends_none() -> None:
    assert Requested("POST", "/api/auth/logout").content() is None
