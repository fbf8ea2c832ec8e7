"""Values of devices from a server: latest, past, live, after interruptions, and with an API key."""

from __future__ import annotations

import json
import queue
import re
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from papaya.api import stream
from papaya.api.feed import Aggregation, Pace, ServerFeed
from papaya.api.latest import MAX_FRAME, portions, query_of, size_of, subscription, updates_in, value_of
from papaya.api.session import Credentials, Session
from papaya.api.websocket import Socket, message_in, tls_context
from papaya.errors import AuthenticationFailed, MissingExtra, ServerError, SettingsError
from papaya.manifest.model import Sensor
from papaya.remedies import DEVICE_SILENT, SERVER_UNREACHABLE
from papaya.sandbox import Sandbox
from papaya.sensors.backend import SensorFault
from papaya.sensors.condition import Condition, Health
from papaya.sensors.plugins import factory_of
from papaya.sensors.reading import SensorReading
from papaya.sensors.thingsboard import ThingsBoardBackend
from tests.tunnel.bastion import free_port
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import TELEMETRY, Device
from tests.unit.sandbox.watcher import post_series

START = 1763900000000
PERSON = Credentials(username=Sandbox.username, password=Sandbox.password)
QUICK = Pace(poll_every=0.1, longest_pause=0.3)
PATIENCE = 60.0


class Told:
    """Puts what is told into queues."""

    def __init__(self) -> None:
        self.values: queue.Queue[tuple[str, int, Any]] = queue.Queue()
        self.conditions: queue.Queue[Condition] = queue.Queue()

    def value(self, key: str, ts: int, value: Any) -> None:
        """Take a value."""
        self.values.put((key, ts, value))

    def next(self, seconds: float = PATIENCE) -> tuple[str, int, Any]:
        """Return the next value."""
        return self.values.get(timeout=seconds)

    def until(self, health: Health) -> Condition:
        """Return the next condition of this health."""
        while True:
            condition = self.conditions.get(timeout=PATIENCE)
            if condition.health is health:
                return condition


@pytest.fixture
def told() -> Told:
    """What has been told so far."""
    return Told()


@pytest.fixture
def feed(sandbox: Sandbox, told: Told) -> Iterator[ServerFeed]:
    """The feed of the server's devices."""
    with (
        Session(sandbox.url, PERSON, retry_for=1) as session,
        ServerFeed(session, pace=QUICK, on_condition=told.conditions.put) as running,
    ):
        yield running


def id_of(device: dict[str, Any]) -> str:
    """Return the id of a device."""
    return str(device["id"]["id"])


def test_latest_values_keep_their_types(feed: ServerFeed, client: Client, meter: dict[str, Any]) -> None:
    post_series(client, meter, ts=START, whole=3, part=1.5, flag=True, text="x7", made={"a": [1]})
    device = feed.device(id_of(meter))
    assert device.known_keys() == ["flag", "made", "part", "text", "whole"]
    latest = device.latest(["whole", "part", "flag", "text", "made", "none"])
    assert latest == {
        "whole": (START, 3),
        "part": (START, 1.5),
        "flag": (START, True),
        "text": (START, "x7"),
        "made": (START, '{"a":[1]}'),
    }
    assert device.latest([]) == {}


def test_keys_that_no_list_can_hold_are_found_among_all(
    feed: ServerFeed, client: Client, meter: dict[str, Any]
) -> None:
    post_series(client, meter, **{"ts": START, "a,b": 1, "c": 2})
    device = feed.device(id_of(meter))
    assert device.latest(["a,b"]) == {"a,b": (START, 1)}
    assert device.latest(["c", *(f"{number:0250}" for number in range(20))]) == {"c": (START, 2)}


def test_history_is_half_open_and_begins_with_the_oldest(
    feed: ServerFeed, client: Client, meter: dict[str, Any]
) -> None:
    for number in range(5):
        post_series(client, meter, ts=START + number, t=number)
    device = feed.device(id_of(meter))
    assert device.history("t", START + 1, START + 4, 100) == [(START + n, n) for n in (1, 2, 3)]
    assert device.history("t", START, START + 5, 2) == [(START, 0), (START + 1, 1)]
    assert device.history("none", START, START + 5, 2) == []


