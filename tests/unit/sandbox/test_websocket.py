"""The WebSocket: logins, subscriptions, what updates carry, and what closes a connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import requests

from papaya.sandbox import Sandbox, ws_server
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import ATTRIBUTES, TELEMETRY, Device

START = 1763900000000
_SECONDS = 10.0
Scene = Callable[["Watcher"], Awaitable[None]]


class Watcher:
    """An open WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, *commands: dict[str, Any], token: str | None = None) -> None:
        """Send commands, and a login when there is a token."""
        login = {} if token is None else {"authCmd": {"cmdId": 0, "token": token}}
        await self.socket.send_json({**login, "cmds": list(commands)})

    async def next(self, seconds: float = _SECONDS) -> dict[str, Any]:
        """Return the next message."""
        return dict(json.loads((await self.socket.receive(seconds)).data))

    async def nothing(self, seconds: float = 0.15) -> bool:
        """Tell whether nothing comes."""
        try:
            await self.socket.receive(seconds)
        except TimeoutError:
            return True
        return False

    async def closing(self) -> tuple[int, str | None]:
        """Return code and reason of the server's close."""
        message = await self.socket.receive(_SECONDS)
        assert message.type is aiohttp.WSMsgType.CLOSE, message
        return int(message.data), message.extra


def _play(sandbox: Sandbox, scene: Scene, path: str = "/api/ws") -> None:
    async def play() -> None:
        async with aiohttp.ClientSession() as http, http.ws_connect(sandbox.url + path) as socket:
            await scene(Watcher(socket))

    asyncio.run(play())


def _jwt(client: Client) -> str:
    return str(client.session.headers["X-Authorization"]).removeprefix("Bearer ")


def _of(device: dict[str, Any], kind: str, identifier: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "cmdId": identifier,
        "type": kind,
        "entityType": "DEVICE",
        "entityId": device["id"]["id"],
        **more,
    }


def _query(**more: Any) -> dict[str, Any]:
    order = {"key": {"type": "ENTITY_FIELD", "key": "name"}, "direction": "ASC"}
    return {
        "entityFilter": {"type": "entityType", "entityType": "DEVICE"},
        "pageLink": {"pageSize": 10, "page": 0, "sortOrder": order},
        "entityFields": [{"type": "ENTITY_FIELD", "key": "name"}],
        "latestValues": [],
        **more,
    }


def _data(identifier: int = 1, **more: Any) -> dict[str, Any]:
    return {"cmdId": identifier, "type": "ENTITY_DATA", "query": _query(), **more}


def _latest(*keys: tuple[str, str]) -> dict[str, Any]:
    return {"keys": [{"type": kind, "key": key} for kind, key in keys]}


@pytest.fixture
def meter(client: Client) -> dict[str, Any]:
    """A device of the server."""
    return client.device("PM-1")


def _post(client: Client, meter: dict[str, Any], **values: Any) -> None:
    url = f"{client.url}/api/plugins/telemetry/DEVICE/{meter['id']['id']}/timeseries/ANY"
    ts = values.pop("ts", None)
    body = values if ts is None else {"ts": ts, "values": values}
    requests.post(url, json=body, headers=dict(client.session.headers), timeout=10).raise_for_status()


@pytest.mark.parametrize(
    ("path", "first", "closing"),
    [
        ("/api/ws", {"cmds": []}, (1008, "Auth cmd is missing")),
        ("/api/ws", [], (1008, "Auth cmd is missing")),
        ("/api/ws", {"authCmd": {"cmdId": 0, "token": "x"}}, (1007, "Invalid JWT token: ")),
        ("/api/ws?token=x", None, (1011, "Invalid JWT token: ")),
        ("/api/ws/plugins/telemetry?token=x", None, (1011, "Invalid JWT token: ")),
    ],
)
def test_refused_logins(sandbox: Sandbox, path: str, first: Any, closing: tuple[int, str]) -> None:
    async def scene(watcher: Watcher) -> None:
        if first is not None:
            await watcher.socket.send_json(first)
        assert await watcher.closing() == closing

    _play(sandbox, scene, path)


