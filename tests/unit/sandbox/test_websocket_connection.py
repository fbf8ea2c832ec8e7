"""Connections of the WebSocket: logins, nonsense, and what closes them."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from papaya.sandbox import Sandbox
from papaya.sandbox.websocket import server as ws_server
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import Device
from tests.unit.sandbox.watcher import (
    SECONDS,
    Watcher,
    entity_data,
    jwt_of,
    of_entity,
    play,
)


@pytest.mark.parametrize(
    ("path", "first", "closing"),
    [
        ("/api/ws", {"cmds": []}, (1008, "Auth cmd is missing")),
        ("/api/ws", [], (1008, "Auth cmd is missing")),
        ("/api/ws", {"authCmd": {"cmdId": 0, "token": "x"}}, (1007, "Invalid JWT token: ")),
        ("/api/ws", {"authCmd": {"cmdId": 0}}, (1007, "Token is invalid")),
        ("/api/ws?token=x", None, (1011, "Invalid JWT token: ")),
        ("/api/ws/plugins/telemetry?token=x", None, (1011, "Invalid JWT token: ")),
    ],
)
def test_refused_logins(sandbox: Sandbox, path: str, first: Any, closing: tuple[int, str]) -> None:
    async def scene(watcher: Watcher) -> None:
        if first is not None:
            await watcher.socket.send_json(first)
        assert await watcher.closing() == closing

    play(sandbox, scene, path)


def test_expired_token_is_refused() -> None:
    with Sandbox(access_token_seconds=-1.0) as sandbox, Client(sandbox) as client:

        async def scene(watcher: Watcher) -> None:
            await watcher.send(token=jwt_of(client))
            assert await watcher.closing() == (1007, "JWT Token expired")

        play(sandbox, scene)


def test_silent_client_is_closed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws_server, "AUTH_SECONDS", 0.1)

    async def scene(watcher: Watcher) -> None:
        assert (await watcher.closing())[0] == 1008

    play(sandbox, scene)


def test_client_without_pongs_is_closed(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ws_server, "PING_SECONDS", 0.05)
    monkeypatch.setattr(ws_server, "PONG_SECONDS", 2.0)

    async def play(autoping: bool) -> aiohttp.WSMsgType | None:
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"{sandbox.url}/api/ws", autoping=autoping) as socket,
        ):
            await Watcher(socket).send(token=jwt_of(client))
            try:
                async with asyncio.timeout(3 if autoping else SECONDS):
                    while (kind := (await socket.receive()).type) is aiohttp.WSMsgType.PING:
                        pass
            except TimeoutError:
                return None
            return kind

    assert asyncio.run(play(True)) is None
    assert asyncio.run(play(False)) is aiohttp.WSMsgType.CLOSE


def test_long_frames_are_refused(sandbox: Sandbox, client: Client) -> None:
    async def scene(watcher: Watcher) -> None:
        await watcher.send(of_entity({"id": {"id": "x" * 33_000}}, "TIMESERIES"), token=jwt_of(client))
        assert (await watcher.closing())[0] == 1009

    play(sandbox, scene)


def test_nonsense_is_answered_or_passed_over(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    async def scene(watcher: Watcher) -> None:
        await watcher.send(token=jwt_of(client))
        await watcher.socket.send_str("{broken")
        answer = await watcher.next()
        assert (answer["subscriptionId"], answer["errorCode"]) == (1, 2)
        await watcher.send({"cmdId": 5, "type": "ENTITY_DATA"}, entity_data(-1))
        for identifier, message in ((5, "Query is empty!"), (-1, "Cmd id is negative value!")):
            answer = await watcher.next()
            expected = (identifier, 2, message)
            assert (answer["cmdId"], answer["errorCode"], answer["errorMsg"]) == expected
        await watcher.send({"cmdId": 6, "type": "TIMESERIES", "entityType": "DEVICE"})
        assert (await watcher.next())["errorMsg"] == "Device id is empty!"

    play(sandbox, scene)


def test_client_that_does_not_read_is_closed(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ws_server, "MAX_UNSENT", 2)

    async def scene(watcher: Watcher) -> None:
        await watcher.send(*(entity_data(number) for number in range(5)), token=jwt_of(client))
        kinds = [(await watcher.socket.receive(SECONDS)) for _ in range(2)]
        assert kinds[-1].type is aiohttp.WSMsgType.CLOSE
        assert kinds[-1].data == 1008

    play(sandbox, scene)


def test_stopping_ends_open_sockets_and_sessions(client: Client) -> None:
    with Sandbox() as sandbox, Client(sandbox) as own:
        device = Device(sandbox, own.token_of(own.device("PM-1")))

        async def scene(watcher: Watcher) -> None:
            await watcher.send(entity_data(), token=jwt_of(own))
            await watcher.next()
            await asyncio.to_thread(sandbox.stop)
            message = await watcher.socket.receive(SECONDS)
            assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)

        play(sandbox, scene)
        assert device.is_closed()
        device.leave()


@pytest.mark.parametrize(
    "frame",
    [
        {"cmds": [{"cmdId": 7, "type": "NONSENSE"}]},
        {"cmds": [{"cmdId": 7}]},
        {"cmds": [{"cmdId": "x", "type": "TIMESERIES"}]},
        {"cmds": 5},
        {"cmds": [5]},
        {"tsSubCmds": "x"},
        {"nonsense": [1]},
    ],
)
def test_a_frame_that_cannot_be_read_is_answered_and_nothing_of_it_is_done(
    sandbox: Sandbox, client: Client, frame: dict[str, Any]
) -> None:
    async def scene(watcher: Watcher) -> None:
        await watcher.send(token=jwt_of(client))
        await watcher.socket.send_json(frame)
        answer = await watcher.next()
        assert (answer["errorCode"], answer["errorMsg"]) == (2, "Failed to parse the payload")
        count = {"query": {"entityFilter": {"type": "entityType", "entityType": "DEVICE"}}}
        await watcher.send({"cmdId": 8, "type": "ENTITY_COUNT", **count})
        assert (await watcher.next())["cmdId"] == 8

    play(sandbox, scene)


def test_a_login_beside_an_unknown_command_closes_the_connection(sandbox: Sandbox, client: Client) -> None:
    async def scene(watcher: Watcher) -> None:
        await watcher.send({"cmdId": 1, "type": "NONSENSE"}, token=jwt_of(client))
        code, reason = await watcher.closing()
        assert code == 1007
        assert str(reason).startswith("The given string value cannot be transformed to Json object: ")

    play(sandbox, scene)


def test_commands_that_the_sandbox_lacks_are_answered_under_their_number(
    sandbox: Sandbox, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(watcher: Watcher) -> None:
        await watcher.send(token=jwt_of(client))
        await watcher.send({"cmdId": 3, "type": "NOTIFICATIONS", "limit": 10})
        answer = await watcher.next()
        assert answer["cmdId"] == 3
        assert "WebSocket commands of type NOTIFICATIONS" in answer["errorMsg"]

    play(sandbox, scene)
    assert "commands of type NOTIFICATIONS (asked by 127.0.0.1:" in caplog.text
