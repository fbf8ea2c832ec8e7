"""A ThingsBoard server as the window's source: live, past, alarms, calls, and everything that goes wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from papaya_gui.models.batch import NUMBER, TEXT, TRUTH
from papaya_gui.sources.server import ServerSupply

from papaya.api.calls import CallRefused, DeviceOffline
from papaya.api.feed import Pace
from papaya.api.session import Credentials, Tokens
from papaya.errors import AuthenticationFailed, PapayaError
from papaya.manifest.model import Fleet, Sensor
from papaya.sandbox import Fault, Sandbox
from papaya.sensors.condition import Health
from papaya.settings import Settings
from tests.e2e.meter import DEVICE, Meter, ServerProcess, Tenant
from tests.e2e.shaky import ShakyLine
from tests.unit.gui.ear import Ear, fleet_of, meter
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.watcher import post_series

START = 1763900000000
PERSON = Credentials(username=Sandbox.username, password=Sandbox.password)
QUICK = Pace(poll_every=0.1, longest_pause=0.3)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A server in memory."""
    with Sandbox(rpc_timeout_floor=0.3) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    """The tenant administrator's client of it."""
    with Client(sandbox) as logged_in:
        yield logged_in


def listen(
    ears: list[Ear], fleet: Fleet, url: str, credentials: Credentials = PERSON, **options: Any
) -> tuple[Ear, ServerSupply]:
    """Start a source for a fleet."""
    ear = Ear(fleet)
    ears.append(ear)
    settings = Settings(url, credentials)
    options = {"pace": QUICK, "look_again": 0.2, **options}
    return ear, ear.hear(ServerSupply(ear.catalog, ear.inbox, ear.told.append, settings, **options))


