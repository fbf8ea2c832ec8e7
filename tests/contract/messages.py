"""Writes down what a server makes of odd messages: `python -m tests.contract.messages URL MQTT-PORT`.

Each session and each payload has a device of its own. What is kept of a case: the packets or the answer that
the device received, and what the server has stored of it in the end.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from tests.contract.notes import RECORDINGS, name_of
from tests.contract.packets import RawClient, Told
from tests.contract.payloads import PAYLOADS
from tests.contract.sessions import ATTRIBUTES, PING, Step, sessions
from tests.real.tenants import Hand, hand_of, tenant_of

Outcome = dict[str, Any]
_TELEMETRY_PATH = "/api/plugins/telemetry/DEVICE"
_RECENT_MS = 86_400_000
_PATIENCE = 10.0
_HTTP, _MQTT = "telemetry over HTTP: ", "attributes over MQTT: "
# The parser's own words.
_PARSER = ("com.google.gson.", "java.io.", "Required request body")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where cases happen: a tenant, its MQTT port, and how long silence means that nothing more comes."""

    hand: Hand
    port: int
    quiet: float

    def run(self, name: str, recorded: Outcome | None = None) -> tuple[str, Outcome]:
        """Let a case happen; return the device's id and what it was told."""
        device = self.hand.post("/api/device", {"name": f"{name[:80]} {uuid.uuid4()}".replace("\0", "0")})
        number = str(device["id"]["id"])
        token = str(self.hand.get(f"/api/device/{number}/credentials")["credentialsId"])
        if name.startswith(_HTTP):
            return number, {"told": self._post(token, PAYLOADS[name.removeprefix(_HTTP)])}
        if name.startswith(_MQTT):
            payload = PAYLOADS[name.removeprefix(_MQTT)]
            steps: tuple[Step, ...] = (Step("connect", ("TOKEN",)), Step("publish", (ATTRIBUTES, payload)))
        else:
            steps = sessions()[name]
        told = self._play(steps, number, token, (recorded or {}).get("told"), five=name.endswith("MQTT 5"))
        return number, {"told": told}

    def _post(self, token: str, payload: str | bytes) -> list[Any]:
        data = payload.encode() if isinstance(payload, str) else payload
        headers = {"Content-Type": "application/json"}
        url = f"{self.hand.url}/api/v1/{token}/telemetry"
        answer = requests.post(url, data=data, headers=headers, timeout=120)
        if answer.headers.get("Content-Type") == "application/json":
            body = answer.json()
            text = f"{body['errorCode']}: {body['message']}"
        else:
            text = answer.text
        known = next((start for start in _PARSER if start in text), None)
        return [answer.status_code, answer.headers.get("Content-Type"), known or text]

    def _play(
        self, steps: Iterable[Step], device: str, token: str, recorded: list[Told] | None, *, five: bool
    ) -> list[Told]:
        client = RawClient(self.port, five=five)
        told: list[Told] = []
        try:
            for number, step in enumerate(steps):
                if step.what == "again":
                    client.close()
                    client = RawClient(self.port, five=five)
                    told.append([])
                    continue
                self._do(client, step, device, token)
                told.append(self._told(client, step, None if recorded is None else len(recorded[number])))
                if client.is_closed:
                    break
        finally:
            client.close()
        return told

    def _told(self, client: RawClient, step: Step, least: int | None) -> Told:
        if least is None:
            # A busy server answers late, and always answers a ping.
            return client.told(self.quiet, int(step == PING), _PATIENCE)
        return client.told(0.01 if least else self.quiet, least)

    def _do(self, client: RawClient, step: Step, device: str, token: str) -> None:
        path = f"{_TELEMETRY_PATH}/{device}"
        if step.what == "rest":
            self.hand.post(f"{path}/{step.given[0]}", step.given[1])
        elif step.what == "unrest":
            self.hand.delete(f"{path}/SHARED_SCOPE?keys={step.given[0]}")
        elif step.what == "rpc":
            self.hand.post(f"/api/rpc/oneway/{device}", step.given[0])
        else:
            given = [_with_token(each, token) for each in step.given]
            named = {name: _with_token(each, token) for name, each in step.named.items()}
            getattr(client, step.what)(*given, **named)

    def stored(self, device: str) -> Outcome:
        """Return a device's values and client attributes; a time that is about now is `<ms>`."""
        path = f"{_TELEMETRY_PATH}/{device}/values"
        series = self.hand.get(f"{path}/timeseries", useStrictDataTypes="true")
        attributes = self.hand.get(f"{path}/attributes/CLIENT_SCOPE")
        return {
            "series": {key: _point(points[0]) for key, points in series.items()},
            "attributes": {each["key"]: each["value"] for each in attributes},
        }


def _with_token(value: Any, token: str) -> Any:
    return value.replace("TOKEN", token) if isinstance(value, str) else value


def _point(point: Mapping[str, Any]) -> list[Any]:
    is_new = abs(point["ts"] - time.time() * 1000) < _RECENT_MS
    return ["<ms>" if is_new else point["ts"], point["value"]]


def cases() -> list[str]:
    """Return the names of all cases."""
    payloads = [f"{way}{name}" for way in (_HTTP, _MQTT) for name in PAYLOADS]
    return [*sessions(), *payloads]


def happen(
    stage: Stage, recorded: Mapping[str, Outcome], *, at_once: int, settle: float
) -> dict[str, Outcome]:
    """Let all cases happen, some at once, and return what came of each."""
    names = cases()
    with ThreadPoolExecutor(at_once) as pool:
        found = list(pool.map(lambda name: stage.run(name, recorded.get(name)), names))
        time.sleep(settle)
        kept = list(pool.map(lambda pair: stage.stored(pair[0]), found))
    return {name: {**told, **stored} for name, (_, told), stored in zip(names, found, kept, strict=True)}


def _record(url: str, port: int) -> None:
    with tenant_of(url, title=f"odd-{uuid.uuid4().hex[:8]}") as own, hand_of(own) as hand:
        found = happen(Stage(hand, port, 1.5), {}, at_once=24, settle=5.0)
        lines = [json.dumps({"case": name, **told}, ensure_ascii=False) for name, told in found.items()]
        path = RECORDINGS / name_of(own.version, "messages")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(version: str) -> dict[str, Outcome]:
    """Return what was recorded with a version, by case."""
    text = (RECORDINGS / name_of(version, "messages")).read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    return {line.pop("case"): line for line in lines}


if __name__ == "__main__":
    _record(sys.argv[1], int(sys.argv[2]))
