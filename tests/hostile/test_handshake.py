"""What a server gives back of telemetry is looked at only as far as it is telemetry."""

from __future__ import annotations

import pytest

from papaya.api.session import Credentials, Session
from papaya.manifest.model import Json
from papaya.provision.device_api import DeviceApi
from papaya.provision.handshake import NotArrived, handshake_over_rest
from tests.hostile.server import HostileServer, json_of

ANSWERS: tuple[Json, ...] = (True, 5, "text", [], {}, {"t": True}, {"t": 5}, {"t": "x"}, {"t": [None, 1, []]})


@pytest.mark.parametrize("answer", ANSWERS)
def test_telemetry_that_is_none_has_not_arrived(answer: Json) -> None:
    with (
        HostileServer(lambda _: json_of(answer)) as server,
        Session(server.url, Credentials(token="x")) as session,
        DeviceApi(server.url, "a-token") as line,
        pytest.raises(NotArrived, match="could not be read back"),
    ):
        handshake_over_rest(line, session, "0d1d1a50-1c0d-11f0-8d4b-000000000001", {"t": 1}, wait=0.0)
