"""Repeats a version's recordings on a real server: `python -m tests.contract.again URL MQTT-PORT 4.0.1`.

The answers become the recordings of the server's own version (`http`, `resources`); where they agree with the
repeated ones, they are written as those are. Of the live events it prints those that differ. Everything
happens in tenants of their own, which are deleted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import aiohttp

from tests.contract.live import LiveReplay, read_events
from tests.contract.meters import Meters
from tests.contract.notes import RECORDINGS, general, name_of, starting_values
from tests.contract.replay import LIMITED, Exchange, Replay, read_recording
from tests.real.tenants import SYSTEM_ADMINISTRATOR, Hand, Tenant, hand_of, tenant_of

_LIMIT = "5:1"
# A first message may be slow on a busy server; that nothing more comes is seen after the second number.
_SECONDS = (5.0, 2.0)
# How long a reading may lag behind what was sent.
_LAG_SECONDS = 3.0


def repeat(tenant: Tenant, what: str, version: str, mqtt_port: int) -> list[dict[str, Any]]:
    """Return the lines of a recording that asks what another version's recording asks."""
    replay = Replay(tenant.url, {**starting_values(tenant), "customer_email": f"garage@{tenant.title}.test"})
    lines = []
    with Hand(tenant.url, *SYSTEM_ADMINISTRATOR) as system, _limit(system, tenant) as set_limit:
        replay.values["sysadmin_token"] = system.token
        meters = Meters(mqtt_port, replay, *_SECONDS)
        for exchange in read_recording(RECORDINGS / name_of(version, what)):
            limited = LIMITED.fullmatch(exchange.step)
            if (limited and limited[1]) in (None, "1"):
                set_limit(limited is not None)
            if exchange.step == "login as a customer user":
                _customer_user(tenant, replay.values)
            is_device = exchange.request["method"] == "MQTT"
            lines.append(_line(exchange, meters.seen(exchange) if is_device else _answered(replay, exchange)))
            if is_device:
                response = lines[-1]["response"]
                lines[-1]["response"] = written(replay, exchange.response, response)
        meters.stop()
    return lines


def _line(exchange: Exchange, response: dict[str, Any]) -> dict[str, Any]:
    return {
        "step": exchange.step,
        "auth": exchange.auth,
        "request": exchange.request,
        "response": response,
        "capture": exchange.capture,
    }


def _answered(replay: Replay, exchange: Exchange) -> dict[str, Any]:
    """Return the answer to one request, asked again while it may still become the recorded one."""
    request = {**exchange.request}
    if request["method"] == "GET" or request["path"].startswith("/api/entitiesQuery"):
        # The server works on what was sent before; the sandbox is done when it answers.
        request["patience_s"] = max(_LAG_SECONDS, float(request.get("patience_s", 0)))
    differences = replay.run(replace(exchange, request=request))
    assert replay.last is not None
    answer, body = replay.last
    if not differences:
        return dict(exchange.response)
    print(f"  {exchange.step}: {'; '.join(differences[:3])}")
    recorded = exchange.response
    headers = {name: answer.headers.get(name) for name in recorded.get("headers") or ()}
    return {
        "status": answer.status_code,
        "content_type": answer.headers.get("Content-Type"),
        **({"headers": headers} if headers else {}),
        "body": written(replay, recorded.get("body"), body),
    }


def written(replay: Replay, recorded: Any, value: Any, key: str = "") -> Any:
    """Return a value with placeholders: as it is recorded where it agrees, else made from what is known."""
    if recorded is not None and not replay.compare(recorded, value):
        return recorded
    if isinstance(value, dict):
        known = recorded if isinstance(recorded, dict) else {}
        fallback = general(value, replay.values)
        return {
            name: written(replay, known[name], each, name) if name in known else fallback[name]
            for name, each in value.items()
        }
    if isinstance(value, list):
        rows = recorded if isinstance(recorded, list) else []
        return [_row(replay, rows, place, each) for place, each in enumerate(value)]
    return general(value, replay.values, key)


def _row(replay: Replay, rows: list[Any], place: int, value: Any) -> Any:
    like = next((row for row in rows if not replay.compare(row, value)), None)
    return written(replay, like or (rows[place] if place < len(rows) else None), value)


@contextmanager
def _limit(system: Hand, tenant: Tenant) -> Iterator[Callable[[bool], None]]:
    """Have a switch for a limit of five requests a second."""
    usual = system.get(f"/api/tenant/{tenant.id}")["tenantProfileId"]
    profile = system.get(f"/api/tenantProfile/{usual['id']}")
    data = {**profile["profileData"]}
    data["configuration"] = {**data["configuration"], "tenantServerRestLimitsConfiguration": _LIMIT}
    body = {"name": f"limited-{tenant.title}", "profileData": data}
    limited = system.post("/api/tenantProfile", body)["id"]
    state = False

    def switch(on: bool) -> None:
        nonlocal state
        if on is not state:
            state = on
            found = system.get(f"/api/tenant/{tenant.id}")
            system.post("/api/tenant", {**found, "tenantProfileId": limited if on else usual})
            time.sleep(2.0)

    try:
        yield switch
    finally:
        switch(False)
        system.delete(f"/api/tenantProfile/{limited['id']}")


def _customer_user(tenant: Tenant, values: dict[str, str]) -> None:
    """Give the recording's customer a user, and activate it; this is not recorded."""
    with hand_of(tenant) as hand:
        owner = {"entityType": "CUSTOMER", "id": values["customer_id"]}
        body = {"email": values["customer_email"], "authority": "CUSTOMER_USER", "customerId": owner}
        user = hand.post("/api/user?sendActivationMail=false", body)
        token = hand.get(f"/api/user/{user['id']['id']}/activationLink").partition("activateToken=")[2]
        hand.post("/api/noauth/activate", {"activateToken": token, "password": tenant.password})


async def _live(tenant: Tenant, hand: Hand, version: str, mqtt_port: int) -> LiveReplay:
    devices = [hand.post("/api/device", {"name": name})["id"]["id"] for name in ("WS-1", "WS-2")]
    token = hand.get(f"/api/device/{devices[0]}/credentials")["credentialsId"]
    values = {"device_id": devices[0], "device2_id": devices[1], "token": token, "jwt": hand.token}
    async with aiohttp.ClientSession() as http:
        replay = LiveReplay(tenant.url, mqtt_port, values, http, settle=0.5)
        await replay.run(read_events(RECORDINGS / name_of(version, "live")))
        return replay


def _main(url: str, mqtt_port: int, version: str) -> None:
    for what in ("http", "resources"):
        with tenant_of(url, title=f"again-{uuid.uuid4().hex[:8]}") as tenant:
            print(f"{what} of {tenant.version} as {version} was asked")
            lines = repeat(tenant, what, version, mqtt_port)
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (RECORDINGS / name_of(tenant.version, what)).write_text(text, encoding="utf-8")
    with tenant_of(url) as tenant, hand_of(tenant) as hand:
        replay = asyncio.run(_live(tenant, hand, version, mqtt_port))
    print(f"live: {len(replay.agreeing)} agree, {len(replay.extras)} more")
    for expected, actual in replay.differing:
        print(f"  {json.dumps(expected)}\n  -> {json.dumps(actual)}")


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