def test_expired_token_is_refused() -> None:
    with Sandbox(access_token_seconds=-1.0) as sandbox, Client(sandbox) as client:

        async def scene(watcher: Watcher) -> None:
            await watcher.send(token=_jwt(client))
            assert await watcher.closing() == (1007, "JWT Token expired")

        _play(sandbox, scene)


def test_silent_client_is_closed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws_server, "AUTH_SECONDS", 0.1)

    async def scene(watcher: Watcher) -> None:
        assert (await watcher.closing())[0] == 1008

    _play(sandbox, scene)


def test_client_without_pongs_is_closed(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ws_server, "PING_SECONDS", 0.05)
    monkeypatch.setattr(ws_server, "PONG_SECONDS", 0.2)

    async def play(autoping: bool) -> aiohttp.WSMsgType | None:
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"{sandbox.url}/api/ws", autoping=autoping) as socket,
        ):
            await Watcher(socket).send(token=_jwt(client))
            try:
                async with asyncio.timeout(0.8):
                    while (kind := (await socket.receive()).type) is aiohttp.WSMsgType.PING:
                        pass
            except TimeoutError:
                return None
            return kind

    assert asyncio.run(play(True)) is None
    assert asyncio.run(play(False)) is aiohttp.WSMsgType.CLOSE


def test_long_frames_are_refused(sandbox: Sandbox, client: Client) -> None:
    async def scene(watcher: Watcher) -> None:
        await watcher.send(_of({"id": {"id": "x" * 33_000}}, "TIMESERIES"), token=_jwt(client))
        assert (await watcher.closing())[0] == 1009

    _play(sandbox, scene)


