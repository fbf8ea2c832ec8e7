"""What the window asks of a server, once through: telemetry of the past, alarms, calls, and who may do what.

A cassette records it, and the sandbox plays it, too. Times, names and values are fixed, and requests go out
one after the other, because vcrpy is not thread-safe. The server has a customer `CUSTOMER` with one user.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import pytest
from papaya_gui.models.batch import NUMBER, TEXT, TRUTH
from papaya_gui.models.catalog import Row as Line
from papaya_gui.models.texts import Texts
from papaya_gui.sources.remote import Alarm
from papaya_gui.sources.server_past import past_of
from papaya_gui.sources.server_remote import ServerRemote
from papaya_gui.sources.supply import Past

from papaya.api.calls import CallRefused, DeviceOffline
from papaya.api.credentials import Credentials
from papaya.api.feed import DeviceFeed, ServerFeed
from papaya.api.fetch import devices_by_name
from papaya.api.latest import Portion, query_of, updates_in
from papaya.api.query import FIND, Key
from papaya.api.session import Session
from papaya.api.telemetry_keys import keys_beside
from papaya.engine.inventory import FLEET_KEY, SENSORS_KEY
from papaya.errors import AuthenticationFailed, Forbidden, NotFound, Rejected
from papaya.manifest.model import Json, Sensor

KEYS = frozenset({"door", "mode", "tree", "mixed", "t"})
FLEET, FIRST, SECOND = "window", "Window-1", "Window-2"
CUSTOMER, GARAGE, GARAGE_PASSWORD = "Window-Garage", "window-garage@papaya.test", "garage-password"
START, SAMPLES, STEPS = 1763900000000, 1_200, 40
_DECLARED = Key("SHARED_SCOPE", SENSORS_KEY)

# Runs the agent of the second device for a while, by its token.
RunAgent = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Scene:
    """One run: where the server is, who its administrator is, and the agent that answers calls.

    `has_keys` says whether the server has API keys.
    """

    url: str
    administrator: Credentials
    agent_token: str
    run_agent: RunAgent
    has_keys: bool = True

    def session(self, credentials: Credentials) -> Session:
        """Return a session that sends one request at a time, and each of them once."""
        return Session(self.url, credentials, retry_for=0, concurrency=1)


def play(scene: Scene) -> None:
    """Go through everything, and leave the server as it was."""
    with scene.session(scene.administrator) as session:
        _prepare(scene, session)
        ids = _devices(session)
        with ServerFeed(session) as feed:
            _past(feed.device(ids[FIRST]))
            _latest(session, feed.device(ids[FIRST]), ids)
        _undeclared(session, ids)
        alarms = _alarms(session, ids)
        _calls(scene, session, ids)
        _customer(scene, ids, alarms)
        if scene.has_keys:
            _keys(scene, session, ids)
        _tokens(scene, session)
        for device in ids.values():
            session.delete(f"/api/device/{device}")
        with ServerFeed(session) as feed:
            gone = feed.device(ids[FIRST])
            with pytest.raises(NotFound, match="wasn't found"):
                gone.latest(["t"])
            # Whether there is such a device is looked at everywhere but here; telemetry itself goes later.
            assert gone.history("none", START, START + 1, 1) == []


def _prepare(scene: Scene, session: Session) -> None:
    made = {}
    for name, options in ((FIRST, {}), (SECOND, {"accessToken": scene.agent_token})):
        device = session.post("/api/device", {"name": name, "type": "default"}, params=options)
        assert isinstance(device, dict)
        made[name] = device["id"]
    first, second = (_identifier(made[name]) for name in (FIRST, SECOND))
    telemetry = "/api/plugins/telemetry/DEVICE"
    session.post(f"{telemetry}/{first}/attributes/SERVER_SCOPE", {FLEET_KEY: FLEET})
    session.post(
        f"{telemetry}/{second}/attributes/SHARED_SCOPE", {SENSORS_KEY: [{"key": "w0", "every": 0.1}]}
    )
    numbers: list[Json] = [
        {"ts": START + 1_000 * number, "values": {"t": float(number % 100) + 0.5}}
        for number in range(SAMPLES)
    ]
    steps: list[Json] = [
        {
            "ts": START + 1_000 * number,
            "values": {
                "door": number % 2 == 0,
                "mode": "idle" if number % 2 else "7a",
                "tree": {"a": [number % 2, None]},
                "mixed": "none" if number == 3 else number,
            },
        }
        for number in range(STEPS)
    ]
    session.post(f"{telemetry}/{first}/timeseries/ANY", numbers)
    session.post(f"{telemetry}/{first}/timeseries/ANY", steps)
    page = session.get("/api/tenant/customers", params={"customerTitle": CUSTOMER})
    assert isinstance(page, dict)
    session.post(f"/api/customer/{_identifier(page['id'])}/device/{first}", None)


def _devices(session: Session) -> dict[str, str]:
    found = devices_by_name(session, (FIRST, SECOND, "Window-3"), FLEET, (_DECLARED,))
    assert found.keys() == {FIRST, SECOND}
    assert _DECLARED not in found[FIRST].values
    assert str(found[SECOND].values[_DECLARED]) == '[{"key":"w0","every":0.1}]'
    return {name: row.id for name, row in found.items()}


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is remembered of a device, asked for as the plot does; times are seconds since the first one."""

    device: DeviceFeed
    texts: Texts

    def past(self, key: str, since: float, until: float, *, every: float = 1.0, points: int = 700) -> Past:
        line, begin = Line(0, FIRST, ("", ""), Sensor(key), every), START / 1000
        return past_of(self.device, line, begin + since, begin + until, points, self.texts)

    def shown(self, key: str, since: float, until: float) -> list[str]:
        return [self.texts.text(value) for value in self.past(key, since, until).values]


