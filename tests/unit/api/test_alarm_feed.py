"""Alarms as the server's WebSocket tells them: what comes, changes and goes, and what it leaves out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from papaya.api.alarm_feed import ACTIVE, OVER, AlarmFeed
from papaya.api.alarms import acknowledge_alarm, alarms_of, clear_alarm
from papaya.api.feed import Pace, ServerFeed
from papaya.api.session import Credentials, Session
from papaya.api.websocket import message_in
from papaya.sandbox import Sandbox
from tests.unit.api.test_alarms import raise_alarm
from tests.unit.sandbox.client import Client

PERSON = Credentials(username=Sandbox.username, password=Sandbox.password)


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    """A session of papaya."""
    with Session(sandbox.url, PERSON, retry_for=1) as made:
        yield made


@pytest.fixture
def feed(session: Session) -> Iterator[ServerFeed]:
    """The feed of the server's devices."""
    with ServerFeed(session, pace=Pace(poll_every=0.1, longest_pause=0.3)) as running:
        yield running


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, a minute at most."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_live(alarms: AlarmFeed) -> bool:
    """Return whether it is live: anew each time, whatever was true before."""
    return alarms.is_live


def kinds(alarms: AlarmFeed) -> set[tuple[str, bool, bool]]:
    """Return the kinds of the alarms that are known, whether they are cleared, and acknowledged."""
    return {(one.kind, one.is_cleared, one.is_acknowledged) for one in alarms.known()}


def row(kind: str, **fields: Any) -> dict[str, Any]:
    """Return an alarm as the server writes it."""
    return {
        "id": {"id": kind}, "originator": {"entityType": "DEVICE", "id": "d"}, "type": kind,
        "severity": "MAJOR", "createdTime": 1000, "cleared": False, "acknowledged": False, **fields,
    }  # fmt: skip


def test_alarms_are_told_as_they_come_change_and_go(
    client: Client, session: Session, feed: ServerFeed
) -> None:
    device = client.device("PM-1")
    raise_alarm(client, device, "before")
    raise_alarm(client, device, "over", cleared=True)
    changes: list[bool] = []
    alarms = AlarmFeed(lambda: changes.append(True))
    assert not is_live(alarms)
    feed.listen_to_alarms(alarms)
    until(lambda: alarms.is_live)
    until(lambda: kinds(alarms) == {("before", False, False), ("over", True, False)})
    hot = raise_alarm(client, device, "hot")
    until(lambda: ("hot", False, False) in kinds(alarms))
    acknowledge_alarm(session, hot)
    until(lambda: ("hot", False, True) in kinds(alarms))
    clear_alarm(session, hot)
    until(lambda: not any(kind == "hot" for kind, _, _ in kinds(alarms)))
    assert changes
    assert {alarm.device for alarm in alarms.known()} == {device["id"]["id"]}


def test_devices_that_are_created_later_are_told_of_once_it_is_renewed(
    client: Client, feed: ServerFeed
) -> None:
    alarms = AlarmFeed(lambda: None)
    feed.listen_to_alarms(alarms)
    until(lambda: alarms.is_live)
    late = client.device("PM-2")
    alarms.renew()
    raise_alarm(client, late, "hot")
    until(lambda: ("hot", False, False) in kinds(alarms))


def test_what_was_read_counts_and_what_was_told_meanwhile_is_newer(client: Client, session: Session) -> None:
    device = client.device("PM-1")
    raise_alarm(client, device, "hot")
    alarms = AlarmFeed(lambda: None)
    alarms.take(ACTIVE, [row("cold")], {"hasNext": False})
    assert not is_live(alarms)
    alarms.take(OVER, [], {"hasNext": False})
    assert is_live(alarms)
    alarms.begin_reset()
    read = alarms_of(session, {device["id"]["id"]})
    alarms.take(ACTIVE, [row("new")], None)
    alarms.reset([*read, replace(read[0], id="cold", kind="cold")])
    assert {kind for kind, _, _ in kinds(alarms)} == {"hot", "cold", "new"}


def test_a_page_that_is_not_all_adds_and_is_not_relied_on() -> None:
    alarms = AlarmFeed(lambda: None)
    alarms.take(OVER, [], {"hasNext": False})
    alarms.take(ACTIVE, [row("one")], {"hasNext": True})
    alarms.take(ACTIVE, [row("two")], {"hasNext": True})
    assert {kind for kind, _, _ in kinds(alarms)} == {"one", "two"} and not is_live(alarms)
    alarms.take(ACTIVE, [row("three")], {"hasNext": False})
    assert {kind for kind, _, _ in kinds(alarms)} == {"three"} and is_live(alarms)
    alarms.lost()
    assert not is_live(alarms) and len(alarms.known()) == 1


def test_an_update_tells_of_an_alarm_that_is_over_for_good() -> None:
    alarms = AlarmFeed(lambda: None)
    alarms.take(OVER, [row("one", cleared=True)], {"hasNext": False})
    alarms.take(OVER, [row("one", cleared=True, acknowledged=True), None, {"id": 5}], None)
    assert alarms.known() == ()


def test_a_refusal_is_no_failure_of_the_connection() -> None:
    refused = message_in(
        '{"cmdId": 2000001, "errorCode": 3, "errorMsg": "no", "cmdUpdateType": "ALARM_DATA"}'
    )
    assert refused is not None and refused.is_refused and refused.is_about_alarms
    alarms = AlarmFeed(lambda: None)
    alarms.take(ACTIVE, [], {"hasNext": False})
    alarms.take(OVER, [], {"hasNext": False})
    alarms.refuse()
    assert not is_live(alarms)


def test_of_more_devices_than_the_server_allows_not_everything_is_told() -> None:
    page = (
        '{"cmdId": 2000001, "data": {"data": [], "hasNext": false}, "allowedEntities": 10000,'
        ' "totalEntities": 10001, "cmdUpdateType": "ALARM_DATA"}'
    )
    told = message_in(page)
    assert told is not None and told.page == {"hasNext": True}
