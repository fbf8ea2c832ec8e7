"""Any MQTT broker: one subscription for the whole fleet, in two threads beside the window.

The first does nothing but note what arrives; the second reads that in portions, into columns. So a burst
costs the window no more than its turn of the interpreter. A broker waits only once so many bytes have come
that they would fill the memory.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque

from papaya.counting import counted, first_of
from papaya.foreign import shown
from papaya.sensors.condition import Condition, Health
from papaya_gui.interpreter import shorten_turns
from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import Catalog
from papaya_gui.sources.broker import Subscription
from papaya_gui.sources.messages import Message, MessageReader
from papaya_gui.sources.silence import Silence
from papaya_gui.sources.supply import Supply, Tell
from papaya_gui.sources.topics import MqttPlace

log = logging.getLogger(__name__)

_LONGEST_PAUSE, _PAUSE_WHEN_REFUSED, _FAREWELL = 15.0, 60.0, 0.5
_PORTION, _READ_EVERY, _CHECK_EVERY = 1_000, 0.05, 1.0
# Bytes that are read at once, and that wait for it.
_PORTION_BYTES, _MOST_WAITING = 1024 * 1024, 32 * 1024 * 1024
# What a message takes beside its payload and its topic.
_OVERHEAD = 500


class MqttSupply(Supply):
    """The readings that devices publish under topics with their names; unusable ones are counted."""

    name = "mqtt"

    def __init__(
        self,
        catalog: Catalog,
        inbox: Inbox,
        tell: Tell,
        place: MqttPlace,
        *,
        password: str | None = None,
        longest_pause: float = _LONGEST_PAUSE,
        pause_when_refused: float = _PAUSE_WHEN_REFUSED,
    ) -> None:
        super().__init__(catalog, inbox, tell)
        self._place = place
        self._arrived: deque[Message] = deque()
        # Each is counted in one thread only; the difference waits.
        self._bytes_arrived = self._bytes_read = 0
        self._faults = 0
        self._reader = MessageReader(catalog, place.pattern, inbox.texts)
        self._silence = Silence(catalog, tell)
        self._telling = threading.RLock()
        self._condition = Condition(Health.CONNECTING)
        pauses = longest_pause, pause_when_refused
        self._subscription = Subscription(place, password, self._arrive, self._on_broker, pauses)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read, name="papaya-mqtt-reader", daemon=True)
        self.received = 0

    @property
    def where(self) -> str:
        """The broker and the pattern of topics."""
        return str(self._place)

    def start(self) -> None:
        """Begin to connect."""
        shorten_turns()
        self.tell(self._condition)
        self._subscription.start()
        self._thread.start()

    def close(self) -> None:
        """Leave the broker."""
        self._stopping.set()
        self._subscription.close(_FAREWELL)
        if self._thread.is_alive():
            self._thread.join(_FAREWELL)

    def _arrive(self, message: Message) -> None:
        """Note a message; the broker waits while too many have not been read."""
        arrived = self._bytes_arrived
        while arrived - self._bytes_read > _MOST_WAITING:
            if self._stopping.wait(_READ_EVERY):
                return
        self._bytes_arrived = arrived + len(message[0]) + len(message[1]) + _OVERHEAD
        self._arrived.append(message)

    def _read(self) -> None:
        next_check = 0.0
        while not self._stopping.wait(0.0 if self._arrived else _READ_EVERY):
            try:
                self._take(self._portion())
                if time.monotonic() >= next_check:
                    next_check = time.monotonic() + _CHECK_EVERY
                    self._check()
            except Exception:
                # A fault of papaya's own, or of a machine without memory, costs a portion and not the source.
                self._faults += 1
                log.exception("messages cannot be taken (%s)", counted(self._faults, "fault"))
                self._stopping.wait(_CHECK_EVERY)

    def _portion(self) -> list[Message]:
        portion: list[Message] = []
        size, take = 0, self._arrived.popleft
        while self._arrived and len(portion) < _PORTION and size < _PORTION_BYTES:
            message = take()
            portion.append(message)
            size += len(message[0]) + len(message[1]) + _OVERHEAD
        self._bytes_read += size
        return portion

    def _take(self, portion: list[Message]) -> None:
        batch = self._reader.read(portion)
        self.received += len(portion)
        if len(batch):
            self.inbox.put_columns(batch)
            self._silence.heard(batch.rows)

    def _check(self) -> None:
        """Tell of silent devices and odd messages, while there is a connection."""
        with self._telling:
            if self._condition.health is Health.LIVE:
                self._silence.check()
                reason, remedy = self._doubts()
                self._become(Condition(Health.LIVE, reason, remedy))

    def _doubts(self) -> tuple[str, str]:
        """Return what is odd about the messages so far, and what to do about it."""
        doubts, remedy = [], ""
        strangers = self._reader.strangers
        if strangers:
            names = first_of([shown(name) for name in sorted(strangers)])
            doubts.append(f"messages of devices that the manifest does not have ({len(strangers)}): {names}")
            remedy = "Add them to the manifest, or narrow the pattern of topics."
        if self._reader.unreadable:
            doubts.append(
                f"values that cannot be read ({self._reader.unreadable}), the last on "
                f"{shown(self._reader.last_unreadable, 100)}"
            )
        return "; ".join(doubts), remedy

    def _on_broker(self, condition: Condition) -> None:
        if condition.health is Health.LIVE:
            self._silence.begin()
        self._become(condition)

    def _become(self, condition: Condition) -> None:
        with self._telling:
            if condition != self._condition:
                self._condition = condition
                self.tell(condition)
