"""An entity that is as the manifest wants it is known by its texts, as if they were parsed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from papaya.api.entity import entity_of
from papaya.api.query import Key
from papaya.engine.address import Address
from papaya.engine.expected import Expected
from papaya.engine.inventory import Entity, inventory_of
from papaya.engine.record import from_text, record_of, written
from papaya.engine.settled import settled
from papaya.manifest.model import Json

FLEET = "meters"
SENSORS: Json = [{"key": "t", "name": "Wärme", "every": 30.0}]
WANTED = Entity(
    Address("device", "PM-1"),
    "device",
    profile="meter",
    label="Bay 1",
    parents=("North",),
    server={"bays": 2, "serial": "0012", "on": True, "latitude": 12.5, "height": 1e-07},
    shared={"papaya.sensors": SENSORS},
)
RECORD = written(record_of(WANTED, name="PM-1", id_="id-1"))
TEXTS = {
    "papaya.fleet": FLEET,
    "papaya.applied": RECORD,
    "bays": "2",
    "serial": "0012",
    "on": "true",
    "latitude": "12.5",
    "height": "1e-07",
}
BODY: dict[str, Json] = {"id": {"id": "id-1"}, "name": "PM-1", "type": "meter", "label": "Bay 1"}


def read(
    expected: Expected | None, *, sensors: str | None = None, body: dict[str, Json] = BODY, **changed: str
) -> Entity:
    """Return the live entity, with other attributes where they are named."""
    texts = {**TEXTS, **{name.replace("_", "."): text for name, text in changed.items()}}
    values = {Key("SERVER_SCOPE", name): text for name, text in texts.items() if text != "absent"}
    values[Key("SHARED_SCOPE", "papaya.sensors")] = sensors or '[{"key":"t","name":"Wärme","every":30}]'
    return entity_of("device", body, values, expected=expected)


def expected() -> Expected:
    return Expected(inventory_of([WANTED]), FLEET)


def test_what_is_in_sync_has_the_values_of_the_manifest_and_is_what_parsing_gives() -> None:
    knows = expected()
    for sensors in ('[{"key":"t","name":"Wärme","every":30.0}]', '[{"every":30,"name":"Wärme","key":"t"}]'):
        live = read(knows, sensors=sensors)
        assert live.server is WANTED.server
        assert live.shared is WANTED.shared
        assert live.applied is not None
        assert live.applied.server is WANTED.server
        assert live == settled(read(None, sensors=sensors), WANTED)


@pytest.mark.parametrize("token", ["", "scrypt:a/b+c==:ff"])
def test_the_record_of_a_device_with_credentials_keeps_its_fingerprint(token: str) -> None:
    text = written(replace(record_of(WANTED, name="PM-1", id_="id-1"), token=token or None))

    live = read(expected(), papaya_applied=text)

    assert live.server is WANTED.server
    assert live.applied == from_text(text)


@pytest.mark.parametrize(
    "changed",
    [
        {"bays": "3"},
        {"serial": "12.5"},
        {"on": "false"},
        {"latitude": "absent"},
        {"more": "x"},
        {"papaya_protect": "true"},
        {"papaya_fleet": "another"},
        {"papaya_applied": "absent"},
        {"papaya_applied": RECORD.replace("Bay 1", "Bay 2")},
        {"papaya_applied": RECORD.replace("id-1", "id-2")},
        {"papaya_applied": RECORD[:-1] + ',"token":5}'},
        {"papaya_applied": RECORD[:-1] + ',"token":"a","token":"b"}'},
        {"papaya_applied": RECORD[:-1]},
        {"sensors": '[{"key":"t","name":"Kälte","every":30}]'},
    ],
    ids=str,
)
def test_everything_else_is_parsed(changed: dict[str, Any]) -> None:
    knows = expected()
    read(knows)

    live = read(knows, **changed)

    assert live == read(None, **changed)
    assert live.server is not WANTED.server


def test_an_object_that_somebody_changed_is_parsed() -> None:
    for field, value in {"label": "Bay 2", "type": "another", "name": "PM-2"}.items():
        live = read(expected(), body={**BODY, field: value})
        assert live == read(None, body={**BODY, field: value})
        assert live.server is not WANTED.server
