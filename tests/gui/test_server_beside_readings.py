"""Alarms and calls of a real server, a real agent at its other end, seen through their views."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from papaya_gui.actions import Actions
from papaya_gui.models.batch import Inbox
from papaya_gui.models.calls import Call, identify, ping, set_interval
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.condition import Condition
from papaya_gui.models.shape import ROOT
from papaya_gui.models.texts import TOLD
from papaya_gui.sources.server import ServerSupply
from papaya_gui.sources.supply import Supply, Tell
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from papaya_gui.views.alarms import AlarmsView
from papaya_gui.views.calls import CallsView
from papaya_gui.views.fleet_tree import FleetTree
from papaya_gui.views.map import MapView

from papaya.api.session import Credentials
from papaya.sandbox import Sandbox
from papaya.settings import Settings
from tests.e2e.meter import DEVICE, Meter, Tenant
from tests.gui.hand import wait_until
from tests.unit.gui.ear import fleet_of, meter
from tests.unit.sandbox.client import Client

PERSON = Credentials(username=Sandbox.username, password=Sandbox.password)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a server in memory."""
    with Sandbox(rpc_timeout_floor=0.3) as running:
        yield running


def source_of(url: str) -> Callable[[Catalog, Inbox, Tell], Supply]:
    """Return what makes a source of a server."""

    def make(catalog: Catalog, inbox: Inbox, tell: Tell) -> Supply:
        return ServerSupply(catalog, inbox, tell, Settings(url, PERSON), look_again=0.2)

    return make


@pytest.fixture
def station(sandbox: Sandbox) -> Iterator[Station]:
    """Return the station of a fleet of one device, started."""
    made = Station(fleet_of(meter(DEVICE, "w0")), source_of(sandbox.url))
    made.start()
    yield made
    made.close()


@pytest.fixture
def view(station: Station) -> Iterator[CallsView]:
    """Return the view of calls."""
    made = CallsView(station, LIGHT, Actions())
    yield made
    made.stop()


def test_an_alarm_of_the_server_is_acknowledged_and_cleared_from_the_list(
    sandbox: Sandbox, station: Station
) -> None:
    with Client(sandbox) as client:
        body = {"originator": client.device(DEVICE)["id"], "type": "hot", "severity": "CRITICAL"}
        client.post("/api/alarm", body)
    actions = Actions()
    view = AlarmsView(station, LIGHT, actions, poll_seconds=0.2)
    wait_until(lambda: len(view.alarms) == 1)
    assert view.words.text() == f"{sandbox.url}: 1 critical"
    view.table.selectRow(0)
    actions["alarms-acknowledge"].trigger()
    wait_until(lambda: view.alarms[0].is_acknowledged)
    assert view.outcome.text() == f"Acknowledged: hot ({DEVICE})"
    actions["alarms-clear"].trigger()
    wait_until(lambda: not view.alarms)
    assert view.words.text() == f"{sandbox.url}: no active alarms"
    view.stop()


def test_alarms_are_told_without_asking_and_shown_while_the_next_question_is_far(sandbox: Sandbox) -> None:
    with Client(sandbox) as client:
        # A device that comes later is in no subscription until that is renewed.
        originator = client.device(DEVICE)["id"]
        station = Station(fleet_of(meter(DEVICE, "w0")), source_of(sandbox.url))
        station.start()
        view = AlarmsView(station, LIGHT, Actions(), poll_seconds=1000)
        try:
            remote = station.supply.remote
            assert remote is not None
            wait_until(lambda: remote.is_told)
            body = {"originator": originator, "type": "hot", "severity": "MINOR"}
            alarm = client.post("/api/alarm", body)["id"]["id"]
            wait_until(lambda: [one.severity for one in view.alarms] == ["MINOR"])
            client.post(f"/api/alarm/{alarm}/ack")
            wait_until(lambda: view.alarms[0].is_acknowledged)
            client.post(f"/api/alarm/{alarm}/clear")
            wait_until(lambda: not view.alarms)
        finally:
            view.stop()
            station.close()


@pytest.mark.parametrize("severity", ["CRITICAL", "MAJOR"])
def test_a_grave_alarm_of_the_server_shows_in_tree_map_and_table_until_it_is_cleared(
    sandbox: Sandbox, station: Station, severity: str
) -> None:
    details = {"why": "x" * 1_000_000}
    with Client(sandbox) as client:
        device = client.device(DEVICE)["id"]
        client.post(
            "/api/alarm", {"originator": device, "type": "Tamper", "severity": severity, "details": details}
        )
    actions = Actions()
    alarms = AlarmsView(station, LIGHT, actions, poll_seconds=0.2)
    tree, places = FleetTree(station, LIGHT, actions), MapView(station, LIGHT, actions)
    tree.show()
    places.show()
    row = station.catalog.rows_of(DEVICE)[0]
    node = tree.tree.find((*row.place, DEVICE))
    assert node is not None
    wait_until(lambda: {tree.tree.worst(node), tree.tree.worst(ROOT)} == {Condition[severity]})
    wait_until(lambda: places.conditions.tolist() == [Condition[severity]])
    # The server may have said by now that it has heard nothing of the device.
    assert tree.tree.text(ROOT) in ("1 alarm, 1 no data of 1", "1 alarm, 1 silent of 1")
    assert station.board.worst[row.index] == Condition[severity]
    assert len(alarms.alarms[0].details) == TOLD
    alarms.table.selectRow(0)
    actions["alarms-clear"].trigger()
    wait_until(lambda: tree.tree.worst(node) is not Condition[severity])
    wait_until(lambda: places.conditions.tolist() != [Condition[severity]])
    alarms.stop()
    for view in (tree, places, alarms):
        view.close()


def test_the_agent_of_a_device_answers_and_once_it_is_gone_that_is_told(
    sandbox: Sandbox, station: Station, view: CallsView, tmp_path: Path
) -> None:
    tenant = Tenant(sandbox.url)
    tenant.create()
    agent = Meter(tmp_path, sandbox.mqtt_url or "")

    def outcome(call: Call) -> str:
        view.call(call)
        line = view.list.topLevelItem(0)
        assert line is not None
        wait_until(lambda: not line.text(3).startswith("…"))
        return line.text(3)

    try:
        agent.start()
        agent.hears("connected to")
        wait_until(lambda: station.board.text(0) != "")
        assert "pong true" in outcome(ping(DEVICE))
        assert "key w0, seconds 7" in outcome(set_interval(DEVICE, "w0", 7.0))
        assert "no beacon" in outcome(identify(DEVICE, "red", 500, 500, 255))
    finally:
        agent.kill()
        tenant.close()
    gone = outcome(Call(DEVICE, "ping", seconds=0.3))
    assert gone.startswith("the device is offline: it did not take the command ping within")
