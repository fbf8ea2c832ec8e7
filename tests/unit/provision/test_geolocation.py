"""The geolocation service: every shape of its answers, by cassettes that were written by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import vcr  # type: ignore[import-untyped]
from vcr.stubs.urllib3_stubs import VCRRequestsHTTPSConnection  # type: ignore[import-untyped]

from papaya import __version__
from papaya.api.connection import _TlsPool
from papaya.api.replies import Reply
from papaya.errors import PapayaError, SettingsError
from papaya.provision.geolocation import Detected, DetectionFailed, detect, read
from tests.unit.provision.stand_in import SHAPES, TIME_OUT, StandIn

FAILURES = {
    "nulls": "the service knows no coordinates for this address",
    "rate-limit-429": r"the service asks for fewer requests \(RateLimited\)",
    "rate-limit-200": r"the service asks for fewer requests \(RateLimited\)",
    "reserved": r"the address of this machine is a reserved one \(Reserved IP Address\)",
    "error-page": r"503: Service Temporarily Unavailable",
}


def asked(shape: str) -> Detected:
    """Return what comes of a hand-written cassette, by the way that real answers take."""
    machine = vcr.VCR(
        record_mode="none",
        custom_patches=((_TlsPool, "ConnectionCls", VCRRequestsHTTPSConnection),),
    )
    with machine.use_cassette(str(SHAPES / f"{shape}.yaml"), allow_playback_repeats=True):
        return detect()


def test_a_full_answer_is_a_position_with_its_names() -> None:
    found = asked("full")
    assert found == Detected(12.9716, 77.5946, "Bengaluru", "Karnataka", "India", "IN")
    assert found.names == "Bengaluru, Karnataka, India"


@pytest.mark.parametrize("shape", FAILURES)
def test_an_answer_without_a_position_says_why(shape: str) -> None:
    with pytest.raises(DetectionFailed, match=FAILURES[shape]) as caught:
        asked(shape)
    assert caught.value.message.startswith("location detection failed: ")
    assert "--latitude" in caught.value.remedy


def test_every_cassette_says_that_it_was_written_by_hand_and_is_tried() -> None:
    cassettes = {path.stem: path.read_text(encoding="utf-8") for path in SHAPES.glob("*.yaml")}
    assert cassettes.keys() == {"full", *FAILURES}
    assert all(text.startswith("# Written by hand") for text in cassettes.values())


def test_the_request_carries_papayas_own_user_agent_and_no_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with StandIn() as service:
        detect(service.url)
        ((path, headers),) = service.requests
    assert path == "/json/"
    assert headers["user-agent"] == f"papaya/{__version__}"
    assert not {"authorization", "x-authorization", "cookie"} & headers.keys()


@pytest.mark.parametrize(("shape", "requests"), [("error-page", 2), ("rate-limit-429", 1), ("reserved", 1)])
def test_only_what_may_pass_is_asked_once_more(shape: str, requests: int) -> None:
    with StandIn(shape) as service:
        with pytest.raises(DetectionFailed):
            detect(service.url)
        assert len(service.requests) == requests


def test_silence_ends_after_the_timeout_and_one_retry() -> None:
    with StandIn(TIME_OUT) as service:
        with pytest.raises(DetectionFailed, match=r"127\.0\.0\.1: no answer in time"):
            detect(service.url, timeout=1.0)
        assert len(service.requests) == 2


def test_a_proxy_is_asked_instead_of_the_service() -> None:
    with StandIn() as proxy:
        found = detect("http://geolocation.invalid/json/", proxies={"http": proxy.url.removesuffix("/json/")})
        assert found.city == "Bengaluru"
        assert proxy.requests[0][0] == "http://geolocation.invalid/json/"


def test_nobody_listens() -> None:
    with pytest.raises(DetectionFailed, match="connection refused"):
        detect("http://127.0.0.1:9/json/")


@pytest.mark.parametrize("url", ["ipapi.co/json", "ftp://x/", "http://user:secret@x/"])
def test_what_is_no_url_of_a_service_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        detect(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        {"latitude": "12.9", "longitude": "77.5"},
        {"latitude": True, "longitude": 77.5},
        {"latitude": 91, "longitude": 77.5},
        {"latitude": 0, "longitude": 0},
        {"latitude": 12.9},
        [12.9, 77.5],
        "12.9,77.5",
    ],
)
def test_what_is_no_position_is_taken_for_none(body: object) -> None:
    with pytest.raises(DetectionFailed):
        read(Reply(200, "application/json", json.dumps(body).encode()))


def test_names_are_taken_as_text_of_one_line() -> None:
    body = {
        "latitude": 1,
        "longitude": 2,
        "city": " Two\n \x1b[31mlines ",
        "region": 7,
        "country_name": "x" * 300,
    }
    found = read(Reply(200, "application/json", json.dumps(body).encode()))
    assert (found.city, found.region, len(found.country)) == ("Two [31mlines", "", 255)


def test_a_failed_detection_is_an_error_for_people() -> None:
    assert issubclass(DetectionFailed, PapayaError)
