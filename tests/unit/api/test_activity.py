"""Attributes of many devices, read with those of their fleet or by id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from papaya.api.activity import read_of_devices
from papaya.api.query import Key, Row
from papaya.api.session import Credentials, Session
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

BAYS = Key("SERVER_SCOPE", "bays")


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    """A session of papaya."""
    person = Credentials(username=Sandbox.username, password=Sandbox.password)
    with Session(sandbox.url, person, retry_for=1) as made:
        yield made


@pytest.fixture
def ids(client: Client) -> list[str]:
    """The ids of three devices of the fleet and of one of nobody."""
    made = []
    for number in range(4):
        device = str(client.device(f"PM-{number}")["id"]["id"])
        values = {"bays": number, **({"papaya.fleet": "city"} if number < 3 else {})}
        client.post(f"/api/plugins/telemetry/DEVICE/{device}/SERVER_SCOPE", values)
        made.append(device)
    return made


def read(session: Session, ids: list[str], *, owned: int, few: int) -> tuple[dict[str, str | None], int]:
    """Return what was read by id, and with how many requests."""
    session.user()
    before = session.requests_sent
    found: dict[str, str | None] = {}

    def take(rows: Iterable[Row]) -> None:
        found.update((row.id, row.values.get(BAYS)) for row in rows)

    read_of_devices(session, ids, [BAYS], take, fleet="city", owned=owned, concurrency=2, few=few)
    return found, session.requests_sent - before


def test_few_devices_are_read_by_id(session: Session, ids: list[str]) -> None:
    assert read(session, ids[:2], owned=3, few=2) == ({ids[0]: "0", ids[1]: "1"}, 1)


def test_many_are_read_with_the_fleet_and_those_that_it_does_not_own_by_id(
    session: Session, ids: list[str]
) -> None:
    found, requests = read(session, ids, owned=3, few=1)
    assert found == {id_: str(number) for number, id_ in enumerate(ids)} and requests == 2
    found, requests = read(session, ids[:3], owned=3, few=1)
    assert len(found) == 3 and requests == 1


def test_a_small_part_of_a_fleet_is_read_by_id(session: Session, ids: list[str]) -> None:
    assert read(session, ids[:2], owned=1_000, few=1) == ({ids[0]: "0", ids[1]: "1"}, 1)
