"""Writes down what a real server answers: `python -m tests.contract.notes URL SCRIPT`.

SCRIPT is oddities, clients, accounts or reads. It makes a tenant of its own and deletes it. What differs
from run to run is replaced by placeholders.
"""

from __future__ import annotations

import json
import re
import sys
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.contract import accounts, clients, oddities, reads
from tests.contract.oddities import UNKNOWN, Ask
from tests.contract.replay import Exchange, Replay
from tests.real.tenants import Tenant, tenant_of

RECORDINGS = Path(__file__).parent / "recordings"
_TIMES = {"createdTime", "timestamp", "ts", "startTs", "endTs", "ackTs", "clearTs", "assignTs"}
_TIMES |= {"lastLoginTs", "lastVisited", "starredAt"}
_MS = re.compile(r"1[0-9]{12}")
# What the server writes in the place of no id.
_NOTHING = "13814000-1dd2-11b2-8080-808080808080"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GENERATED = re.compile(r"[0-9A-Za-z]{20}")
_SCRIPTS = {
    "oddities": oddities.everything,
    "clients": clients.everything,
    "accounts": accounts.everything,
    "reads": reads.everything,
}
# What is older was sent by the script itself.
_RECENT_MS = 86_400_000
_HASH = re.compile(r"[0-9a-f]{64}")
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")


def name_of(version: str, what: str = "oddities") -> str:
    """Return the name of a version's recording."""
    return f"thingsboard-{version}.{what}.jsonl"


def starting_values(tenant: Tenant) -> dict[str, str]:
    """Return what a recording and its replay begin with."""
    return {
        "tenant_id": tenant.id,
        "tenant_email": tenant.username,
        "tenant_password": tenant.password,
        "tenant_title": tenant.title,
        "base": tenant.url,
        "tag": f"t{uuid.uuid4().hex[:12]}",
    }


def write_down(tenant: Tenant, asks: Iterable[Ask]) -> list[dict[str, Any]]:
    """Return the lines of a recording."""
    replay = Replay(tenant.url, starting_values(tenant))
    return [_line(replay, ask) for ask in asks]


def _line(replay: Replay, ask: Ask) -> dict[str, Any]:
    exchange = Exchange(ask.step, ask.auth, ask.request(), {}, ask.capture)
    answer, body = replay.ask(exchange)
    response = {
        "status": answer.status_code,
        "content_type": answer.headers.get("Content-Type"),
        "body": general(body, replay.values),
    }
    return {
        "step": ask.step,
        "auth": ask.auth,
        "request": exchange.request,
        "response": response,
        "capture": dict(ask.capture),
    }


def general(value: Any, values: Mapping[str, str], key: str = "") -> Any:
    """Return an answer with placeholders for what differs from run to run."""
    if isinstance(value, dict):
        told = {name: general(each, values, name) for name, each in value.items()}
        # Relations are numbered over the whole server.
        return {**told, "version": "<number>"} if "typeGroup" in value else told
    if isinstance(value, list):
        return [general(each, values) for each in value]
    if key in _TIMES and _MS.fullmatch(str(value)) and abs(int(value) - time.time() * 1000) < _RECENT_MS:
        return "<ms>"
    if not isinstance(value, str):
        return value
    if _JWT.fullmatch(value):
        return "<jwt>"
    if key == "credentialsId" and _HASH.fullmatch(value):
        return "<hash>"
    if key == "credentialsId" and _GENERATED.fullmatch(value):
        return "<generated token>"
    for name, known in sorted(values.items(), key=lambda item: -len(item[1])):
        if len(known) > 3 and not name.endswith("_password"):
            value = value.replace(known, f"${{{name}}}")
    return "<uuid>" if _UUID.fullmatch(value) and value not in (UNKNOWN, _NOTHING) else value


if __name__ == "__main__":
    with tenant_of(sys.argv[1], title=f"odd-{uuid.uuid4().hex[:8]}") as own:
        what = sys.argv[2]
        lines = write_down(own, _SCRIPTS[what]())
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (RECORDINGS / name_of(own.version, what)).write_text(text, encoding="utf-8")
