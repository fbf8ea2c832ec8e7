"""A server that tests play by hand: its alarms, and devices that answer as they are told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import Catalog
from papaya_gui.sources.remote import About, Alarm, Remote
from papaya_gui.sources.supply import Tell
from papaya_gui.station import Station

from papaya.errors import PapayaError
from papaya.manifest.model import Json
from tests.gui.hand import HandSupply


class HandRemote(Remote):
    """Alarms by id, and a function that answers calls."""

    def __init__(self) -> None:
        self.known: dict[str, Alarm] = {}
        self.failure: PapayaError | None = None
        self.refusals: dict[str, PapayaError] = {}
        self.answer: Callable[[str, str, Json], Json] = lambda device, method, parameters: {"pong": True}
        self.calls: list[tuple[str, str, Json, float]] = []
        self.asked = 0
        self.told_about: dict[str, About] = {}
        self.pages: dict[str, str] = {}
        self.unanswered: dict[str, PapayaError] = {}
        self.threads: set[str] = set()

    def add(self, *alarms: Alarm) -> None:
        """Raise alarms."""
        self.known |= {alarm.id: alarm for alarm in alarms}

    def alarms(self) -> Sequence[Alarm]:
        """Return what is active or not acknowledged, or fail as the test said."""
        self.asked += 1
        self.threads.add(threading.current_thread().name)
        if self.failure is not None:
            raise self.failure
        found = [alarm for alarm in self.known.values() if alarm.is_active or not alarm.is_acknowledged]
        return sorted(found, key=lambda alarm: -alarm.created)

    def acknowledge(self, alarm: Alarm) -> None:
        """Note it, unless the test refuses it."""
        self._refuse(alarm)
        self.known[alarm.id] = replace(self.known[alarm.id], is_acknowledged=True)

    def clear(self, alarm: Alarm) -> None:
        """End it, unless the test refuses it."""
        self._refuse(alarm)
        self.known[alarm.id] = replace(self.known[alarm.id], is_active=False)

    def call(self, device: str, method: str, parameters: Json, seconds: float = 10.0) -> Json:
        """Note the call, and answer as the test said."""
        self.calls.append((device, method, parameters, seconds))
        return self.answer(device, method, parameters)

    def page(self, device: str) -> str:
        """Return the page that the test gives a device."""
        return self.pages.get(device, "")

    def about(self, device: str) -> About:
        """Return what the test says of a device, or fail as it said."""
        if device in self.unanswered:
            raise self.unanswered[device]
        return self.told_about.get(device, About())

    def _refuse(self, alarm: Alarm) -> None:
        if alarm.id in self.refusals:
            raise self.refusals[alarm.id]


class FarSupply(HandSupply):
    """A source by hand that has a server."""

    name = "far"

    def __init__(self, catalog: Catalog, inbox: Inbox, tell: Tell) -> None:
        super().__init__(catalog, inbox, tell)
        self.far: HandRemote | None = HandRemote()

    @property
    def where(self) -> str:
        """Where no real server is."""
        return "http://far.example"

    @property
    def remote(self) -> Remote | None:
        """The server, until the test takes it away."""
        return self.far


def hear_of(station: Station, *alarms: Alarm) -> None:
    """Let the server have these alarms and no others, and the station know of them now.

    What the window asks meanwhile has the same answer.
    """
    supply = station.supply
    assert isinstance(supply, FarSupply) and supply.far is not None
    supply.far.known = {alarm.id: alarm for alarm in alarms}
    station.take_alarms(alarms)
