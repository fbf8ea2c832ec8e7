"""Checks of the doctor that a command line on one machine does not reach."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from papaya.doctor.finding import attempt, wrong
from papaya.doctor.machine import check_libraries, check_ssh
from papaya.doctor.network import check_name, check_server, check_tls
from papaya.errors import SettingsError
from papaya.remedies import nearest, profile_not_found, untried_version
from papaya.sandbox import Sandbox
from papaya.server_version import what_is_known_of
from papaya.settings import Settings


def test_missing_libraries_are_named() -> None:
    (finding,) = check_libraries(lambda name: name == "numpy")
    assert finding.text == "papaya gui lacks PyQt6, pyqtgraph"
    (finding,) = check_libraries(lambda name: True)
    assert finding.status == "ok"


@pytest.mark.parametrize(("needed", "status"), [(True, "failed"), (False, "warning")])
def test_a_missing_ssh_is_a_failure_only_where_a_tunnel_is_configured(needed: bool, status: str) -> None:
    (finding,) = check_ssh(needed, which=lambda name: None)
    assert finding.status == status


def test_a_tunnel_needs_its_key(tmp_path: Path) -> None:
    (finding,) = check_ssh(True, key=tmp_path / "id", which=lambda name: "/usr/bin/ssh")
    assert finding.status == "warning"


@pytest.mark.parametrize(("skew", "status"), [(1, "ok"), (60, "warning"), (-60, "warning"), (4000, "failed")])
def test_the_clock_is_held_against_the_servers(skew: float, status: str) -> None:
    import time

    with Sandbox() as sandbox:
        answers, clock = check_server(Settings(sandbox.url), now=lambda: time.time() + skew)
    assert (answers.status, clock.check, clock.status) == ("ok", "clock", status)
    assert status == "ok" or "timedatectl" in clock.remedy


def test_a_name_without_an_address() -> None:
    (finding,) = check_name("127.0.0.1")
    assert finding.status == "ok"


def test_plain_http_to_another_machine_is_doubtful() -> None:
    (finding,) = check_tls(Settings("http://tb.example.com"))
    assert (finding.status, finding.remedy) == ("warning", "Use https://.")
    (finding,) = check_tls(Settings("https://tb.example.com", insecure=True))
    assert finding.status == "warning"


def test_an_error_of_a_check_is_a_finding_and_a_fault_of_papaya_is_not_hidden() -> None:
    def refuse() -> list[object]:
        raise SettingsError("this is wrong", remedy="do that")

    assert list(attempt("trial", refuse)) == [wrong("trial", "this is wrong", "do that")]  # type: ignore[arg-type]

    def break_down() -> list[object]:
        raise ssl.SSLError

    with pytest.raises(ssl.SSLError):
        list(attempt("trial", break_down))  # type: ignore[arg-type]


def test_remedies_name_what_is_near() -> None:
    assert nearest("country", ["Country", "State"]) == "Country"
    assert nearest("xyz", ["Country"]) == ""
    assert "Did you mean State?" in profile_not_found("asset profile", "Stat", ["State"]).remedy
    assert untried_version("http://x", "4.2.0") is None
    assert untried_version("http://x", "4.4.0-SNAPSHOT") is None
    assert untried_version("http://x", "3.6.1") is not None
    assert untried_version("http://x", "5.0") is not None


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("4.0.1", "tried"),
        ("4.3.1.3", "tried"),
        ("4.2.2.3", "tried"),
        ("4.2", "compared by source"),
        ("4.2.2", "compared by source"),
        ("4.2.2.4", "compared by source"),
        ("4.4.0-SNAPSHOT", "compared by source"),
        ("4.4.1", "compared by source"),
        ("4.1", "compared by source"),
        ("4.0.2", "between versions that are known"),
        ("4.3.0", "between versions that are known"),
        ("3.9", "unknown"),
        ("4.5", "unknown"),
        ("5.0", "unknown"),
    ],
)
def test_doctor_says_how_well_a_version_is_known(version: str, known: str) -> None:
    assert what_is_known_of(version) == known
