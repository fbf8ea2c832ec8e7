"""Commands to many devices at once."""

from __future__ import annotations

import threading
import time

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


def test_the_time_of_a_command_grows_with_the_devices_and_not_with_their_square() -> None:
    """None of these is on the server, so that nothing is sent."""
    devices = [Meant(f"PM-{number}", None) for number in range(100_000)]
    with Session("http://127.0.0.1:9", Credentials(api_key="key")) as session:
        began = time.process_time()
        outcomes = call_many(session, devices, "ping")
        taken = time.process_time() - began
    assert [one.device for one in outcomes] == [one.name for one in devices]
    assert {one.status for one in outcomes} == {"failed"}
    assert taken < 30


def test_a_stopped_command_names_what_was_not_sent() -> None:
    devices = [Meant(f"PM-{number}", f"00000000-0000-0000-0000-{number:012}") for number in range(500)]
    stop = threading.Event()

    def behave(received: Received) -> bytes:
        stop.set()
        return answer({"done": True})

    with RawServer(behave) as server, Session(server.url, Credentials(api_key="key")) as session:
        outcomes = call_many(session, devices, "ping", seconds=25, stop=stop)
    assert [one.device for one in outcomes] == [one.name for one in devices]
    assert {one.status for one in outcomes} == {"answered", "not sent"}
