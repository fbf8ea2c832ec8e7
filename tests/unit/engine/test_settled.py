"""What of a live entity is replaced by the manifest's own values, and that no plan tells a difference."""

from __future__ import annotations

from dataclasses import replace

import pytest

from papaya.engine.address import Address
from papaya.engine.canonical import Untyped
from papaya.engine.inventory import Applied, Entity
from papaya.engine.settled import settled
from papaya.manifest.model import Json

ADDRESS = Address("device", "PM-1")
SENSORS: Json = [{"key": "t", "every": 30.0}]


def wanted() -> Entity:
    return Entity(
        ADDRESS,
        "device",
        label="Bay 1",
        server={"bays": 2, "serial": "S-1"},
        shared={"papaya.sensors": SENSORS},
    )


def live(**changed: object) -> Entity:
    one = Entity(
        ADDRESS,
        "device",
        label="Bay 1",
        server={"bays": Untyped("2"), "serial": Untyped("S-1")},
        shared={"papaya.sensors": Untyped('[{"key":"t","every":30}]')},
        applied=Applied({"serial": "S-1", "bays": 2}, {"papaya.sensors": [{"key": "t", "every": 30}]}),
    )
    return replace(one, **changed)  # type: ignore[arg-type]


def test_what_is_as_wanted_has_the_values_of_the_manifest() -> None:
    desired = wanted()

    one = settled(live(), desired)

    assert one.server is desired.server
    assert one.shared is desired.shared
    assert one.applied is not None
    assert one.applied.server is desired.server
    assert one.applied.shared is desired.shared


@pytest.mark.parametrize(
    "changed",
    [
        {"server": {"bays": Untyped("3"), "serial": Untyped("S-1")}},
        {"server": {"bays": Untyped("2"), "serial": Untyped("S-1"), "more": Untyped("x")}},
        {"shared": {}},
        {"label": "another"},
        {"protect": True},
        {"applied": None},
        {"applied": Applied({"serial": "S-1", "bays": "2"}, {"papaya.sensors": SENSORS})},
        {"applied": Applied({"serial": "S-1", "bays": 2, "gone": 1}, {"papaya.sensors": SENSORS})},
    ],
)
def test_what_differs_in_anything_stays_as_it_was_read(changed: dict[str, object]) -> None:
    one = live(**changed)

    assert settled(one, wanted()) is one


def test_a_record_of_other_values_is_kept_where_the_server_is_as_wanted() -> None:
    record = Applied({"serial": "S-1", "bays": 7}, {"papaya.sensors": SENSORS})

    one = settled(live(applied=record), wanted())

    assert one.applied is not None
    assert one.applied.server == {"serial": "S-1", "bays": 7}


def test_what_no_manifest_names_stays_as_it_was_read() -> None:
    assert settled(live(), None) == live()
