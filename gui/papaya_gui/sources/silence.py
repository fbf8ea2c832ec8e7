"""Which devices of a source have said nothing for longer than they should."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

import numpy as np

from papaya.remedies import DEVICE_SILENT
from papaya.sensors.condition import Condition, Health
from papaya_gui.models.batch import Rows
from papaya_gui.models.board import STALE_AFTER
from papaya_gui.models.catalog import Catalog, Row
from papaya_gui.sources.supply import Tell

# A hiccup is no silence.
SHORTEST = 30.0


def patience_with(rows: Sequence[Row]) -> float:
    """Return after how many seconds without any value a device with these rows is silent."""
    return max(STALE_AFTER * min(row.every for row in rows), SHORTEST)


class Silence:
    """Tells of devices that fall silent and that are heard again.

    All methods but `begin` are called from one thread.
    """

    def __init__(self, catalog: Catalog, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._catalog, self._tell, self._clock = catalog, tell, clock
        self._began = clock()
        self._heard: dict[str, float] = {}
        self._silent: set[str] = set()
        # By how many rows it was reckoned with: that is done for thousands of devices every second.
        self._patience: dict[str, tuple[int, float]] = {}

    def begin(self) -> None:
        """Give every device time anew: nothing could be heard until now."""
        self._began = self._clock()

    def heard(self, rows: Rows) -> None:
        """Note that values of these rows have come."""
        now = self._clock()
        for index in np.unique(rows).tolist():
            self._heard[self._catalog[index].device] = now

    def check(self, excused: Collection[str] = ()) -> None:
        """Tell what has changed; of devices that are `excused` something worse is known."""
        now = self._clock()
        for device in self._catalog.devices:
            rows = self._catalog.rows_of(device)
            if not rows or device in excused:
                continue
            known, patience = self._patience.get(device, (0, 0.0))
            if known != len(rows):
                patience = patience_with(rows)
                self._patience[device] = len(rows), patience
            heard = self._heard.get(device)
            is_silent = now - max(self._began, heard or 0.0) >= patience
            if is_silent and device not in self._silent:
                self._silent.add(device)
                reason = (
                    "the device has sent nothing yet"
                    if heard is None
                    else f"the device has sent nothing for {patience:g} s or longer"
                )
                self._tell(Condition(Health.SILENT, reason, DEVICE_SILENT, device))
            elif heard is not None and not is_silent and device in self._silent and heard >= self._began:
                self._silent.discard(device)
                self._tell(Condition(Health.LIVE, device=device))
