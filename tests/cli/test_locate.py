"""`papaya locate`: a position, its source, and what was tried."""

from __future__ import annotations

import pytest

from papaya.cli import main
from papaya.provision.geolocation import Detected
from tests.cli.one_device import Bench, as_json, bench
from tests.unit.sandbox.client import Client

__all__ = ["bench"]

Captured = pytest.CaptureFixture[str]


def test_without_anything_at_hand_the_service_says_where_this_machine_is(
    bench: Bench, capsys: Captured
) -> None:
    assert main(["locate"]) == 0
    assert capsys.readouterr().out == (
        "12.9716, 77.5946 (Bengaluru, Karnataka, India), by the geolocation service\n"
    )
    assert as_json(capsys, "locate") == {
        "formatVersion": "1", "device": None, "latitude": 12.9716, "longitude": 77.5946,
        "source": "geolocation", "city": "Bengaluru", "region": "Karnataka", "country": "India",
        "countryCode": "IN", "warnings": [],
    }  # fmt: skip


def test_surveyed_coordinates_stand_and_nothing_is_looked_up(bench: Bench, capsys: Captured) -> None:
    bench.write_manifest()
    assert main(["locate", "PM-0002"]) == 0
    assert capsys.readouterr().out == "12.9, 77.5, surveyed, from the manifest\n"
    assert bench.service.requests == []


def test_a_fallback_is_named_and_the_server_is_asked_only_for_it(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    assert main(["locate"]) == 0
    assert bench.sandbox.requests == []
    bench.service.shape = "reserved"
    assert main(["locate"]) == 1
    assert "config.properties, state, country have none" in capsys.readouterr().err
    with Client(bench.sandbox) as client:
        client.set_attributes(client.asset("INDIA", "Country"), {"latitude": 20.5, "longitude": 78.9})
    assert main(["locate"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "20.5, 78.9, those of its Country\n"
    assert "Warning: location detection failed: the address of this machine is a reserved one" in shown.err
    assert bench.sent() == [("POST", "/api/asset"), *bench.sent()[1:2]]


def test_what_a_person_gives_is_asked_of_nobody(bench: Bench, capsys: Captured) -> None:
    document = as_json(capsys, "locate", "--latitude", "1.5", "--longitude", "-2.5")
    assert (document["latitude"], document["longitude"], document["source"]) == (1.5, -2.5, "given")
    assert bench.service.requests == []
    assert main(["locate", "--latitude", "91", "--longitude", "0"]) == 64


def test_a_name_that_the_manifest_does_not_have(bench: Bench, capsys: Captured) -> None:
    bench.write_manifest()
    assert main(["locate", "PM-0003"]) == 1
    assert "Did you mean PM-000" in capsys.readouterr().err


def test_the_timeout_bounds_the_service_too(
    bench: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No longer than its own five seconds, and less where --timeout says so."""
    asked: list[float] = []

    def detect(*_: object, timeout: float, **__: object) -> Detected:
        asked.append(timeout)
        return Detected(1.0, 2.0)

    monkeypatch.setattr("papaya.provision.locating.detect", detect)
    for options in ([], ["--timeout", "2s"], ["--timeout", "90s"]):
        assert main(["locate", *options]) == 0
    assert asked == [5.0, 2.0, 5.0]