def test_nonsense_is_answered_or_passed_over(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    async def scene(watcher: Watcher) -> None:
        await watcher.send(token=_jwt(client))
        await watcher.socket.send_str("{broken")
        answer = await watcher.next()
        assert (answer["subscriptionId"], answer["errorCode"]) == (0, 2)
        await watcher.send({"cmdId": 1, "type": "NOTHING_LIKE_THIS"}, {"cmdId": 1})
        # The server stumbles over the missing list, and keeps that to itself.
        nameless = {**_query(), "latestValues": None}
        await watcher.send(_data(query=nameless, latestCmd=_latest(("TIME_SERIES", "t"))))
        await watcher.send({"cmdId": 5, "type": "ENTITY_DATA"}, _data(-1))
        for identifier, message in ((5, "Query is empty!"), (-1, "Cmd id is negative value!")):
            answer = await watcher.next()
            expected = (identifier, 2, message)
            assert (answer["cmdId"], answer["errorCode"], answer["errorMsg"]) == expected
        await watcher.send({"cmdId": 6, "type": "TIMESERIES", "entityType": "DEVICE"})
        assert (await watcher.next())["errorMsg"] == "Device id is empty!"

    _play(sandbox, scene)


def test_series_of_one_device(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    async def scene(watcher: Watcher) -> None:
        _post(client, meter, ts=START, t=1.5, hidden=1)
        await watcher.send(_of(meter, "TIMESERIES", keys="t,none"), token=_jwt(client))
        first = await watcher.next()
        assert first["data"]["t"] == [[START, "1.5"]]
        assert first["data"]["none"][0][1] is None
        await asyncio.to_thread(_post, client, meter, ts=START + 1, hidden=2)
        await asyncio.to_thread(_post, client, meter, ts=START + 2, t=2)
        update = await watcher.next()
        assert (update["data"], update["latestValues"]) == ({"t": [[START + 2, "2"]]}, {"t": START + 2})
        await watcher.send(_of(meter, "TIMESERIES", unsubscribe=True))
        await watcher.send(_of(meter, "TIMESERIES", 2))
        assert (await watcher.next())["data"].keys() == {"t", "hidden"}
        await asyncio.to_thread(_post, client, meter, new="x")
        assert (await watcher.next())["subscriptionId"] == 2

    _play(sandbox, scene)


def test_series_begin_with_a_window_and_history_is_told_once(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    async def scene(watcher: Watcher) -> None:
        for second in range(4):
            _post(client, meter, ts=START + second * 1000, t=second)
        window: dict[str, Any] = {"keys": "t", "startTs": START, "timeWindow": 3000}
        await watcher.send(_of(meter, "TIMESERIES", **window), token=_jwt(client))
        expected = [[START + 2000, "2"], [START + 1000, "1"], [START, "0"]]
        assert (await watcher.next())["data"] == {"t": expected}
        window = {"keys": "t", "startTs": START, "endTs": START + 4000, "agg": "SUM", "interval": 2000}
        await watcher.send(_of(meter, "TIMESERIES_HISTORY", 2, **window))
        assert (await watcher.next())["data"] == {"t": [[START + 1000, "1"], [START + 3000, "5"]]}

    _play(sandbox, scene)


def test_attributes_from_every_side(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    async def scene(watcher: Watcher) -> None:
        server = _of(meter, "ATTRIBUTES", 1, scope="SERVER_SCOPE", keys="active,bays")
        anything = _of(meter, "ATTRIBUTES", 2, keys="bays,firmware,interval")
        await watcher.send(server, anything, token=_jwt(client))
        assert (await watcher.next())["data"].keys() == {"active"}
        assert (await watcher.next())["data"] == {}
        await asyncio.to_thread(client.set_attributes, meter, {"bays": 2})
        assert [(await watcher.next())["subscriptionId"] for _ in range(2)] == [1, 2]
        with await asyncio.to_thread(Device, sandbox, client.token_of(meter)) as device:
            assert (await watcher.next())["data"]["active"][0][1] == "true"
            await asyncio.to_thread(device.publish, ATTRIBUTES, {"firmware": "x"})
            assert (await watcher.next())["data"].keys() == {"firmware"}
        await asyncio.to_thread(client.set_attributes, meter, {"interval": 7}, "SHARED")
        assert (await watcher.next())["data"].keys() == {"interval"}
        path = f"/api/plugins/telemetry/DEVICE/{meter['id']['id']}/SHARED_SCOPE?keys=interval"
        await asyncio.to_thread(client.ask, "DELETE", path)
        assert (await watcher.next())["data"] == {"interval": [[0, ""]]}

    _play(sandbox, scene)


def test_updates_come_from_mqtt_and_the_device_api(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    token = client.token_of(meter)

    async def scene(watcher: Watcher) -> None:
        await watcher.send(_data(latestCmd=_latest(("TIME_SERIES", "t"))), token=_jwt(client))
        first = (await watcher.next())["data"]["data"][0]
        assert first["latest"]["TIME_SERIES"] == {"t": {"ts": 0, "value": ""}}
        with await asyncio.to_thread(Device, sandbox, token) as device:
            await asyncio.to_thread(device.publish, TELEMETRY, {"ts": START, "values": {"t": 1}})
        update = (await watcher.next())["update"][0]
        assert update["latest"] == {"TIME_SERIES": {"t": {"ts": START, "value": "1"}}}
        url = f"{client.url}/api/v1/{token}/telemetry"
        body = {"ts": START + 1, "values": {"t": 25.0}}
        await asyncio.to_thread(requests.post, url, json=body, timeout=10)
        update = (await watcher.next())["update"][0]
        assert update["latest"] == {"TIME_SERIES": {"t": {"ts": START + 1, "value": "25.0"}}}

    _play(sandbox, scene)


def test_older_and_equal_values_are_no_news_of_the_latest(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    async def scene(watcher: Watcher) -> None:
        _post(client, meter, ts=START, t=1)
        await watcher.send(_data(latestCmd=_latest(("TIME_SERIES", "t"))), token=_jwt(client))
        await watcher.next()
        for ts in (START - 1, START):
            await asyncio.to_thread(_post, client, meter, ts=ts, t=1)
        assert await watcher.nothing()
        await asyncio.to_thread(_post, client, meter, ts=START, t=2)
        assert (await watcher.next())["update"][0]["latest"]["TIME_SERIES"]["t"]["value"] == "2"

    _play(sandbox, scene)


def test_latest_and_series_of_a_query(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    async def scene(watcher: Watcher) -> None:
        _post(client, meter, ts=START, t=1)
        series = {"keys": ["t"], "startTs": START, "timeWindow": 5000, "limit": 10, "agg": "NONE"}
        latest = _latest(("ATTRIBUTE", "bays"), ("SERVER_ATTRIBUTE", "active"), ("ENTITY_FIELD", "name"))
        await watcher.send(_data(latestCmd=latest, tsCmd=series), token=_jwt(client))
        page = (await watcher.next())["data"]
        assert (page["totalElements"], page["hasNext"]) == (1, False)
        assert page["data"][0]["latest"]["SERVER_ATTRIBUTE"]["active"]["value"] == "false"
        rows = (await watcher.next())["update"]
        assert rows[0]["timeseries"] == {"t": [{"ts": START, "value": "1"}]}
        await asyncio.to_thread(client.set_attributes, meter, {"bays": 3})
        update = (await watcher.next())["update"][0]
        assert update["latest"]["ATTRIBUTE"]["bays"]["value"] == "3"
        await asyncio.to_thread(_post, client, meter, ts=START - 1, t=0)
        update = (await watcher.next())["update"][0]
        assert (update["latest"], update["timeseries"]) == (None, {"t": [{"ts": START - 1, "value": "0"}]})
        await watcher.send({"cmdId": 1, "type": "ENTITY_DATA_UNSUBSCRIBE"})
        await asyncio.to_thread(_post, client, meter, t=5)
        assert await watcher.nothing()

    _play(sandbox, scene)


def test_command_without_a_query_adds_to_the_earlier_one(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    async def scene(watcher: Watcher) -> None:
        _post(client, meter, ts=START, t=1)
        await watcher.send(_data(), token=_jwt(client))
        assert (await watcher.next())["data"]["totalElements"] == 1
        past = {"keys": ["t"], "startTs": START, "endTs": START + 1, "limit": 10, "agg": "NONE"}
        await watcher.send({"cmdId": 1, "type": "ENTITY_DATA", "historyCmd": past})
        assert (await watcher.next())["update"][0]["timeseries"]["t"] == [{"ts": START, "value": "1"}]

    _play(sandbox, scene)


def test_membership_is_settled_unless_the_page_is_dynamic(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ws_server, "REFRESH_SECONDS", 0.1)
    dynamic = _query(pageLink={"pageSize": 10, "page": 0, "dynamic": True})
    counted = {"cmdId": 3, "type": "ENTITY_COUNT", "query": _query()}

    async def scene(watcher: Watcher) -> None:
        await watcher.send(_data(1), _data(2, query=dynamic), counted, token=_jwt(client))
        for _ in range(3):
            await watcher.next()
        await asyncio.to_thread(client.device, "PM-2")
        page = await watcher.next()
        assert (page["cmdId"], page["data"]["totalElements"]) == (2, 2)
        count = await watcher.next()
        assert (count["cmdId"], count["count"], count["cmdUpdateType"]) == (3, 2, "COUNT_DATA")
        assert await watcher.nothing()

    _play(sandbox, scene)


def test_customer_sees_its_own_devices_alone(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    customer = client.post("/api/customer", {"title": "Garage"})["id"]["id"]
    sandbox.add_customer_user(customer, "garage@papaya.test", "secret")
    own = client.device("PM-2", customerId={"entityType": "CUSTOMER", "id": customer})

    async def scene(watcher: Watcher) -> None:
        await watcher.send(_data(), _of(meter, "TIMESERIES", 2), _of(own, "TIMESERIES", 3), token=_jwt(guest))
        page = (await watcher.next())["data"]["data"]
        assert [row["entityId"]["id"] for row in page] == [own["id"]["id"]]
        assert [(await watcher.next())["errorCode"] for _ in range(2)] == [3, 0]

    with Client(sandbox, "garage@papaya.test", "secret") as guest:
        _play(sandbox, scene)


def test_alarms(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    link = {"pageSize": 10, "page": 0, "statusList": ["ACTIVE"]}
    page = {"cmdId": 1, "type": "ALARM_DATA", "query": _query(pageLink=link, alarmFields=[])}
    count = {"cmdId": 2, "type": "ALARM_COUNT", "query": {"statusList": ["ACTIVE"]}}

    async def scene(watcher: Watcher) -> None:
        await watcher.send(page, count, token=_jwt(client))
        assert (await watcher.next())["data"]["totalElements"] == 0
        assert (await watcher.next())["count"] == 0
        body = {"originator": meter["id"], "type": "hot", "severity": "MAJOR"}
        alarm = (await asyncio.to_thread(client.post, "/api/alarm", body))["id"]["id"]
        told = {message["cmdId"]: message for message in [await watcher.next() for _ in range(2)]}
        assert told[1]["data"]["data"][0]["type"] == "hot"
        assert (told[2]["count"], told[2]["cmdUpdateType"]) == (1, "ALARM_COUNT_DATA")
        await asyncio.to_thread(client.post, f"/api/alarm/{alarm}/ack")
        assert (await watcher.next())["update"][0]["status"] == "ACTIVE_ACK"
        await asyncio.to_thread(client.post, f"/api/alarm/{alarm}/clear")
        told = {message["cmdId"]: message for message in [await watcher.next() for _ in range(2)]}
        assert (told[1]["data"]["totalElements"], told[2]["count"]) == (0, 0)

    _play(sandbox, scene)


def test_older_form_of_commands(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    async def scene(watcher: Watcher) -> None:
        series = {**_of(meter, "", 1), "keys": "t"}
        attributes = {**_of(meter, "", 2), "scope": "SERVER_SCOPE"}
        del series["type"], attributes["type"]
        await watcher.socket.send_json({"tsSubCmds": [series], "attrSubCmds": [attributes]})
        assert [(await watcher.next())["subscriptionId"] for _ in range(2)] == [1, 2]
        await watcher.socket.send_json({"entityDataCmds": [{"cmdId": 3, "query": _query()}]})
        assert (await watcher.next())["cmdUpdateType"] == "ENTITY_DATA"

    _play(sandbox, scene, f"/api/ws/plugins/telemetry?token={_jwt(client)}")


def test_client_that_does_not_read_is_closed(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ws_server, "MAX_UNSENT", 2)

    async def scene(watcher: Watcher) -> None:
        await watcher.send(*(_data(number) for number in range(5)), token=_jwt(client))
        kinds = [(await watcher.socket.receive(_SECONDS)) for _ in range(2)]
        assert kinds[-1].type is aiohttp.WSMsgType.CLOSE
        assert kinds[-1].data == 1008

    _play(sandbox, scene)


def test_stopping_ends_open_sockets_and_sessions(client: Client) -> None:
    with Sandbox() as sandbox, Client(sandbox) as own:
        device = Device(sandbox, own.token_of(own.device("PM-1")))

        async def scene(watcher: Watcher) -> None:
            await watcher.send(_data(), token=_jwt(own))
            await watcher.next()
            await asyncio.to_thread(sandbox.stop)
            message = await watcher.socket.receive(_SECONDS)
            assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)

        _play(sandbox, scene)
        assert device.is_closed()
        device.leave()