def test_the_backend_of_a_device(feed: ServerFeed, client: Client, meter: dict[str, Any]) -> None:
    post_series(client, meter, ts=START, t=20.5, hidden=1)
    readings: queue.Queue[SensorReading] = queue.Queue()
    backend = ThingsBoardBackend(feed.device(id_of(meter)), [Sensor("t", "Temperature", unit="°C")])
    assert backend.get_latest_readings() == {"t": SensorReading("t", 20.5, "°C", START)}
    stop = backend.listen(readings.put)
    assert readings.get(timeout=PATIENCE) == SensorReading("t", 20.5, "°C", START)
    post_series(client, meter, ts=START + 1, t=21.5, hidden=2)
    assert readings.get(timeout=PATIENCE) == SensorReading("t", 21.5, "°C", START + 1)
    stop()
    post_series(client, meter, ts=START + 2, t=22.5)
    time.sleep(0.3)
    assert readings.empty()


def test_two_devices_over_one_connection_from_mqtt_and_http(
    sandbox: Sandbox,
    feed: ServerFeed,
    told: Told,
    client: Client,
    meter: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sockets: list[Socket] = []

    def connect(*arguments: Any) -> Socket:
        sockets.append(Socket(*arguments))
        return sockets[-1]

    monkeypatch.setattr(stream, "Socket", connect)
    other, other_told = client.device("PM-2"), Told()
    feed.device(id_of(meter)).listen(["t"], told.value)
    feed.device(id_of(other)).listen(["t", "u"], other_told.value)
    told.until(Health.LIVE)
    with Device(sandbox, client.token_of(meter)) as device:
        assert device.publish(TELEMETRY, {"ts": START, "values": {"t": 1}})
        assert told.next() == ("t", START, 1)
    url = f"{sandbox.url}/api/v1/{client.token_of(other)}/telemetry"
    requests.post(url, json={"ts": START + 1, "values": {"t": 2.5, "u": "x"}}, timeout=60)
    assert {other_told.next(), other_told.next()} == {("t", START + 1, 2.5), ("u", START + 1, "x")}
    assert told.values.empty()
    assert len(sockets) == 1


def test_who_comes_later_is_told_the_present_value_too(
    feed: ServerFeed, told: Told, client: Client, meter: dict[str, Any]
) -> None:
    post_series(client, meter, ts=START, t=1)
    device, later = feed.device(id_of(meter)), Told()
    stop = device.listen(["t"], told.value)
    assert told.next() == ("t", START, 1)
    device.listen(["t"], later.value)
    assert later.next() == ("t", START, 1)
    stop()
    post_series(client, meter, ts=START + 1, t=2)
    assert later.next() == ("t", START + 1, 2)
    device.close()
    post_series(client, meter, ts=START + 2, t=3)
    time.sleep(0.4)
    assert told.values.empty()
    assert later.values.empty()


def test_a_listener_that_fails_takes_nothing_from_others(
    feed: ServerFeed, told: Told, client: Client, meter: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(key: str, ts: int, value: object) -> None:
        raise RuntimeError("no")

    device = feed.device(id_of(meter))
    device.listen(["t"], fail)
    device.listen(["t"], told.value)
    told.until(Health.LIVE)
    for number in range(2):
        post_series(client, meter, ts=START + number, t=number)
        assert told.next() == ("t", START + number, number)
    assert "what listens to t of the device" in caplog.text


def test_reconnects_to_a_restarted_server_and_tells_what_came_meanwhile(
    tmp_path: Path, told: Told, request: pytest.FixtureRequest
) -> None:
    port = free_port()

    def run(scene: Callable[[Sandbox, Client], None], token_lives: float = 9000.0) -> None:
        with (
            Sandbox(tmp_path / "data", port=port, access_token_seconds=token_lives) as running,
            Client(running) as client,
        ):
            scene(running, client)

    made: dict[str, Any] = {}
    token: list[str] = []

    def prepare(_: Sandbox, client: Client) -> None:
        made.update(client.device("PM-1"))
        token.append(client.token_of(made))

    run(prepare)
    with (
        Session(f"http://127.0.0.1:{port}", PERSON, retry_for=1) as session,
        ServerFeed(session, pace=QUICK, on_condition=told.conditions.put) as feed,
    ):

        def first(server: Sandbox, client: Client) -> None:
            feed.device(id_of(made)).listen(["t"], told.value)
            told.until(Health.LIVE)
            # With the device's token, since the client's may have expired by now.
            body = {"ts": START, "values": {"t": 1}}
            requests.post(f"{server.url}/api/v1/{token[0]}/telemetry", json=body, timeout=PATIENCE)
            assert told.next() == ("t", START, 1)

        def second(_: Sandbox, client: Client) -> None:
            told.until(Health.LIVE)
            post_series(client, made, ts=START + 2, t=3)
            values = [told.next()]
            while values[-1][2] != 3:
                values.append(told.next())
            assert values in ([("t", START + 2, 3)], [("t", START + 1, 2), ("t", START + 2, 3)])

        run(first, token_lives=1.0)
        assert "WebSocket" in told.until(Health.DOWN).reason
        # By then the token that the first connection used has expired.
        time.sleep(1.1)
        run(lambda _, client: post_series(client, made, ts=START + 1, t=2))
        run(second)
        assert session.renewal is not None


def test_a_bad_token_is_told_as_such(sandbox: Sandbox, told: Told, meter: dict[str, Any]) -> None:
    with (
        Session(sandbox.url, Credentials(token="nonsense"), retry_for=1) as session,
        ServerFeed(session, pace=QUICK, on_condition=told.conditions.put) as feed,
    ):
        device = feed.device(id_of(meter))
        device.listen(["t"], told.value)
        condition = told.until(Health.REFUSED)
        assert "nonsense" not in condition.reason
        assert device.condition().health is Health.REFUSED


def test_a_token_that_only_the_websocket_refuses(
    sandbox: Sandbox, told: Told, meter: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Session(sandbox.url, Credentials(token="nonsense"), retry_for=1) as session,
        ServerFeed(session, pace=QUICK, on_condition=told.conditions.put) as feed,
    ):
        monkeypatch.setattr(session, "authenticate", lambda: None)
        feed.device(id_of(meter)).listen(["t"], told.value)
        assert "does not accept the token" in told.until(Health.REFUSED).reason


def test_a_server_that_is_not_there(told: Told) -> None:
    with (
        Session("http://127.0.0.1:9", PERSON) as session,
        ServerFeed(session, pace=QUICK, on_condition=told.conditions.put) as feed,
    ):
        feed.device("784f394c-42b6-435a-983c-b7beff2784f9").listen(["t"], told.value)
        reason = told.until(Health.DOWN).reason
        assert reason == "the WebSocket http://127.0.0.1:9/api/ws cannot be reached: connection refused"
        assert feed.condition().health is Health.DOWN
    assert feed.condition().health is Health.CLOSED


def test_an_api_key_falls_back_to_polling_and_says_so(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    with Sandbox() as sandbox, Client(sandbox) as client:
        meter = client.device("PM-1")
        user = client.get("/api/auth/user")["id"]
        body = {"userId": user, "enabled": True, "expirationTime": 0, "description": "feed"}
        key = Credentials(api_key=client.post("/api/apiKey", body)["value"])
        with (
            Session(sandbox.url, key, retry_for=1) as session,
            ServerFeed(session, pace=QUICK, on_condition=told.conditions.put) as feed,
        ):
            post_series(client, meter, ts=START, t=1.5)
            feed.device(id_of(meter)).listen(["t"], told.value)
            assert told.next() == ("t", START, 1.5)
            assert (
                "before ThingsBoard 4.4: values are asked for every 0.1 s"
                in told.until(Health.POLLING).reason
            )
            post_series(client, meter, ts=START + 1, t=2)
            assert told.next() == ("t", START + 1, 2)
            time.sleep(0.3)
            assert told.values.empty()
    assert "takes no API key" in caplog.text


def test_from_4_4_on_an_api_key_is_enough_for_live_values(told: Told) -> None:
    with Sandbox(emulate="4.4.0") as sandbox, Client(sandbox) as client:
        meter = client.device("PM-1")
        body = {"userId": client.get("/api/auth/user")["id"], "enabled": True, "description": "wall"}
        key = Credentials(api_key=client.post("/api/apiKey", body)["value"])
        with (
            Session(sandbox.url, key, retry_for=1) as session,
            ServerFeed(session, pace=QUICK, on_condition=told.conditions.put) as feed,
        ):
            feed.device(id_of(meter)).listen(["t"], told.value)
            told.until(Health.LIVE)
            post_series(client, meter, ts=START, t=1.5)
            assert told.next() == ("t", START, 1.5)


def test_silent_devices_are_told_and_heard_again(
    sandbox: Sandbox, told: Told, client: Client, meter: dict[str, Any]
) -> None:
    mute, unknown = client.device("PM-2"), "784f394c-42b6-435a-983c-b7beff2784f9"
    with (
        Session(sandbox.url, PERSON) as session,
        ServerFeed(session, pace=Pace(silent_after=60), on_condition=told.conditions.put) as feed,
    ):
        post_series(client, meter, ts=START, t=1)
        devices = [id_of(meter), id_of(mute), unknown]
        for device in devices:
            feed.device(device).listen(["t"], told.value)
        reasons = {
            condition.device: condition.reason for condition in [told.until(Health.SILENT) for _ in devices]
        }
        assert reasons == {
            id_of(meter): "the device has sent nothing for 60 s or longer",
            id_of(mute): "the device has sent nothing yet",
            unknown: "the server has no such device, or does not show it to this user",
        }
        post_series(client, meter, t=2)
        assert told.until(Health.LIVE).device == id_of(meter)
        assert feed.device(id_of(meter)).condition().health is Health.LIVE
        assert feed.device(id_of(mute)).condition().health is Health.SILENT


def test_a_device_that_was_silent_before_an_interruption_is_told_when_it_is_heard_again(
    tmp_path: Path, told: Told
) -> None:
    port = free_port()
    with Sandbox(tmp_path / "data") as running, Client(running) as client:
        made = client.device("PM-1")
    with (
        Session(f"http://127.0.0.1:{port}", PERSON, retry_for=1) as session,
        ServerFeed(session, pace=QUICK, on_condition=told.conditions.put) as feed,
    ):
        with Sandbox(tmp_path / "data", port=port):
            feed.device(id_of(made)).listen(["t"], told.value)
            assert told.until(Health.SILENT).remedy == DEVICE_SILENT
        condition = told.until(Health.DOWN)
        assert (condition.device, condition.remedy) == ("", SERVER_UNREACHABLE)
        with Sandbox(tmp_path / "data", port=port) as running, Client(running) as client:
            assert told.until(Health.LIVE).device == ""
            post_series(client, made, t=2)
            assert told.until(Health.LIVE).device == id_of(made)


def test_a_device_may_be_silent_sooner_than_others(
    sandbox: Sandbox, told: Told, client: Client, meter: dict[str, Any]
) -> None:
    other = client.device("PM-2")
    with (
        Session(sandbox.url, PERSON) as session,
        ServerFeed(session, on_condition=told.conditions.put) as feed,
    ):
        now = time.time_ns() // 1_000_000
        for device, after in ((meter, 20.0), (other, None)):
            post_series(client, device, ts=now - 30_000, t=1)
            feed.device(id_of(device)).listen(["t"], told.value, silent_after=after)
        condition = told.until(Health.SILENT)
        assert (condition.device, condition.reason) == (
            id_of(meter),
            "the device has sent nothing for 20 s or longer",
        )
        assert feed.device(id_of(other)).condition().health is Health.LIVE


def test_the_past_from_its_newest_end_and_condensed(
    feed: ServerFeed, client: Client, meter: dict[str, Any]
) -> None:
    for number in range(6):
        post_series(client, meter, ts=START + number * 1_000, t=number)
    device = feed.device(id_of(meter))
    assert device.history("t", START, START + 9_000, 2, newest=True) == [
        (START + 4_000, 4),
        (START + 5_000, 5),
    ]
    ways: tuple[Aggregation, ...] = ("MIN", "AVG", "MAX")
    low, mean, high = (device.condensed("t", START, START + 6_000, 3_000, how) for how in ways)
    assert (low, high) == (
        [(START + 1_500, 0), (START + 4_500, 3)],
        [(START + 1_500, 2), (START + 4_500, 5)],
    )
    assert mean == [(START + 1_500, 1), (START + 4_500, 4)]


def test_a_refused_subscription_is_told_in_the_words_of_the_server() -> None:
    body = {
        "cmdId": 1,
        "errorCode": 3,
        "errorMsg": "You don't have permission",
        "cmdUpdateType": "ENTITY_DATA",
    }
    with pytest.raises(AuthenticationFailed, match="refuses the subscription: You don't have permission"):
        message_in(json.dumps(body))
    with pytest.raises(ServerError, match="error 1"):
        message_in(json.dumps({**body, "errorCode": 1, "errorMsg": None}))
    assert [message_in(text) for text in ("", "[]", '{"subscriptionId": 1}', b"{}")] == [None] * 4


def test_live_values_need_the_extra(
    feed: ServerFeed, told: Told, meter: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "websockets.sync.client", None)
    with pytest.raises(MissingExtra) as missing:
        feed.device(id_of(meter)).listen(["t"], told.value)
    assert "papayameter[agent]" in missing.value.remedy


def test_certificates_are_looked_at_before_anything_is_started(tmp_path: Path) -> None:
    assert tls_context("http://things.example.com", tmp_path / "none", False) is None
    with pytest.raises(SettingsError, match="cannot be used: No such file"):
        tls_context("https://things.example.com", tmp_path / "none", False)
    trusted = tls_context("https://things.example.com", None, False)
    trusting = tls_context("https://things.example.com", None, True)
    assert trusted is not None and trusted.verify_mode is ssl.CERT_REQUIRED
    assert trusting is not None and trusting.verify_mode is ssl.CERT_NONE


def test_a_manifest_cannot_have_a_device_read_as_a_user() -> None:
    with pytest.raises(SensorFault, match="would need a user's credentials"):
        factory_of("thingsboard")


def test_commands_fit_into_a_frame() -> None:
    ids = [f"784f394c-42b6-435a-983c-{number:012}" for number in range(5000)]
    keys = [f"{number:05}" + "€" * 250 for number in range(40)]
    made = list(portions({device: keys for device in ids}))
    assert all(size_of({"cmds": [subscription(10**9, portion)]}) < MAX_FRAME for portion in made)
    assert {pair for portion in made for pair in portion.pairs()} == {(d, k) for d in ids for k in keys}
    assert len(list(portions({device: ["t", "u"] for device in ids}))) == 11
    assert query_of(made[0]) != subscription(1, made[0])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("25.0", 25.0),
        ("1.0E-5", 1e-5),
        ("-3", -3),
        ("007", "007"),
        ("1e999", "1e999"),
        ("9223372036854775808", "9223372036854775808"),
        ("NaN", "NaN"),
        ("", ""),
        ("٣", "٣"),
    ],
)
def test_values_regain_their_types(text: str, value: object) -> None:
    assert (value_of(text), type(value_of(text))) == (value, type(value))


@pytest.mark.parametrize(
    "rows", [None, 1, [None], [{}], [{"entityId": {"id": "a"}}], [{"entityId": {"id": "a"}, "latest": None}]]
)
def test_rows_that_say_nothing(rows: Any) -> None:
    assert list(updates_in(rows)) == []


def test_the_program_that_the_guide_shows_runs(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    guide = Path(__file__).parents[3] / "docs" / "agent.md"
    found = re.search(r"```python\n(session = .*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    post_series(client, meter, ts=1_763_950_000_000, **{"voltage.volt": 12.5})
    program = found[1].replace("https://things.example.com", sandbox.url)
    program = program.replace("784f394c-42b6-435a-983c-b7beff2784f9", id_of(meter))
    program = program.replace("me@example.com", PERSON.username or "")
    names: dict[str, Any] = {"password": PERSON.password, "Session": Session, "Credentials": Credentials}
    names |= {"ServerFeed": ServerFeed, "ThingsBoardBackend": ThingsBoardBackend}
    exec(program, names)  # noqa: S102 - the page's own words are what is tried
    names["session"].close()
    said = capsys.readouterr().out
    assert said.count("12.5") >= 2
    assert "Health.CLOSED" in said
