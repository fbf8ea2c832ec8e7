"""Who listens to which values of which devices, and which are silent; safe to share between threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from papaya.api.latest import Portion, Update
from papaya.remedies import DEVICE_MISSING, DEVICE_SILENT
from papaya.sensors.reading import Value

log = logging.getLogger(__name__)

Listen = Callable[[str, int, Value], None]
NO_DEVICE = "the server has no such device, or does not show it to this user"


@dataclass(eq=False, slots=True)
class _Listener:
    device: str
    keys: frozenset[str]
    tell: Listen
    silent_after: float | None = None
    active: bool = True
    seen: dict[str, tuple[int, Value]] = field(default_factory=dict)

    def offer(self, update: Update) -> None:
        """Tell of a value unless it is old or told already."""
        before = self.seen.get(update.key)
        is_news = before is None or (update.ts >= before[0] and (update.ts, update.value) != before)
        if not self.active or update.key not in self.keys or not is_news:
            return
        self.seen[update.key] = update.ts, update.value
        try:
            self.tell(update.key, update.ts, update.value)
        except Exception:
            log.exception("what listens to %s of the device %s failed", update.key, update.device)


class Listeners:
    """All listeners of one server; `version` changes with them, and `now` is of a clock that never jumps."""

    def __init__(self) -> None:
        self.version = 0
        self._lock = threading.Lock()
        self._by_device: dict[str, list[_Listener]] = {}
        self._newcomers: list[_Listener] = []
        self._last: dict[tuple[str, str], Update] = {}
        self._heard: dict[str, float] = {}
        self._missing: set[str] = set()
        self._known: set[str] = set()
        # What is subscribed to; a server may speak of anything else, in any number.
        self._subscribed: set[tuple[str, str]] = set()
        # Devices of one model have one set of keys together.
        self._sets: dict[frozenset[str], frozenset[str]] = {}

    def add(
        self, device: str, keys: Iterable[str], tell: Listen, silent_after: float | None = None
    ) -> Callable[[], None]:
        """Add a listener and return what removes it; it may have an idea of its own of how long is silent."""
        own = frozenset(keys)
        with self._lock:
            listener = _Listener(device, self._sets.setdefault(own, own), tell, silent_after)
            self._by_device.setdefault(device, []).append(listener)
            self._newcomers.append(listener)
            self.version += 1

        def remove() -> None:
            listener.active = False
            with self._lock:
                self.version += 1
                others = [other for other in self._by_device.get(device, ()) if other is not listener]
                if others:
                    self._by_device[device] = others
                else:
                    self._by_device.pop(device, None)

        return remove

    def wanted(self) -> dict[str, frozenset[str]]:
        """Return which keys of which devices are listened to."""
        with self._lock:
            return {
                device: listeners[0].keys.union(*(listener.keys for listener in listeners[1:]))
                if len(listeners) > 1
                else listeners[0].keys
                for device, listeners in self._by_device.items()
            }

    def greet(self) -> None:
        """Tell those who came lately what is known already."""
        with self._lock:
            newcomers, self._newcomers = self._newcomers, []
            known = [
                (listener, self._last.get((listener.device, key)))
                for listener in newcomers
                for key in sorted(listener.keys)
            ]
        for listener, update in known:
            if update is not None:
                listener.offer(update)

    def took_page(self, devices: Collection[str], found: Collection[str]) -> None:
        """Take note of which of the devices that were asked for the server knows."""
        with self._lock:
            self._missing -= set(found)
            self._missing |= set(devices) - set(found)
            self._known |= set(found) & set(devices)

    def tell(self, update: Update, now: float, wall: int, *, is_live: bool) -> None:
        """Bring a value to those who listen to it; `wall` is the time of day in milliseconds."""
        age = 0.0 if is_live else max(0.0, (wall - update.ts) / 1000)
        with self._lock:
            listeners = list(self._by_device.get(update.device, ()))
            is_wanted = any(update.key in listener.keys for listener in listeners)
            if not is_wanted and (update.device, update.key) not in self._subscribed:
                return
            before = self._last.get((update.device, update.key))
            if before is None or before.ts <= update.ts:
                self._last[update.device, update.key] = update
            self._heard[update.device] = max(now - age, self._heard.get(update.device, now - age))
        for listener in listeners:
            listener.offer(update)

    def keep_only(self, kept: Iterable[Portion]) -> None:
        """Forget the values that no subscription keeps up to date any more."""
        pairs = {pair for portion in kept for pair in portion.pairs()}
        with self._lock:
            self._subscribed = pairs
            self._last = {pair: one for pair, one in self._last.items() if pair in pairs}

    def silent(self, now: float, after: float) -> dict[str, str]:
        """Return the devices that have said nothing for so long, and what is known of it."""
        silent = {}
        with self._lock:
            for device, listeners in self._by_device.items():
                heard = self._heard.get(device)
                patience = min(after if one.silent_after is None else one.silent_after for one in listeners)
                if device in self._missing:
                    silent[device] = NO_DEVICE
                elif heard is None:
                    # Before its page has come, nothing is known of it.
                    if device in self._known:
                        silent[device] = "the device has sent nothing yet"
                elif now - heard >= patience:
                    silent[device] = f"the device has sent nothing for {patience:g} s or longer"
        return silent


def remedy_of(silence: str) -> str:
    """Return what to do about a device that is silent for this reason."""
    return DEVICE_MISSING if silence == NO_DEVICE else DEVICE_SILENT