def _past(device: DeviceFeed) -> None:
    assert list(device.known_keys()) == ["door", "mixed", "mode", "t", "tree"]
    memory = _Memory(device, Texts())
    _past_of_numbers(memory)
    _past_of_steps(memory)
    for gone in (
        memory.past("t", -100, -40),
        memory.past("t", -9_000, 0, every=0.1),
        memory.past("none", 0, 60),
    ):
        assert (len(gone.times), gone.interval) == (0, 0)
    with pytest.raises(Rejected, match="Number of intervals is to high"):
        device.condensed("t", START, START + 10_000_000, 10_000, "MAX")


def _past_of_numbers(memory: _Memory) -> None:
    begin = START / 1000
    few = memory.past("t", 0, 60)
    assert (few.kind, few.interval) == (NUMBER, 0)
    assert few.times.tolist() == [begin + number for number in range(60)]
    assert few.values.tolist() == [number + 0.5 for number in range(60)]
    # Every 0.1 s would be too many, so that extremes and means are asked for.
    wide = memory.past("t", 0, SAMPLES, every=0.1, points=60)
    assert (wide.kind, wide.interval, len(wide.times)) == (NUMBER, 20, 60)
    assert wide.low is not None
    assert wide.high is not None
    assert wide.times.tolist() == [begin + 10 + 20 * number for number in range(60)]
    assert wide.low[:5].tolist() == [0.5, 20.5, 40.5, 60.5, 80.5]
    assert wide.high[:5].tolist() == [19.5, 39.5, 59.5, 79.5, 99.5]
    assert np.allclose(wide.values[:5], [10, 30, 50, 70, 90])


def _past_of_steps(memory: _Memory) -> None:
    """Truth values and texts are samples, however wide the window is."""
    for key, kind in (("door", TRUTH), ("mode", TEXT), ("tree", TEXT)):
        steps = memory.past(key, 0, SAMPLES, every=0.1)
        assert (steps.kind, steps.interval, len(steps.times)) == (kind, 0, STEPS)
    assert memory.past("door", 0, 4).values.tolist() == [1, 0, 1, 0]
    assert memory.shown("mode", 0, 2) == ["7a", "idle"]
    assert memory.shown("tree", 0, 2) == ['{"a":[0,null]}', '{"a":[1,null]}']
    # The kind of the newest decides, and a mean is one of the numbers alone.
    assert memory.past("mixed", 0, 6).values.tolist() == [0, 1, 2, 4, 5]
    assert memory.past("mixed", 0, SAMPLES, every=0.1, points=240).values[:2].tolist() == [1.75, 7]


