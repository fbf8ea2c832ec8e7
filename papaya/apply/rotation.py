"""New access tokens and MQTT passwords for devices; a file with old and new says where it stands.

The file is complete before the first device changes. After a crash, the live credentials of a device say how
far it has come: they are the old ones, the new ones, or somebody else's.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from papaya.apply.breaker import Breaker
from papaya.engine.credentials import Proof, basic_proof
from papaya.engine.fingerprint import fingerprint
from papaya.engine.inventory import APPLIED_KEY, Applied, Scope
from papaya.engine.record import to_json
from papaya.errors import PapayaError
from papaya.manifest.model import Json

FORM = "papaya/rotation/v1"

Status = Literal["done", "foreign", "failed", "not attempted"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One device and its credentials before and after, both of one kind."""

    device: str
    id: str
    path: tuple[str, ...]
    old: Proof
    new: Proof


@dataclass(frozen=True, slots=True)
class Rotation:
    """Everything that a rotation is about to change, as its file holds it."""

    fleet: str
    server: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Turned:
    """What became of one device."""

    turn: Turn
    status: Status
    reason: str = ""


class AttributeWriter(Protocol):
    """What keeping the record needs of the server."""

    def set_attributes(
        self, kind: Literal["device"], id_: str, scope: Scope, values: Mapping[str, Json]
    ) -> None:
        """Write attributes."""


def to_text(rotation: Rotation) -> str:
    """Return the content of the file."""
    document: Json = {
        "form": FORM,
        "fleet": rotation.fleet,
        "server": rotation.server,
        "devices": [
            {
                "device": turn.device,
                "id": turn.id,
                "path": list(turn.path),
                "type": turn.old.kind,
                "old": _told(turn.old),
                "new": _told(turn.new),
            }
            for turn in rotation.turns
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def from_text(text: str) -> Rotation | None:
    """Return the rotation that a file holds, or None where it holds something else."""
    try:
        document = json.loads(text)
        if document["form"] != FORM:
            return None
        turns = tuple(
            Turn(
                str(row["device"]),
                str(row["id"]),
                tuple(row["path"]),
                _proof(row.get("type", "ACCESS_TOKEN"), row["old"]),
                _proof(row.get("type", "ACCESS_TOKEN"), row["new"]),
            )
            for row in document["devices"]
        )
        return Rotation(str(document["fleet"]), str(document["server"]), turns)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def rotated(proof: Proof, token: str) -> Proof | None:
    """Return fresh credentials of the same kind, or None where nothing of them is generated.

    A new token stands for an access token, or for the password beside an MQTT user name.
    """
    if proof.kind == "ACCESS_TOKEN":
        return Proof("ACCESS_TOKEN", token)
    client, user, _ = proof.login
    return basic_proof(client, user, token) if user else None


def _told(proof: Proof) -> Json:
    if proof.kind == "ACCESS_TOKEN":
        return proof.value
    client, user, password = proof.login
    return {"clientId": client, "username": user, "password": password}


def _proof(kind: str, told: Any) -> Proof:
    if kind == "ACCESS_TOKEN" and isinstance(told, str):
        return Proof("ACCESS_TOKEN", told)
    if kind == "MQTT_BASIC":
        return basic_proof(told["clientId"], told["username"], told["password"])
    raise ValueError(kind)


def carry_out(
    turns: Iterable[Turn],
    rotate: Callable[[str, Proof, Proof], bool],
    writer: AttributeWriter,
    records: Mapping[str, Applied],
    *,
    concurrency: int,
    reason_to_stop: Callable[[], str],
) -> Iterator[Turned]:
    """Yield what became of each device; `records` are those with a fingerprint of the token, by id."""
    ended: list[str] = []
    breaker = Breaker(max(1, concurrency))

    def end(error: PapayaError) -> None:
        ended.append(error.message)
        breaker.open()

    def turn_one(turn: Turn) -> Turned:
        try:
            with breaker.turn(end):
                reason = ended[0] if ended else reason_to_stop()
                if reason:
                    return Turned(turn, "not attempted", reason)
                if not _rotate(turn, rotate, writer, records.get(turn.id)):
                    return Turned(turn, "foreign", f"it has neither its old nor its new {_word(turn)}")
        except PapayaError as error:
            return Turned(turn, "failed", error.message)
        return Turned(turn, "done")

    with ThreadPoolExecutor(max(1, concurrency)) as pool:
        yield from pool.map(turn_one, turns)


def _rotate(
    turn: Turn, rotate: Callable[[str, Proof, Proof], bool], writer: AttributeWriter, record: Applied | None
) -> bool:
    """Give one device its new token; return whether it had the old one or has the new one already."""
    if record is not None:
        # As before every change of a token: after a crash the next plan reads the live one.
        _write(writer, turn, replace(record, token=None))
    if not rotate(turn.id, turn.old, turn.new):
        return False
    if record is not None:
        _write(writer, turn, replace(record, token=fingerprint(turn.new.fingerprinted, secrets.token_hex(4))))
    return True


def _word(turn: Turn) -> str:
    return "token" if turn.old.kind == "ACCESS_TOKEN" else "password"


def _write(writer: AttributeWriter, turn: Turn, record: Applied) -> None:
    values: dict[str, Json] = {APPLIED_KEY: to_json(record)}
    writer.set_attributes("device", turn.id, "SERVER_SCOPE", values)
