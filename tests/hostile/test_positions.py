"""What a geolocation service answers: bounded like a server's, and numbers that are places on Earth."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from papaya.errors import PapayaError
from papaya.provision.geolocation import DetectionFailed, detect
from papaya.settings.token_store import TokenStore
from tests.hostile import server as plays
from tests.hostile.server import HostileServer, whole


@pytest.mark.parametrize(
    "play", [plays.endless_text, plays.gzip_bomb, plays.large_list, plays.deep, plays.dripping_body]
)
def test_an_answer_without_end_is_given_up_in_time(play: Callable[[], Iterator[bytes]]) -> None:
    with HostileServer(lambda _: play()) as server:
        began = time.monotonic()
        with pytest.raises(PapayaError) as failed:
            detect(f"{server.url}/json/", timeout=1.0)
        assert time.monotonic() - began < 60
    assert len(str(failed.value)) < 1_000


@pytest.mark.parametrize(
    "latitude", ["NaN", "Infinity", "1e999", "9" * 400, "9" * 300, "90.1", "-91", '"12.9"', "true", "[]"]
)
def test_a_latitude_is_a_finite_number_on_earth(latitude: str) -> None:
    body = f'{{"latitude": {latitude}, "longitude": 77.5}}'.encode()
    with HostileServer(lambda _: whole(body)) as server, pytest.raises(DetectionFailed, match="coordinates"):
        detect(f"{server.url}/json/")


def test_stored_tokens_that_are_nested_deeply_are_told_with_their_file(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text('{"version": 1, "servers": ' + "[" * 5_000 + "]" * 5_000 + "}", encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(PapayaError, match=str(file)) as failed:
        TokenStore(file).find("http://127.0.0.1:1")
    assert "papaya login" in failed.value.remedy


def test_a_page_of_ten_thousand_devices_passes() -> None:
    """With dozens of attributes it has a third of what an answer may have."""
    from papaya.api.replies import Reply, decode

    cells = {f"attribute-{number}": {"ts": 1_700_000_000_000, "value": "x" * 40} for number in range(16)}
    row = {"entityId": {"entityType": "DEVICE", "id": "i" * 36}, "latest": {"SERVER_ATTRIBUTE": cells}}
    body = json.dumps({"data": [row] * 10_000, "totalElements": 10_000, "hasNext": False}).encode()
    found = decode(Reply(200, body=body))
    assert isinstance(found, dict)
    assert len(body) < 32 * 1024 * 1024
