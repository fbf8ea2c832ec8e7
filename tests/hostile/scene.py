"""An agent's parts without a network, fed by whoever speaks for the server."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Mapping
from pathlib import Path

from papaya.agent.attributes import Attributes
from papaya.agent.collector import Collector
from papaya.agent.limits import Limits, SessionLimits
from papaya.agent.link import ATTRIBUTES, Address
from papaya.agent.methods import methods_of
from papaya.agent.processes import Programs
from papaya.agent.rivals import Rivals
from papaya.agent.rpc import Calls
from papaya.agent.sampling import Sampling
from papaya.agent.settings import AgentSettings
from papaya.agent.storage import Storage
from papaya.agent.tuning import Tuning
from papaya.backoff import Backoff
from papaya.manifest.model import Json, Sensor

SENSORS = (Sensor("a", every=5.0, source={"type": "simulated"}), Sensor("b", source={"type": "simulated"}))


# The first questions of the connection have this number; those about shared attributes follow.
NUMBER = 7


class Parts:
    """What takes messages in an agent; `sent` has what it says, `limits` what the server allows."""

    def __init__(self, spool: Path) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.limits = Limits()
        self.later: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.storage = Storage(spool, clock=lambda: 0.0)
        settings = AgentSettings(
            "PM-0001", Address("localhost", 1), lambda: "token", spool, SENSORS, identify=("true", "{color}")
        )
        self.collector = Collector(self.storage, lambda: 0.0, lambda: 1_700_000_000_000)
        self.sampling = Sampling(self.collector, spool.parent, self.later.put, lambda: 0.0, lambda: 0)
        self.tuning = Tuning(settings, self.storage, self.sampling, self.collector, self._tell)
        self.tuning.start()
        rivals = Rivals("0123456789ab", Backoff(1, 1))
        self._attributes = Attributes("PM-0001", {}, rivals, self.tuning.changed)
        self._limits = SessionLimits(lambda limits: setattr(self, "limits", limits))
        self._calls = Calls(methods_of(self, settings, Programs(self.later.put), lambda: 0))
        self._calls.begin(self._send)
        self._attributes.begin(self._send, NUMBER)
        self._limits.begin(NUMBER)

    def received(self, topic: str, payload: bytes) -> None:
        """Take a message as the agent does."""
        for part in (self._calls, self._attributes, self._limits):
            if part.received(topic, payload):
                return

    def share(self, values: Mapping[str, Json]) -> None:
        """Set shared attributes."""
        self.received(ATTRIBUTES, json.dumps(values).encode())

    def answers(self) -> list[str]:
        """Return what was answered to calls."""
        return [text.decode() for topic, text in self.sent if topic.startswith("v1/devices/me/rpc/response/")]

    def close(self) -> None:
        """End the sources and write what is kept."""
        self.sampling.close()
        self.storage.close()

    # What calls may ask for.

    def readings(self) -> dict[str, Json]:
        """Return no readings."""
        return {sensor.key: {} for sensor in self.tuning.sensors}

    def change_interval(self, key: str, every: float | None) -> float:
        """Read a sensor at another interval."""
        return self.tuning.change_interval(key, every)

    def condition(self) -> dict[str, Json]:
        """Return nothing."""
        return {}

    def _send(self, topic: str, payload: bytes) -> None:
        payload.decode()
        self.sent.append((topic, payload))

    def _tell(self, values: Mapping[str, Json]) -> None:
        self._attributes.tell(values)
