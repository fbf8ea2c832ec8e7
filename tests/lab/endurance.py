"""Trouble for devices of a lab, and how long it keeps them away."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from statistics import median, quantiles

from papaya.tunnel.line import ALIVE_COUNT, ALIVE_INTERVAL
from tests.lab import faults
from tests.lab.field import Device, Field
from tests.lab.watch import NOTICED, Watch

Fault = Callable[[Field, Device], AbstractContextManager[None]]

# What a unit may take to notice a line that went silent, and what a busy machine may add.
SILENCE = ALIVE_INTERVAL * (ALIVE_COUNT + 1) + 6.0
# Seconds; the longest that a device may be away after what is not its fault.
BUDGET = 45.0


def endure(field: Field, device: Device, plan: Sequence[tuple[Fault, float]]) -> dict[str, list[float]]:
    """Let faults happen one after the other, each for some seconds, and insist on what active means.

    Return how long the device was away after each, by the name of the fault.
    """
    took: dict[str, list[float]] = {}
    with Watch(device) as watch:
        for number, (fault, seconds) in enumerate(plan):
            watch.wait_until_works(BUDGET)
            watch.allowed = SILENCE if fault in faults.SILENT else NOTICED
            with fault(field, device):
                struck = time.monotonic()
                time.sleep(seconds)
                status = device.status()
                if fault is not faults.sessions_dropped:
                    assert status.active_since < struck, f"{_name(fault)}: became active\n{device.explain()}"
            took.setdefault(_name(fault), []).append(watch.wait_until_works(3 * BUDGET))
            assert not watch.faults, f"fault {number}, {_name(fault)}, {seconds:.1f} s: {watch.faults[0]}"
    print(f"{len(plan)} faults; samples: {dict(watch.counted)}")
    print(f"a silent line was called active for at most {watch.longest_unnoticed:.1f} s")
    for name, each in sorted(took.items()):
        print(f"  {name:<18} {len(each):3} times; reached again after its end: {told(each)}")
    return took


def back_after(devices: Sequence[Device], struck: float, patience: float) -> list[float]:
    """Return how long after a moment each device was reached again, by runs that began since.

    Nobody tries a port before its unit says that it is up: that would keep dead sessions on the bastion.
    """

    def back(device: Device) -> float:
        while True:
            status = device.status()
            if status.is_active and status.active_since > struck and device.works():
                return time.monotonic() - struck
            if time.monotonic() > struck + patience:
                raise AssertionError(f"not back within {patience:.0f} s:\n{device.explain()}")
            time.sleep(0.1)

    with ThreadPoolExecutor(len(devices)) as threads:
        return list(threads.map(back, devices))


def move_all(field: Field, seconds: float) -> list[float]:
    """Take the lines of all devices away, give them back with new addresses; return how long each is away."""
    struck = time.monotonic()
    for device in field.devices:
        device.line.cut()
    time.sleep(max(0.0, struck + seconds - time.monotonic()))
    for device in field.devices:
        # The other way round, a packet from the old address could still get through.
        device.line.move()
        device.line.mend()
    return back_after(field.devices, struck, 3 * BUDGET)


def drop_all(field: Field) -> list[float]:
    """End every session of the bastion; return how long each device was away beyond its first pause."""
    pauses = [pause_of(field.unit(number)) for number, _ in enumerate(field.devices)]
    struck = time.monotonic()
    field.start_bastion()
    away = back_after(field.devices, struck, 3 * BUDGET)
    return [seconds - pause for seconds, pause in zip(away, pauses, strict=True)]


def pause_of(unit: str) -> float:
    """Return the seconds before another attempt that a unit says."""
    found = re.search(r"^RestartSec=(\d+)ms$", unit, re.MULTILINE)
    assert found is not None, unit
    return int(found[1]) / 1000


def told(seconds: Sequence[float]) -> str:
    """Return the median, the 95th percentile and the most of so many seconds."""
    most = max(seconds)
    high = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else most
    return f"p50 {median(seconds):.1f} s, p95 {high:.1f} s, most {most:.1f} s"


def _name(fault: Fault) -> str:
    return str(getattr(fault, "__name__", fault))
