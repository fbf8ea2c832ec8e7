"""The agent in front of what accepts everything and is not ThingsBoard: no reading leaves the spool."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.meter import PATIENCE, TOKEN, Meter, ServerProcess, Tenant, wait_for
from tests.hostile.mosquitto import MOSQUITTO, Mosquitto

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not on this machine")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Run a server that can be killed and started again."""
    made = ServerProcess(tmp_path)
    made.start()
    try:
        yield made
    finally:
        made.kill()


def spooled(meter: Meter) -> int:
    """Return how many readings are in the spool of an agent that has ended."""
    connection = sqlite3.connect(meter.spool)
    try:
        return int(connection.execute("SELECT count(*) FROM reading").fetchone()[0])
    finally:
        connection.close()


def all_of(meter: Meter, tenant: Tenant, device: str) -> Callable[[], bool]:
    """Return what tells whether all that the sensor has said so far has arrived."""
    owed = {(ts, value) for _, ts, value in meter.produced()}
    return lambda: owed <= set(tenant.telemetry(device, "w0"))


def test_a_plain_broker_gets_no_reading_and_the_log_says_what_it_is(meter: Meter, tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        meter.mqtt_url = broker.url
        meter.start()
        meter.hears("it is a plain MQTT broker, not ThingsBoard: it sent the agent's own question back")
        assert "--mqtt-url" in meter.text
        assert "readings are waiting" in meter.text
        assert " connected to " not in meter.text
        produced = len(meter.produced())
        assert produced > 3
        assert meter.stop() == 0
        assert spooled(meter) >= produced
        assert not broker.has_telemetry


def test_a_broker_in_the_place_of_the_server_gets_nothing_and_nothing_is_lost(
    server: ServerProcess, meter: Meter, tmp_path: Path
) -> None:
    tenant = Tenant(server.url)
    device = tenant.create()
    meter.mqtt_url = server.mqtt_url
    meter.start()
    meter.hears(" connected to ")
    wait_for(lambda: len(tenant.telemetry(device, "w0")) > 3, PATIENCE, lambda: meter.text)
    server.kill()
    with Mosquitto(tmp_path, port=server.mqtt_port) as broker:
        meter.hears("it is a plain MQTT broker")
        assert not broker.has_telemetry
    server.start()
    wait_for(all_of(meter, tenant, device), PATIENCE, lambda: meter.text)
    assert meter.text.count(" connected to ") == 2
    tenant.close()


def test_through_a_bridge_readings_leave_the_spool_when_thingsboard_has_answered(
    server: ServerProcess, meter: Meter, tmp_path: Path
) -> None:
    tenant = Tenant(server.url)
    device = tenant.create()
    with Mosquitto(tmp_path, upstream=server.mqtt_port, token=TOKEN) as broker:
        meter.mqtt_url = broker.url
        meter.start("--timeout", "3")
        meter.hears("passes messages on")
        wait_for(all_of(meter, tenant, device), PATIENCE, lambda: meter.text)
        # The line behind the broker breaks: the broker acknowledges on, and the agent does not believe it.
        server.kill()
        meter.hears("nothing was acknowledged for 3 s")
        meter.hears("it is a plain MQTT broker")
    # The broker is gone with all that it had acknowledged.
    meter.stop()
    meter.mqtt_url = server.mqtt_url
    server.start()
    meter.start()
    wait_for(all_of(meter, tenant, device), PATIENCE, lambda: meter.text)
    tenant.close()
