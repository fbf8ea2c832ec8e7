"""A WebSocket for tests, and the commands that are sent over it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import requests

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

SECONDS = 60.0
Scene = Callable[["Watcher"], Awaitable[None]]


class Watcher:
    """An open WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, *commands: dict[str, Any], token: str | None = None) -> None:
        """Send commands, and a login when there is a token."""
        login = {} if token is None else {"authCmd": {"cmdId": 0, "token": token}}
        await self.socket.send_json({**login, "cmds": list(commands)})

    async def next(self, seconds: float = SECONDS) -> dict[str, Any]:
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
        message = await self.socket.receive(SECONDS)
        assert message.type is aiohttp.WSMsgType.CLOSE, message
        return int(message.data), message.extra


def play(sandbox: Sandbox, scene: Scene, path: str = "/api/ws") -> None:
    """Open a WebSocket and let the scene happen on it."""

    async def play() -> None:
        async with aiohttp.ClientSession() as http, http.ws_connect(sandbox.url + path) as socket:
            await scene(Watcher(socket))

    asyncio.run(play())


def jwt_of(client: Client) -> str:
    """Return the token of a client."""
    return str(client.session.headers["X-Authorization"]).removeprefix("Bearer ")


def of_entity(device: dict[str, Any], kind: str, identifier: int = 1, **more: Any) -> dict[str, Any]:
    """Return a command about one device."""
    return {
        "cmdId": identifier,
        "type": kind,
        "entityType": "DEVICE",
        "entityId": device["id"]["id"],
        **more,
    }


def query_of_devices(**more: Any) -> dict[str, Any]:
    """Return a query of every device, by name."""
    order = {"key": {"type": "ENTITY_FIELD", "key": "name"}, "direction": "ASC"}
    return {
        "entityFilter": {"type": "entityType", "entityType": "DEVICE"},
        "pageLink": {"pageSize": 10, "page": 0, "sortOrder": order},
        "entityFields": [{"type": "ENTITY_FIELD", "key": "name"}],
        "latestValues": [],
        **more,
    }


def entity_data(identifier: int = 1, **more: Any) -> dict[str, Any]:
    """Return an ENTITY_DATA command."""
    return {"cmdId": identifier, "type": "ENTITY_DATA", "query": query_of_devices(), **more}


def latest_of(*keys: tuple[str, str]) -> dict[str, Any]:
    """Return keys as latestCmd has them."""
    return {"keys": [{"type": kind, "key": key} for kind, key in keys]}


def post_series(client: Client, meter: dict[str, Any], **values: Any) -> None:
    """Post values over REST; safe beside the client in another thread."""
    url = f"{client.url}/api/plugins/telemetry/DEVICE/{meter['id']['id']}/timeseries/ANY"
    ts = values.pop("ts", None)
    body = values if ts is None else {"ts": ts, "values": values}
    requests.post(url, json=body, headers=dict(client.session.headers), timeout=60).raise_for_status()
