"""papaya's own client against recordings of real ThingsBoard servers."""

from __future__ import annotations

import json

import pytest

from tests.contract.life import CASSETTES, SERVERS, recorder, whole_life


@pytest.mark.parametrize("version", ["4.0.1", "4.3.1.3"])
def test_client_lives_its_whole_life_on_the_recording(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = json.loads(SERVERS.read_text())[version]
    with recorder("none").use_cassette(str(CASSETTES / f"thingsboard-{version}.yaml")) as cassette:
        whole_life(url, monkeypatch)
        assert cassette.all_played
        assert cassette.play_count == len(cassette) > 60


def test_cassettes_hold_no_secrets() -> None:
    for path in CASSETTES.glob("*.yaml"):
        text = path.read_text()
        assert "eyJ" not in text, path
        assert '"password": "tenant"' not in text, path
        assert "X-Authorization" not in text, path
