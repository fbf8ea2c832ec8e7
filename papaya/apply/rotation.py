"""New access tokens for devices that have generated ones; a file with old and new says where it stands.

The file is complete before the first token changes. After a crash, each live token says how far its device
has come: it is the old one, the new one, or somebody else's.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from papaya.apply.breaker import Breaker
from papaya.engine.fingerprint import fingerprint
from papaya.engine.inventory import APPLIED_KEY, Applied, Scope
from papaya.engine.record import to_json
from papaya.errors import PapayaError
from papaya.manifest.model import Json

FORM = "papaya/rotation/v1"

Status = Literal["done", "foreign", "failed", "not attempted"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One device and its tokens before and after."""

    device: str
    id: str
    path: tuple[str, ...]
    old: str = field(repr=False)
    new: str = field(repr=False)


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
            {"device": turn.device, "id": turn.id, "path": list(turn.path), "old": turn.old, "new": turn.new}
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
            Turn(str(row["device"]), str(row["id"]), tuple(row["path"]), str(row["old"]), str(row["new"]))
            for row in document["devices"]
        )
        return Rotation(str(document["fleet"]), str(document["server"]), turns)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def carry_out(
    turns: Iterable[Turn],
    rotate: Callable[[str, str, str], bool],
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
                    return Turned(turn, "foreign", "it has neither its old nor its new token")
        except PapayaError as error:
            return Turned(turn, "failed", error.message)
        return Turned(turn, "done")

    with ThreadPoolExecutor(max(1, concurrency)) as pool:
        yield from pool.map(turn_one, turns)


def _rotate(
    turn: Turn, rotate: Callable[[str, str, str], bool], writer: AttributeWriter, record: Applied | None
) -> bool:
    """Give one device its new token; return whether it had the old one or has the new one already."""
    if record is not None:
        # As before every change of a token: after a crash the next plan reads the live one.
        _write(writer, turn, replace(record, token=None))
    if not rotate(turn.id, turn.old, turn.new):
        return False
    if record is not None:
        _write(writer, turn, replace(record, token=fingerprint(turn.new, secrets.token_hex(4))))
    return True


def _write(writer: AttributeWriter, turn: Turn, record: Applied) -> None:
    values: dict[str, Json] = {APPLIED_KEY: to_json(record)}
    writer.set_attributes("device", turn.id, "SERVER_SCOPE", values)