def test_values_of_several_devices_come_with_their_types(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    first, second = client.device("PM-1"), client.device("PM-2")
    post_series(client, first, ts=START, t=20.5, door=True)
    ear, supply = listen(ears, fleet_of(meter("PM-1", "t", "door"), meter("PM-2", "mode", "n")), sandbox.url)
    ear.until_text("PM-1", "t", "20.5")
    ear.until_text("PM-1", "door", "true")
    post_series(client, second, mode="idle", n=3)
    ear.until_text("PM-2", "mode", "idle")
    ear.until_text("PM-2", "n", "3")
    assert ear.condition() is not None
    assert ear.until_health(Health.LIVE).reason == ""
    assert supply.where == sandbox.url


def test_a_server_without_devices_is_live_and_says_so(sandbox: Sandbox, ears: list[Ear]) -> None:
    ear, _ = listen(ears, fleet_of(), sandbox.url)
    assert "no devices" in ear.until_health(Health.LIVE).reason


def test_sensors_come_from_the_attribute_where_the_manifest_has_none_and_else_from_what_was_sent(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    first, second = client.device("PM-1"), client.device("PM-2")
    declared = [{"key": "t", "name": "Temperature", "unit": "°C", "every": 5, "warnAbove": 40}]
    client.set_attributes(first, {"papaya.sensors": declared}, "SHARED")
    post_series(client, first, t=1, hidden=2)
    post_series(client, second, anything=7)
    ear, _ = listen(ears, fleet_of(meter("PM-1"), meter("PM-2")), sandbox.url)
    ear.until_text("PM-1", "t", "1")
    ear.until_text("PM-2", "anything", "7")
    row = ear.catalog.find("PM-1", "t")
    assert row is not None
    assert (row.title, row.sensor.unit, row.every, row.sensor.warn_above) == ("Temperature", "°C", 5, 40)
    assert ear.catalog.find("PM-1", "hidden") is None


def test_what_a_device_without_declared_sensors_begins_to_send_later_is_found(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    first, second = client.device("PM-1"), client.device("PM-2")
    post_series(client, first, ts=START, t=1)
    post_series(client, second, ts=START, t=1, n=2)
    ear, _ = listen(ears, fleet_of(meter("PM-1"), meter("PM-2"), meter("PM-3", "t")), sandbox.url)
    ear.until_text("PM-2", "n", "2")
    post_series(client, first, ts=START, n=5, own=6)
    ear.until_text("PM-1", "n", "5")
    ear.until_text("PM-1", "own", "6")
    post_series(client, first, ts=START + 1, own=7, t=8)
    ear.until_text("PM-1", "own", "7")
    ear.until_text("PM-1", "t", "8")
    assert ear.catalog.find("PM-2", "own") is None
    assert list(ear.values("PM-1", "own")) == [6, 7]


def test_looking_for_keys_again_takes_one_request_for_a_hundred_devices(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    names = [f"PM-{number}" for number in range(120)]
    for name in names:
        device = client.device(name)
        client.set_attributes(device, {"papaya.fleet": "meters"})
        post_series(client, device, ts=START, t=1)
    ear, _ = listen(ears, fleet_of(*(meter(name) for name in names)), sandbox.url, look_again=0.1)
    ear.until(lambda: all(ear.text(name, "t") for name in names))

    def looks() -> int:
        return sum("find/keys" in path for _, path, _ in sandbox.requests)

    before, looked = len(sandbox.requests), looks()
    ear.until(lambda: looks() >= looked + 6)
    asked = [path for _, path, _ in sandbox.requests[before:]]
    assert all("find/keys" in path or "/api/devices" in path for path in asked), asked


def test_a_device_that_the_server_lacks_is_silent_and_is_heard_once_it_is_created(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    client.device("PM-1")
    ear, _ = listen(ears, fleet_of(meter("PM-1", "t"), meter("PM-2", "t")), sandbox.url)
    told = ear.until_health(Health.SILENT, "PM-2")
    assert "no such device" in told.reason
    assert "papaya apply" in told.remedy
    told = ear.until_health(Health.SILENT, "PM-1")
    assert told.reason == "the device has sent nothing yet"
    assert "does its agent run" in told.remedy
    post_series(client, client.device("PM-2"), t=5)
    ear.until_text("PM-2", "t", "5")
    ear.until_health(Health.LIVE, "PM-2")


def test_a_fleet_that_was_never_applied_is_told_as_such(sandbox: Sandbox, ears: list[Ear]) -> None:
    ear, _ = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url)
    told = ear.until_health(Health.FAULT)
    assert told.reason == "the only device of this fleet is not on the server"
    assert "papaya apply" in told.remedy


def test_a_fleet_whose_last_device_was_deleted_is_live_once_it_has_one_again(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    device = client.device("PM-1")
    post_series(client, device, ts=START, t=1)
    ear, _ = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url)
    ear.until_health(Health.LIVE)
    ear.until_health(Health.SILENT, "PM-1")
    client.ask("DELETE", f"/api/device/{device['id']['id']}")
    ear.until_health(Health.FAULT)
    post_series(client, client.device("PM-1"), t=5)
    ear.until_text("PM-1", "t", "5")
    ear.until_health(Health.LIVE)


def test_a_device_that_stops_is_silent_after_its_own_time(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    quick, slow = client.device("PM-1"), client.device("PM-2")
    now = time.time_ns() // 1_000_000
    post_series(client, quick, ts=now - 100_000, t=1)
    post_series(client, slow, ts=now - 40_000, t=1)
    ear, _ = listen(ears, fleet_of(meter("PM-1", "t"), meter("PM-2", "t", every=60)), sandbox.url)
    assert ear.until_health(Health.SILENT, "PM-1").reason == "the device has sent nothing for 30 s or longer"
    assert ear.condition("PM-2") is None
    post_series(client, quick, t=2)
    ear.until_health(Health.LIVE, "PM-1")


def test_a_device_that_was_deleted_is_told_and_one_of_its_name_is_heard(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    device = client.device("PM-1")
    post_series(client, device, ts=START, t=1)
    ear, supply = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url)
    assert "has sent nothing for" in ear.until_health(Health.SILENT, "PM-1").reason
    client.ask("DELETE", f"/api/device/{device['id']['id']}")
    ear.until(lambda: "no such device" in ear.until_health(Health.SILENT, "PM-1").reason)
    with pytest.raises(PapayaError, match="PM-1 has not been found"):
        supply.history(ear.catalog[0], START / 1000, START / 1000 + 1, 10)
    post_series(client, client.device("PM-1"), t=2)
    ear.until_text("PM-1", "t", "2")
    ear.until_health(Health.LIVE, "PM-1")
    assert {told.device for told in ear.told} == {"", "PM-1"}


def test_a_wrong_password_is_told_with_what_to_do(sandbox: Sandbox, client: Client, ears: list[Ear]) -> None:
    client.device("PM-1")
    wrong = Credentials(username=Sandbox.username, password="wrong-password")
    ear, _ = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url, wrong)
    told = ear.until_health(Health.REFUSED)
    assert "Invalid username or password" in told.reason
    assert f"The user name is {Sandbox.username}" in told.remedy
    assert "wrong-password" not in f"{told}"
    time.sleep(1)
    assert sum(path == "/api/auth/login" and status == 401 for _, path, status in sandbox.requests) == 1


def test_a_server_that_is_not_there_is_told_and_starting_waits_for_nothing(ears: list[Ear]) -> None:
    began = time.monotonic()
    ear, supply = listen(ears, fleet_of(meter("PM-1", "t")), "http://127.0.0.1:9")
    assert time.monotonic() - began < 5
    told = ear.until_health(Health.DOWN)
    assert "connection refused" in told.reason
    assert "Is the server running" in told.remedy
    with pytest.raises(PapayaError, match="connection refused"):
        supply.history(ear.catalog[0], 0, 1, 1)
    began = time.monotonic()
    supply.close()
    assert time.monotonic() - began < 20


def test_an_api_key_polls_and_says_why(sandbox: Sandbox, client: Client, ears: list[Ear]) -> None:
    device = client.device("PM-1")
    user = client.get("/api/auth/user")["id"]
    body = {"userId": user, "enabled": True, "expirationTime": 0, "description": "window"}
    key = Credentials(api_key=client.post("/api/apiKey", body)["value"])
    ear, supply = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url, key)
    assert "WebSocket takes no API key" in ear.until_health(Health.POLLING).reason
    assert supply.asked_every == QUICK.poll_every
    for value in (1, 2):
        post_series(client, device, t=value)
        ear.until_text("PM-1", "t", str(value))


def test_with_an_api_key_what_came_between_two_polls_is_filled_in_where_somebody_looks(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    device = client.device("PM-1")
    user = client.get("/api/auth/user")["id"]
    body = {"userId": user, "enabled": True, "expirationTime": 0, "description": "window"}
    key = Credentials(api_key=client.post("/api/apiKey", body)["value"])
    # Of a key with a comma no history can be asked: it stands in nobody's way.
    post_series(client, device, ts=START, **{"a,b": 0}, t=0, n=0)
    slow = Pace(poll_every=1.0, longest_pause=0.3)
    fleet = fleet_of(meter("PM-1", "a,b", "t", "n", every=60))
    ear, supply = listen(ears, fleet, sandbox.url, key, pace=slow)
    supply.watch([0, 1])
    ear.until_text("PM-1", "t", "0")
    for number in range(1, 6):
        post_series(client, device, ts=START + number, **{"a,b": number}, t=number, n=number)
    ear.until(lambda: len(ear.values("PM-1", "t")) == 6)
    assert sorted(ear.values("PM-1", "t")) == [0, 1, 2, 3, 4, 5]
    assert len(ear.values("PM-1", "n")) < 6
    supply.watch([2])
    ear.until(lambda: set(ear.values("PM-1", "n")) == {0, 1, 2, 3, 4, 5})


def test_an_expired_token_is_refreshed(client: Client, sandbox: Sandbox, ears: list[Ear]) -> None:
    device, kept = client.device("PM-1"), []
    pair = client.log_in(Sandbox.username, Sandbox.password)
    expired = Credentials(token="eyJhbGciOiJIUzUxMiJ9.e30.AAAA", refresh_token=pair["refreshToken"])

    def keep(tokens: Tokens) -> None:
        kept.append(tokens.token)

    ear, supply = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url, expired, on_tokens=keep)
    post_series(client, device, ts=START, t=1)
    ear.until_text("PM-1", "t", "1")
    assert len(kept) == 1
    assert supply.history(ear.catalog[0], START / 1000, START / 1000 + 1, 10).values.tolist() == [1]


def test_a_sign_in_that_has_ended_is_told_while_the_open_connection_goes_on(
    client: Client, sandbox: Sandbox, ears: list[Ear]
) -> None:
    device = client.device("PM-1")
    pair = client.log_in(Sandbox.username, Sandbox.password)
    tokens = Credentials(token=pair["token"], refresh_token=pair["refreshToken"])
    ear, supply = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url, tokens)
    post_series(client, device, ts=START, t=1)
    ear.until_text("PM-1", "t", "1")
    ear.until_health(Health.LIVE)
    expired = Fault(status=401, body=b'{"status":401,"message":"Token has expired","errorCode":11}')
    sandbox.before_reply = lambda method, path: expired if "/telemetry" not in path else None
    assert supply.remote is not None
    with pytest.raises(AuthenticationFailed):
        supply.remote.alarms()
    told = ear.until_health(Health.REFUSED)
    assert "token refresh failed" in told.reason
    sandbox.before_reply = None
    post_series(client, device, ts=START + 1, t=2)
    ear.until_text("PM-1", "t", "2")
    # Nothing but another sign-in ends it.
    assert ear.condition() == told


def test_a_killed_server_is_down_and_comes_back_by_itself(tmp_path: Path, ears: list[Ear]) -> None:
    server = ServerProcess(tmp_path)
    server.start()
    try:
        tenant = Tenant(server.url)
        identifier = tenant.create("PM-1")
        ear, supply = listen(ears, fleet_of(meter("PM-1", "t")), server.url)
        tenant.send(identifier, {"t": 1})
        ear.until_text("PM-1", "t", "1")
        server.kill()
        told = ear.until_health(Health.DOWN)
        assert "WebSocket" in told.reason
        assert "Is the server running" in told.remedy
        with pytest.raises(PapayaError):
            supply.history(ear.catalog[0], 0, time.time(), 10)
        server.start()
        tenant.close()
        tenant = Tenant(server.url)
        tenant.send(identifier, {"t": 2})
        ear.until_text("PM-1", "t", "2")
        ear.until_health(Health.LIVE)
        tenant.close()
    finally:
        server.kill()


def post_many(client: Client, device: dict[str, Any], key: str, values: list[Any], step: int) -> None:
    """Post values of one key, so many milliseconds apart."""
    body = [{"ts": START + number * step, "values": {key: value}} for number, value in enumerate(values)]
    for first in range(0, len(body), 5_000):
        client.post(
            f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/timeseries/ANY", body[first : first + 5_000]
        )


def test_a_narrow_window_has_the_samples_and_a_wide_one_their_extremes(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    device = client.device("PM-1")
    values = [float(number % 1000) for number in range(12_000)]
    values[7_654] = 5_000.0
    post_many(client, device, "t", values, 1_000)
    ear, supply = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url)
    ear.until_text("PM-1", "t", "999")
    row, begin = ear.catalog[0], START / 1000
    narrow = supply.history(row, begin + 100, begin + 1_100, 800)
    assert narrow.interval == 0
    assert narrow.values.tolist() == values[100:1_100]
    assert narrow.times.tolist() == [begin + number for number in range(100, 1_100)]
    wide = supply.history(row, begin, begin + 12_000, 2_000)
    assert wide.low is not None
    assert wide.high is not None
    assert 100 < len(wide.times) <= 700
    assert wide.interval == pytest.approx(12_000 / 700, abs=0.001)
    assert (wide.low.min(), wide.high.max()) == (0, 5_000)
    assert (wide.low <= wide.values).all()
    assert (wide.values <= wide.high).all()
    exact = supply.summary(row, begin + 99.5, begin + 8_000)
    assert exact is not None and exact.last == (begin + 8_000, 0.0)
    inside = values[100:8_001]
    assert (exact.count, exact.low, exact.high) == (len(inside), min(inside), max(inside))
    assert exact.total == pytest.approx(sum(inside))
    assert (abs((wide.times[:-1] - begin) % wide.interval - wide.interval / 2) < 0.02).all()


def test_more_than_was_expected_is_condensed_too(sandbox: Sandbox, client: Client, ears: list[Ear]) -> None:
    device = client.device("PM-1")
    post_many(client, device, "t", [1.0] * 6_000, 10)
    ear, supply = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url)
    ear.until_text("PM-1", "t", "1")
    past = supply.history(ear.catalog[0], START / 1000, START / 1000 + 60, 700)
    assert past.interval == 1
    assert len(past.times) == 60


@pytest.mark.parametrize(("values", "kind"), [(["idle", "busy"], TEXT), ([True, False], TRUTH)])
def test_steps_are_never_condensed(
    sandbox: Sandbox, client: Client, ears: list[Ear], values: list[Any], kind: int
) -> None:
    device = client.device("PM-1")
    post_many(client, device, "mode", values * 3_000, 1_000)
    ear, supply = listen(ears, fleet_of(meter("PM-1", "mode")), sandbox.url)
    ear.until(lambda: ear.text("PM-1", "mode"))
    past = supply.history(ear.catalog[0], START / 1000, START / 1000 + 6_000, 700)
    assert (past.kind, past.interval, len(past.values)) == (kind, 0, 6_000)
    shown = [ear.texts.text(value) if kind == TEXT else bool(value) for value in past.values[:2]]
    assert shown == values


def test_nothing_is_remembered_of_a_time_before_everything(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    post_series(client, client.device("PM-1"), ts=START, t=1)
    ear, supply = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url)
    ear.until_text("PM-1", "t", "1")
    for start, end in ((1.0, 2.0), (1.0, 1_000_000.0), (5.0, 5.0), (START / 1000, START / 1000)):
        past = supply.history(ear.catalog[0], start, end, 100)
        assert (len(past.times), past.kind, past.interval) == (0, NUMBER, 0)


def test_a_window_that_has_just_opened_has_the_past_at_once(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    post_series(client, client.device("PM-1"), ts=START, t=1)
    ear, supply = listen(ears, fleet_of(meter("PM-1", "t"), meter("PM-2", "t")), sandbox.url)
    past = supply.history(ear.catalog[0], START / 1000, START / 1000 + 1, 10)
    assert past.values.tolist() == [1]
    with pytest.raises(PapayaError, match="PM-2 has not been found"):
        supply.history(ear.catalog[1], START / 1000, START / 1000 + 1, 10)


def test_alarms_by_the_names_of_the_catalog(sandbox: Sandbox, client: Client, ears: list[Ear]) -> None:
    device = client.device("PM-1")
    body = {"originator": device["id"], "type": "hot", "severity": "MAJOR", "details": {"value": 81}}
    client.post("/api/alarm", body)
    client.post("/api/alarm", {**body, "originator": client.device("others")["id"]})
    post_series(client, device, t=1)
    ear, supply = listen(ears, fleet_of(meter("PM-1", "t")), sandbox.url)
    ear.until_text("PM-1", "t", "1")
    (alarm,) = supply.remote.alarms()
    assert (alarm.device, alarm.kind, alarm.severity, alarm.details) == (
        "PM-1",
        "hot",
        "MAJOR",
        "value: 81",
    )
    assert (alarm.is_active, alarm.is_acknowledged) == (True, False)
    assert alarm.created == pytest.approx(time.time(), abs=60)
    supply.remote.acknowledge(alarm)
    assert [one.is_acknowledged for one in supply.remote.alarms()] == [True]
    supply.remote.clear(alarm)
    assert list(supply.remote.alarms()) == []


def test_calls_reach_the_agent_and_its_refusals_come_back(
    sandbox: Sandbox, tmp_path: Path, ears: list[Ear]
) -> None:
    tenant = Tenant(sandbox.url)
    tenant.create()
    agent = Meter(tmp_path, sandbox.mqtt_url or "")
    ear, supply = listen(ears, fleet_of(meter(DEVICE, "w0")), sandbox.url)
    try:
        agent.start()
        agent.hears("connected to")
        ear.until(lambda: ear.text(DEVICE, "w0"))
        call = supply.remote.call
        pong = call(DEVICE, "ping", None)
        assert isinstance(pong, dict)
        assert pong["pong"] is True
        assert call(DEVICE, "setInterval", {"key": "w0", "seconds": 7}) == {"key": "w0", "seconds": 7}
        readings = call(DEVICE, "getReadings", {"keys": ["w1"]})
        assert isinstance(readings, dict)
        assert list(readings) == ["readings"]
        with pytest.raises(CallRefused, match="no beacon"):
            call(DEVICE, "identify", {"color": "red"})
        with pytest.raises(CallRefused, match="there is no method dance"):
            call(DEVICE, "dance", None)
    finally:
        agent.kill()
        tenant.close()
    with pytest.raises(DeviceOffline):
        supply.remote.call(DEVICE, "ping", None, 0.3)
    with pytest.raises(PapayaError, match="PM-7 has not been found"):
        supply.remote.call("PM-7", "ping", None)


def test_hundreds_of_devices_are_found_in_few_requests_and_share_one_connection(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    devices = {name: client.device(name) for name in (f"PM-{number}" for number in range(250))}
    for name, device in devices.items():
        if name != "PM-7":
            client.set_attributes(device, {"papaya.fleet": "meters"})
    before = len(sandbox.requests)
    fleet = fleet_of(*(meter(name, "t") for name in devices))
    ear, _ = listen(ears, fleet, sandbox.url, look_again=600.0)
    ear.until_health(Health.LIVE)
    asked = [path for _, path, _ in sandbox.requests[before:]]
    # Those that are marked with the fleet, and one that is not.
    assert sum("entitiesQuery" in path for path in asked) == 2
    assert len(asked) < 10
    post_series(client, devices["PM-7"], t=1)
    post_series(client, devices["PM-249"], t=2)
    ear.until_text("PM-7", "t", "1")
    ear.until_text("PM-249", "t", "2")


def test_what_was_missed_while_the_line_was_cut_is_filled_in_where_somebody_looks(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    device = client.device("PM-1")
    now = time.time_ns() // 1_000_000
    with ShakyLine(sandbox.port) as line:
        ear, supply = listen(ears, fleet_of(meter("PM-1", "t", "n")), f"http://127.0.0.1:{line.port}")
        supply.watch([0])
        post_series(client, device, ts=now, t=1, n=1)
        ear.until_text("PM-1", "t", "1")
        line.is_held = True
        line.drop()
        ear.until_health(Health.DOWN)
        for number in range(2, 7):
            post_series(client, device, ts=now + number * 1_000, t=number, n=number)
        line.is_held = False
        line.drop()
        ear.until_text("PM-1", "t", "6")
        ear.until(lambda: len(ear.values("PM-1", "t")) == 6)
    assert sorted(ear.values("PM-1", "t")) == [1, 2, 3, 4, 5, 6]
    assert list(ear.values("PM-1", "n")) == [1, 6]
    assert ear.text("PM-1", "t") == "6"


def test_text_that_no_threshold_compares_with_is_told_until_a_number_comes(
    sandbox: Sandbox, client: Client, ears: list[Ear]
) -> None:
    device = client.device("PM-1")
    # The server keeps a number of more than 16 decimals as text.
    post_series(client, device, ts=START, n="0.30000000000000004")
    ear, supply = listen(ears, fleet_of(meter("PM-1", Sensor("n", alarm_above=75))), sandbox.url)
    ear.until(lambda: ear.values("PM-1", "n") == [0.30000000000000004])
    post_series(client, device, ts=START + 1000, n="80,5")
    assert '"80,5" is not a number' in ear.until_health(Health.FAULT, "PM-1").reason
    ear.until_text("PM-1", "n", "80,5")
    post_series(client, device, ts=START + 2000, n="80.5")
    ear.until_health(Health.LIVE, "PM-1")
    ear.until_text("PM-1", "n", "80.5")
    row = ear.catalog.find("PM-1", "n")
    assert row is not None
    past = supply.history(row, START / 1000 - 1, START / 1000 + 10, 700)
    assert past.values.tolist() == [0.30000000000000004, 80.5]
