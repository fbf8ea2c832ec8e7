"""The server's alarms: which are listed, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from papaya.api.alarms import MOST_BY_DEVICE, acknowledge_alarm, alarms_of, clear_alarm
from papaya.api.session import Credentials, Session
from papaya.errors import NotFound
from papaya.observer import Observer
from papaya.runs.alarms import alarms_in
from papaya.runs.meant import Meant
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    """A session of papaya."""
    person = Credentials(username=Sandbox.username, password=Sandbox.password)
    with Session(sandbox.url, person, retry_for=1) as made:
        yield made


class Warnings(Observer):
    """Keeps the warnings that it hears."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def warned(self, text: str) -> None:
        """Keep a warning."""
        self.texts.append(text)


def raise_alarm(client: Client, entity: dict[str, Any], kind: str, **fields: Any) -> str:
    """Create an alarm and return its id."""
    body = {"originator": entity["id"], "type": kind, "severity": "MAJOR", **fields}
    return str(client.post("/api/alarm", body)["id"]["id"])


def test_active_and_unacknowledged_alarms_of_the_devices_are_listed_newest_first(
    client: Client, session: Session
) -> None:
    ours, other, place = client.device("PM-1"), client.device("PM-2"), client.asset("Karnataka")
    active = raise_alarm(client, ours, "hot", severity="CRITICAL", details={"value": 81})
    noted = raise_alarm(client, ours, "door", acknowledged=True)
    ended = raise_alarm(client, ours, "tilt", cleared=True)
    raise_alarm(client, ours, "past", cleared=True, acknowledged=True)
    raise_alarm(client, other, "hot")
    raise_alarm(client, place, "hot")
    device = ours["id"]["id"]
    found = alarms_of(session, {device})
    assert [alarm.created for alarm in found] == sorted((alarm.created for alarm in found), reverse=True)
    assert {(alarm.id, alarm.is_cleared, alarm.is_acknowledged) for alarm in found} == {
        (active, False, False),
        (noted, False, True),
        (ended, True, False),
    }
    hot = next(alarm for alarm in found if alarm.id == active)
    assert (hot.device, hot.kind, hot.severity, hot.details) == (device, "hot", "CRITICAL", {"value": 81})


def test_alarms_of_many_pages_are_listed(client: Client, session: Session) -> None:
    device = client.device("PM-1")
    for number in range(505):
        raise_alarm(client, device, f"alarm {number}")
    devices = {device["id"]["id"]}
    assert len(alarms_of(session, devices)) == 505
    # A tenant with more alarms than are looked at: a few devices have all of theirs, of many it is told.
    unread: list[int] = []
    assert len(alarms_of(session, devices, most=500, left_out=unread.append)) == 505
    assert unread == []
    many = devices | {f"device {number}" for number in range(MOST_BY_DEVICE)}
    assert len(alarms_of(session, many, most=500, left_out=unread.append)) == 500
    assert unread == [5]
    heard = Warnings()
    listed = alarms_in(session, [Meant(one, one) for one in many], heard, most=500)
    assert (len(listed.rows), listed.unread) == (500, 5)
    assert len(heard.texts) == 1 and "has 5 more alarms" in heard.texts[0]


def test_an_alarm_is_acknowledged_and_cleared_once_and_again(client: Client, session: Session) -> None:
    device = client.device("PM-1")
    alarm = raise_alarm(client, device, "hot")
    for _ in range(2):
        acknowledge_alarm(session, alarm)
    assert client.get(f"/api/alarm/{alarm}")["acknowledged"] is True
    for _ in range(2):
        clear_alarm(session, alarm)
    assert client.get(f"/api/alarm/{alarm}")["cleared"] is True
    assert alarms_of(session, {device["id"]["id"]}) == ()


def test_an_alarm_that_somebody_deleted_is_told(client: Client, session: Session) -> None:
    alarm = raise_alarm(client, client.device("PM-1"), "hot")
    client.ask("DELETE", f"/api/alarm/{alarm}")
    for change in (acknowledge_alarm, clear_alarm):
        with pytest.raises(NotFound) as told:
            change(session, alarm)
        assert "deleted" in told.value.remedy
