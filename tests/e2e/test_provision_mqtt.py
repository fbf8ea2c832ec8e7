"""Registration over MQTT in a process of its own, whose power is cut between its steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.sandbox import Sandbox
from papaya.settings.device_token import pending_path
from tests.cli.one_device import Bench
from tests.e2e.test_provision import TIMEOUT, left_over, let_register, run, start
from tests.unit.provision.relay import Loss, Relay
from tests.unit.provision.stand_in import StandIn
from tests.unit.sandbox.client import Client

ARGUMENTS = ("provision", "PM-0001", "--with-key", "--transport", "mqtt", "--mqtt-port")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Return a bench whose profile lets devices register."""
    with Sandbox() as sandbox, StandIn() as service:
        made = Bench(tmp_path, sandbox, service)
        made.write_manifest()
        let_register(made)
        yield made


@pytest.mark.parametrize(
    ("marker", "lose"),
    [
        (b"/provision/request", "request"),
        (b"/provision/request", "answer"),
        (b"v1/devices/me/telemetry", "request"),
        (b"v1/devices/me/telemetry", "answer"),
        (b"v1/devices/me/attributes/request/", "answer"),
    ],
)
def test_a_power_cut_between_the_steps(bench: Bench, marker: bytes, lose: Loss) -> None:
    with Relay(bench.sandbox.mqtt_port, marker=marker, lose=lose) as relay:
        with start(bench, *ARGUMENTS, str(relay.port)) as process:
            assert relay.reached.wait(TIMEOUT)
            process.kill()
            out, err = process.communicate(timeout=TIMEOUT)
        sent = next(path for path in (pending_path(bench.token_file), bench.token_file) if path.exists())
        token = sent.read_text().strip()
        assert token not in out + err
        relay.lose = None
        out, err = run(bench, *ARGUMENTS, str(relay.port))
    assert bench.token_file.read_text().strip() == token
    assert token not in out + err
    with Client(bench.sandbox) as client:
        live = client.get("/api/tenant/devices", deviceName="PM-0001")
        assert client.token_of(live) == token
    assert bench.telemetry()["serial"] == "SN-0001"
    assert left_over(bench) == []