def _latest(session: Session, device: DeviceFeed, ids: dict[str, str]) -> None:
    last = START + 1_000 * (STEPS - 1)
    keys = ("door", "mode", "tree", "mixed", "none")
    assert device.latest(keys) == {
        "door": (last, False),
        "mode": (last, "idle"),
        "tree": (last, '{"a":[1,null]}'),
        "mixed": (last, STEPS - 1),
    }
    # As it is polled with an API key.
    page = session.post(FIND, query_of(Portion(tuple(sorted(ids.values())), keys)), repeatable=True)
    assert isinstance(page, dict)
    assert {(one.device, one.key): (one.ts, one.value) for one in updates_in(page["data"])} == {
        (ids[FIRST], "door"): (last, False),
        (ids[FIRST], "mode"): (last, "idle"),
        (ids[FIRST], "tree"): (last, '{"a":[1,null]}'),
        (ids[FIRST], "mixed"): (last, STEPS - 1),
    }


def _undeclared(session: Session, ids: dict[str, str]) -> None:
    """Find the keys of devices whose sensors are what they send."""
    sent = keys_beside(session, {ids[FIRST]: ("door",), ids[SECOND]: ()})
    assert sent == {ids[FIRST]: KEYS - {"door"}}
    assert keys_beside(session, {ids[FIRST]: KEYS, ids[SECOND]: ()}) == {}


def _alarms(session: Session, ids: dict[str, str]) -> dict[str, Alarm]:
    remote = _remote(session, ids)
    raised: tuple[tuple[str, str, str, Json], ...] = (
        (FIRST, "hot", "MAJOR", {"value": 81}),
        (FIRST, "hot", "CRITICAL", {"value": 90}),
        (FIRST, "door", "MINOR", "left open"),
        (FIRST, "shocks", "INDETERMINATE", [3, 5]),
        (SECOND, "hot", "WARNING", {}),
        (SECOND, "tilt", "WARNING", None),
    )
    for device, kind, severity, details in raised:
        originator: Json = {"entityType": "DEVICE", "id": ids[device]}
        body: Json = {"originator": originator, "type": kind, "severity": severity, "details": details}
        session.post("/api/alarm", body)
    listed = remote.alarms()
    assert [one.created for one in listed] == sorted((one.created for one in listed), reverse=True)
    assert {(one.device, one.kind, one.severity, one.details) for one in listed} == {
        (SECOND, "tilt", "WARNING", ""),
        (SECOND, "hot", "WARNING", ""),
        (FIRST, "shocks", "INDETERMINATE", "[3, 5]"),
        (FIRST, "door", "MINOR", "left open"),
        (FIRST, "hot", "CRITICAL", "value: 90"),
    }
    assert all(one.is_active and not one.is_acknowledged for one in listed)
    alarms = {f"{one.kind} of {one.device}": one for one in listed}
    hot, door, tilt = (alarms[name] for name in (f"hot of {FIRST}", f"door of {FIRST}", f"tilt of {SECOND}"))
    for _ in range(2):
        # What somebody else has done already is done.
        remote.acknowledge(hot)
        remote.clear(door)
    shown = {one.id: (one.is_active, one.is_acknowledged) for one in remote.alarms()}
    assert (shown[hot.id], shown[door.id]) == ((True, True), (False, False))
    remote.clear(hot)
    remote.acknowledge(door)
    session.delete(f"/api/alarm/{tilt.id}")
    for change in (remote.acknowledge, remote.clear):
        with pytest.raises(NotFound, match="is not found"):
            change(tilt)
    assert {one.kind for one in remote.alarms()} == {"hot", "shocks"}
    return alarms


