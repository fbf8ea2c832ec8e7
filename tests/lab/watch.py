"""Watches whether a unit that systemd calls active has a forward that works."""

from __future__ import annotations

import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

from tests.lab.field import Device, UnitStatus, wait_for

_PAUSE = 0.1
# A bastion that is asked for a dead port more often than it looks after its sessions never looks after them.
_REST = 12.0
# A session that was ended is a session that systemd has heard of, after this.
NOTICED = 3.0


class Watch:
    """Samples a device again and again, beside the test, and keeps what must never be seen.

    Each sample asks systemd, tries the forward where the unit is called active, and asks systemd again; it
    counts where the same run of the unit was active before and after. `allowed` is how long, in seconds, a
    run whose forward has worked may be called active after its death: what a silent line takes to be noticed.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self.allowed = NOTICED
        self.counted: Counter[str] = Counter()
        self.faults: list[str] = []
        self.longest_unnoticed = 0.0
        self.worked_at = 0.0
        self._run = ""
        self._run_worked_at = 0.0
        self._failed_at = 0.0
        self._is_over = threading.Event()
        self._broken: BaseException | None = None
        self._thread = threading.Thread(target=self._sample_always, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
        if self._broken is not None and fault is None:
            raise self._broken

    def wait_until_works(self, patience: float) -> float:
        """Return how many seconds it takes until the forward works from now on; fail after `patience`."""
        start = time.monotonic()
        wait_for(lambda: self.worked_at > start, patience, self.device.explain)
        return self.worked_at - start

    def _sample_always(self) -> None:
        try:
            while not self._is_over.wait(_PAUSE):
                self._sample()
        except BaseException as broken:
            self._broken = broken

    def _sample(self) -> None:
        before = self.device.status()
        self.counted["samples"] += 1
        if not before.is_active:
            return
        is_new = before.run != self._run
        if is_new:
            self._run, self._failed_at = before.run, 0.0
            self.counted["runs"] += 1
        tried_at = time.monotonic()
        if self._failed_at == 0.0 or tried_at > self._failed_at + _REST:
            works = self.device.works()
            after = self.device.status()
        else:
            works, after = False, before
        if not after.is_active or after.run != before.run:
            return
        self.counted["active"] += 1
        if works:
            self.worked_at = self._run_worked_at = tried_at
            self._failed_at = 0.0
        else:
            self._failed_at = self._failed_at or tried_at
            self._note_dead(before, is_new)

    def _note_dead(self, status: UnitStatus, is_new: bool) -> None:
        if is_new:
            self._run_worked_at = time.monotonic()
            self.faults.append(f"became active without a forward: {status}\n{self.device.explain()}")
            return
        dead = time.monotonic() - self._run_worked_at
        self.longest_unnoticed = max(self.longest_unnoticed, dead)
        self.counted["active and dead, not noticed yet"] += 1
        if dead > self.allowed:
            self.faults.append(
                f"active with a forward dead for {dead:.1f} s: {status}\n{self.device.explain()}"
            )
