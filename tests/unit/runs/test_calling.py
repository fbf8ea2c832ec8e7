"""Commands to many devices at once."""

from __future__ import annotations

import threading

from papaya.api.credentials import Credentials
from papaya.api.session import Session
from papaya.runs.calling import call_many
from papaya.runs.meant import Meant
from tests.unit.api.raw_server import RawServer, Received, answer

QUICK, SLOW = 20, 80


def test_a_hundred_commands_wait_for_their_devices_at_the_same_time() -> None:
    """The quick answers come first, so that the slow ones look like a server that is crowded."""
    all_wait = threading.Barrier(SLOW)

    def behave(received: Received) -> bytes:
        device = int(received.target.rpartition("/")[2].rpartition("-")[2])
        if device >= QUICK:
            all_wait.wait(timeout=60)
        return answer({"device": device})

    devices = [
        Meant(f"PM-{number}", f"00000000-0000-0000-0000-{number:012}") for number in range(QUICK + SLOW)
    ]
    with RawServer(behave) as server, Session(server.url, Credentials(api_key="key")) as session:
        outcomes = call_many(session, devices, "ping", seconds=25)
    assert [one.status for one in outcomes] == ["answered"] * len(devices)