def _calls(scene: Scene, session: Session, ids: dict[str, str]) -> None:
    call = _remote(session, ids).call
    with pytest.raises(DeviceOffline, match="the device is offline: it did not take the command ping"):
        call(SECOND, "ping", None, 1)
    with scene.run_agent():
        pong = call(SECOND, "ping", None)
        assert isinstance(pong, dict)
        assert pong["pong"] is True
        assert call(SECOND, "setInterval", {"key": "w0", "seconds": 7}) == {"key": "w0", "seconds": 7}
        readings = call(SECOND, "getReadings", {"keys": ["w0"]})
        assert isinstance(readings, dict)
        assert list(readings) == ["readings"]
        refused: tuple[tuple[str, Json, str], ...] = (
            ("setInterval", {"key": "none", "seconds": 7}, "there is no sensor none"),
            ("identify", {"color": "red"}, "no beacon"),
            ("dance", None, "there is no method dance"),
        )
        for method, parameters, words in refused:
            with pytest.raises(CallRefused, match=words):
                call(SECOND, method, parameters)


def _customer(scene: Scene, ids: dict[str, str], alarms: dict[str, Alarm]) -> None:
    """A customer's user has what is assigned to the customer, and nothing else."""
    with scene.session(Credentials(username=GARAGE, password=GARAGE_PASSWORD)) as session:
        session.authenticate()
        assert session.user().authority == "CUSTOMER_USER"
        assert devices_by_name(session, (FIRST, SECOND), FLEET).keys() == {FIRST}
        remote = _remote(session, ids)
        assert [one.kind for one in remote.alarms()] == ["shocks"]
        remote.acknowledge(alarms[f"shocks of {FIRST}"])
        remote.clear(alarms[f"shocks of {FIRST}"])
        for forbidden in (
            lambda: remote.acknowledge(alarms[f"hot of {SECOND}"]),
            lambda: remote.clear(alarms[f"hot of {SECOND}"]),
            lambda: remote.call(SECOND, "ping", None, 1),
            lambda: ServerFeed(session).device(ids[SECOND]).known_keys(),
            lambda: ServerFeed(session).device(ids[SECOND]).latest(["w0"]),
        ):
            with pytest.raises(Forbidden, match="You don't have permission") as failure:
                forbidden()
            assert failure.value.remedy == f"This needs a TENANT_ADMIN; this is CUSTOMER_USER {GARAGE}."


def _keys(scene: Scene, session: Session, ids: dict[str, str]) -> None:
    """An API key reads; one that is disabled or gone is refused as such."""
    for enabled in (True, False):
        body: Json = {
            "userId": {"entityType": "USER", "id": _user_id(session)},
            "description": "window",
            "enabled": enabled,
            "expirationTime": 0,
        }
        key = session.post("/api/apiKey", body)
        assert isinstance(key, dict)
        with scene.session(Credentials(api_key=str(key["value"]))) as polling:
            if enabled:
                assert polling.tokens is None
                assert devices_by_name(polling, (FIRST,), FLEET).keys() == {FIRST}
            else:
                _is_refused(polling, "User account is not active")
            session.delete(f"/api/apiKey/{_identifier(key['id'])}")
            _is_refused(polling, "Invalid username or password")


def _is_refused(session: Session, words: str) -> None:
    with pytest.raises(AuthenticationFailed, match=words) as failure:
        devices_by_name(session, (FIRST,), FLEET)
    assert failure.value.remedy.startswith("Is the API key complete")


def _tokens(scene: Scene, session: Session) -> None:
    """A token that has ended is refreshed on the way, and one without a successor is refused."""
    pair = session.tokens
    assert pair is not None
    with scene.session(Credentials(token="ended", refresh_token=pair.refresh_token)) as late:
        assert devices_by_name(late, (FIRST,), FLEET).keys() == {FIRST}
        assert late.renewal == "refreshed"
    lost = scene.session(Credentials(token="ended", refresh_token="ended"))
    with lost, pytest.raises(AuthenticationFailed, match="token refresh failed"):
        devices_by_name(lost, (FIRST,), FLEET)


def _remote(session: Session, ids: dict[str, str]) -> ServerRemote:
    return ServerRemote(session, ids, {identifier: name for name, identifier in ids.items()})


def _user_id(session: Session) -> str:
    user = session.get("/api/auth/user")
    assert isinstance(user, dict)
    return _identifier(user["id"])


def _identifier(value: Json) -> str:
    assert isinstance(value, dict)
    return str(value["id"])
