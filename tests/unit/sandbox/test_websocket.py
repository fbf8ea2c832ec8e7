"""Subscriptions of the WebSocket, and what updates carry."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import requests

from papaya.sandbox import Sandbox
from papaya.sandbox.websocket import server as ws_server
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import ATTRIBUTES, TELEMETRY, Device
from tests.unit.sandbox.watcher import (
    Watcher,
    entity_data,
    jwt_of,
    latest_of,
    of_entity,
    play,
    post_series,
    query_of_devices,
)

START = 1763900000000


def test_series_of_one_device(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    async def scene(watcher: Watcher) -> None:
        post_series(client, meter, ts=START, t=1.5, hidden=1)
        await watcher.send(of_entity(meter, "TIMESERIES", keys="t,none"), token=jwt_of(client))
        first = await watcher.next()
        assert first["data"]["t"] == [[START, "1.5"]]
        assert first["data"]["none"][0][1] is None
        await asyncio.to_thread(post_series, client, meter, ts=START + 1, hidden=2)
        await asyncio.to_thread(post_series, client, meter, ts=START + 2, t=2)
        update = await watcher.next()
        assert (update["data"], update["latestValues"]) == ({"t": [[START + 2, "2"]]}, {"t": START + 2})
        await watcher.send(of_entity(meter, "TIMESERIES", unsubscribe=True))
        await watcher.send(of_entity(meter, "TIMESERIES", 2))
        assert (await watcher.next())["data"].keys() == {"t", "hidden"}
        await asyncio.to_thread(post_series, client, meter, new="x")
        assert (await watcher.next())["subscriptionId"] == 2

    play(sandbox, scene)


def test_series_begin_with_a_window_and_history_is_told_once(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    async def scene(watcher: Watcher) -> None:
        for second in range(4):
            post_series(client, meter, ts=START + second * 1000, t=second)
        window: dict[str, Any] = {"keys": "t", "startTs": START, "timeWindow": 3000}
        await watcher.send(of_entity(meter, "TIMESERIES", **window), token=jwt_of(client))
        expected = [[START + 2000, "2"], [START + 1000, "1"], [START, "0"]]
        assert (await watcher.next())["data"] == {"t": expected}
        window = {"keys": "t", "startTs": START, "endTs": START + 4000, "agg": "SUM", "interval": 2000}
        await watcher.send(of_entity(meter, "TIMESERIES_HISTORY", 2, **window))
        assert (await watcher.next())["data"] == {"t": [[START + 1000, "1"], [START + 3000, "5"]]}

    play(sandbox, scene)


def test_attributes_from_every_side(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    async def scene(watcher: Watcher) -> None:
        server = of_entity(meter, "ATTRIBUTES", 1, scope="SERVER_SCOPE", keys="active,bays")
        anything = of_entity(meter, "ATTRIBUTES", 2, keys="bays,firmware,interval")
        await watcher.send(server, anything, token=jwt_of(client))
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

    play(sandbox, scene)


def test_updates_come_from_mqtt_and_the_device_api(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    token = client.token_of(meter)

    async def scene(watcher: Watcher) -> None:
        await watcher.send(entity_data(latestCmd=latest_of(("TIME_SERIES", "t"))), token=jwt_of(client))
        first = (await watcher.next())["data"]["data"][0]
        assert first["latest"]["TIME_SERIES"] == {"t": {"ts": 0, "value": ""}}
        with await asyncio.to_thread(Device, sandbox, token) as device:
            await asyncio.to_thread(device.publish, TELEMETRY, {"ts": START, "values": {"t": 1}})
        update = (await watcher.next())["update"][0]
        assert update["latest"] == {"TIME_SERIES": {"t": {"ts": START, "value": "1"}}}
        url = f"{client.url}/api/v1/{token}/telemetry"
        body = {"ts": START + 1, "values": {"t": 25.0}}
        await asyncio.to_thread(requests.post, url, json=body, timeout=60)
        update = (await watcher.next())["update"][0]
        assert update["latest"] == {"TIME_SERIES": {"t": {"ts": START + 1, "value": "25.0"}}}

    play(sandbox, scene)


def test_older_and_equal_values_are_no_news_of_the_latest(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    async def scene(watcher: Watcher) -> None:
        post_series(client, meter, ts=START, t=1)
        await watcher.send(entity_data(latestCmd=latest_of(("TIME_SERIES", "t"))), token=jwt_of(client))
        await watcher.next()
        for ts in (START - 1, START):
            await asyncio.to_thread(post_series, client, meter, ts=ts, t=1)
        assert await watcher.nothing()
        await asyncio.to_thread(post_series, client, meter, ts=START, t=2)
        assert (await watcher.next())["update"][0]["latest"]["TIME_SERIES"]["t"]["value"] == "2"

    play(sandbox, scene)


def test_latest_and_series_of_a_query(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    async def scene(watcher: Watcher) -> None:
        post_series(client, meter, ts=START, t=1)
        series = {"keys": ["t"], "startTs": START, "timeWindow": 5000, "limit": 10, "agg": "NONE"}
        latest = latest_of(("ATTRIBUTE", "bays"), ("SERVER_ATTRIBUTE", "active"), ("ENTITY_FIELD", "name"))
        await watcher.send(entity_data(latestCmd=latest, tsCmd=series), token=jwt_of(client))
        page = (await watcher.next())["data"]
        assert (page["totalElements"], page["hasNext"]) == (1, False)
        assert page["data"][0]["latest"]["SERVER_ATTRIBUTE"]["active"]["value"] == "false"
        rows = (await watcher.next())["update"]
        assert rows[0]["timeseries"] == {"t": [{"ts": START, "value": "1"}]}
        await asyncio.to_thread(client.set_attributes, meter, {"bays": 3})
        update = (await watcher.next())["update"][0]
        assert update["latest"]["ATTRIBUTE"]["bays"]["value"] == "3"
        await asyncio.to_thread(post_series, client, meter, ts=START - 1, t=0)
        update = (await watcher.next())["update"][0]
        assert (update["latest"], update["timeseries"]) == (None, {"t": [{"ts": START - 1, "value": "0"}]})
        await watcher.send({"cmdId": 1, "type": "ENTITY_DATA_UNSUBSCRIBE"})
        await asyncio.to_thread(post_series, client, meter, t=5)
        assert await watcher.nothing()

    play(sandbox, scene)


def test_command_without_a_query_adds_to_the_earlier_one(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    async def scene(watcher: Watcher) -> None:
        post_series(client, meter, ts=START, t=1)
        await watcher.send(entity_data(), token=jwt_of(client))
        assert (await watcher.next())["data"]["totalElements"] == 1
        past = {"keys": ["t"], "startTs": START, "endTs": START + 1, "limit": 10, "agg": "NONE"}
        await watcher.send({"cmdId": 1, "type": "ENTITY_DATA", "historyCmd": past})
        assert (await watcher.next())["update"][0]["timeseries"]["t"] == [{"ts": START, "value": "1"}]

    play(sandbox, scene)


def test_membership_is_settled_unless_the_page_is_dynamic(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ws_server, "REFRESH_SECONDS", 0.1)
    dynamic = query_of_devices(pageLink={"pageSize": 10, "page": 0, "dynamic": True})
    counted = {"cmdId": 3, "type": "ENTITY_COUNT", "query": query_of_devices()}

    async def scene(watcher: Watcher) -> None:
        await watcher.send(entity_data(1), entity_data(2, query=dynamic), counted, token=jwt_of(client))
        for _ in range(3):
            await watcher.next()
        await asyncio.to_thread(client.device, "PM-2")
        page = await watcher.next()
        assert (page["cmdId"], page["data"]["totalElements"]) == (2, 2)
        count = await watcher.next()
        assert (count["cmdId"], count["count"], count["cmdUpdateType"]) == (3, 2, "COUNT_DATA")
        assert await watcher.nothing()

    play(sandbox, scene)


def test_customer_sees_its_own_devices_alone(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    customer = client.post("/api/customer", {"title": "Garage"})["id"]["id"]
    sandbox.add_customer_user(customer, "garage@papaya.test", "secret")
    own = client.device("PM-2", customerId={"entityType": "CUSTOMER", "id": customer})

    async def scene(watcher: Watcher) -> None:
        await watcher.send(
            entity_data(),
            of_entity(meter, "TIMESERIES", 2),
            of_entity(own, "TIMESERIES", 3),
            token=jwt_of(guest),
        )
        page = (await watcher.next())["data"]["data"]
        assert [row["entityId"]["id"] for row in page] == [own["id"]["id"]]
        assert [(await watcher.next())["errorCode"] for _ in range(2)] == [3, 0]

    with Client(sandbox, "garage@papaya.test", "secret") as guest:
        play(sandbox, scene)


def test_alarms(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    link = {"pageSize": 10, "page": 0, "statusList": ["ACTIVE"], "timeWindow": 86_400_000}
    page = {"cmdId": 1, "type": "ALARM_DATA", "query": query_of_devices(pageLink=link, alarmFields=[])}
    count = {"cmdId": 2, "type": "ALARM_COUNT", "query": {"statusList": ["ACTIVE"]}}

    async def scene(watcher: Watcher) -> None:
        await watcher.send(page, count, token=jwt_of(client))
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

    play(sandbox, scene)


def test_of_alarms_that_come_at_once_the_first_are_told_and_without_a_window_none(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    def page(number: int, window: int) -> dict[str, Any]:
        link = {"pageSize": 100, "page": 0, "statusList": ["ACTIVE"], "timeWindow": window}
        query = query_of_devices(pageLink=link, alarmFields=[])
        return {"cmdId": number, "type": "ALARM_DATA", "query": query}

    async def scene(watcher: Watcher) -> None:
        await watcher.send(page(1, 86_400_000), page(2, 0), token=jwt_of(client))
        assert [(await watcher.next())["data"]["totalElements"] for _ in range(2)] == [0, 0]
        for number in range(12):
            body = {"originator": meter["id"], "type": f"hot {number}", "severity": "MAJOR"}
            alarm = (await asyncio.to_thread(client.post, "/api/alarm", body))["id"]["id"]
        told = [await watcher.next() for _ in range(10)]
        assert {one["cmdId"] for one in told} == {1}
        assert told[-1]["data"]["totalElements"] == 10
        # The last two are not told of by themselves, and so is what happens to them.
        await asyncio.to_thread(client.post, f"/api/alarm/{alarm}/ack")
        first = told[-1]["data"]["data"][-1]["id"]["id"]
        await asyncio.to_thread(client.post, f"/api/alarm/{first}/ack")
        assert (await watcher.next())["update"][0]["type"] == "hot 0"

    play(sandbox, scene)


def test_older_form_of_commands(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    async def scene(watcher: Watcher) -> None:
        series = {**of_entity(meter, "", 1), "keys": "t"}
        attributes = {**of_entity(meter, "", 2), "scope": "SERVER_SCOPE"}
        del series["type"], attributes["type"]
        await watcher.socket.send_json({"tsSubCmds": [series], "attrSubCmds": [attributes]})
        assert [(await watcher.next())["subscriptionId"] for _ in range(2)] == [1, 2]
        await watcher.socket.send_json({"entityDataCmds": [{"cmdId": 3, "query": query_of_devices()}]})
        assert (await watcher.next())["cmdUpdateType"] == "ENTITY_DATA"

    play(sandbox, scene, f"/api/ws/plugins/telemetry?token={jwt_of(client)}")


def test_latest_values_without_their_lists_are_refused_in_the_servers_words(
    sandbox: Sandbox, client: Client
) -> None:
    async def scene(watcher: Watcher) -> None:
        query = query_of_devices()
        del query["latestValues"]
        wanted = latest_of(("TIME_SERIES", "t"))
        await watcher.send(entity_data(7, query=query, latestCmd=wanted), token=jwt_of(client))
        told = await watcher.next()
        assert (told["subscriptionId"], told["errorCode"]) == (7, 1)
        assert "getLatestValues()" in told["errorMsg"]
        await watcher.send(entity_data(8, latestCmd={}))
        assert "LatestValueCmd.getKeys()" in (await watcher.next())["errorMsg"]

    play(sandbox, scene)
