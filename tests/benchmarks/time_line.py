"""Draws the time line of one first apply over a long line: what was under way when, and for what.

    python -m tests.benchmarks.time_line [--devices 300] [--milliseconds 100] [--url URL]

Prints every request before the devices and after the last of them, and for each fifth of a second how many
were under way at once in the middle. A round trip in which fewer requests run than could is a row with few.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.empty_plan import run
from tests.benchmarks.first_apply import place
from tests.benchmarks.latency import write
from tests.benchmarks.long_line import long_line

_SLICE = 0.2
_ENDED = 1.0
_MOST = 400
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: when it was sent and answered, on which connection, and whether it waited for that."""

    sent: float
    came: float
    connection: int
    waited: bool
    what: str


def read(record: Path) -> list[Request]:
    """Return the requests that a line wrote down, by the time of their sending."""
    rows = [line.rstrip("\n").split("\t") for line in record.read_text(encoding="utf-8").splitlines()]
    return sorted(
        (Request(float(row[0]), float(row[1]), int(row[2]), row[3] == "1", row[4]) for row in rows),
        key=lambda one: one.sent,
    )


def round_trips(requests: list[Request], milliseconds: float) -> float:
    """Return for how many round trips at most three requests were under way."""
    moments = sorted({one.sent for one in requests} | {one.came for one in requests})
    quiet = 0.0
    for start, end in zip(moments, moments[1:], strict=False):
        if sum(1 for one in requests if one.sent <= start and one.came >= end) <= _FEW:
            quiet += end - start
    return quiet / milliseconds * 1000


_FEW = 3


def one_after_the_other(requests: list[Request]) -> list[int]:
    """Return for each request how many round trips lie one after the other up to its answer.

    A request waits for those whose answers were there when it was sent, and for its connection if it has to.
    """
    lengths: list[int] = []
    answered = sorted(range(len(requests)), key=lambda number: requests[number].came)
    at, longest = 0, 0
    for one in requests:
        while at < len(answered) and requests[answered[at]].came <= one.sent:
            longest, at = max(longest, lengths[answered[at]]), at + 1
        lengths.append(longest + 1 + one.waited)
    return lengths


def told(requests: list[Request], seconds: float, milliseconds: float, *, in_full: bool) -> None:
    """Print the time line."""
    began, ended = requests[0].sent, max(one.came for one in requests)
    print(f"{len(requests)} requests on {len({one.connection for one in requests})} connections")
    print(f"  {seconds:.2f} s in all, {ended - began:.2f} s from the first request to the last answer")
    print(f"  at most {_FEW} under way: {round_trips(requests, milliseconds):.1f} round trips")
    devices = [one.sent for one in requests if one.what == "POST /api/device"]
    first, last = (devices[0], devices[-1]) if devices else (ended, ended)
    before = [one for one in requests if one.sent < first]
    after = [one for one in requests if one.sent >= last]
    trips = max(one_after_the_other(before), default=0), max(one_after_the_other(after), default=0)
    print(
        f"  one after the other: {trips[0]} round trips before the first device, {trips[1]} from the last on"
    )
    print(f"  before the first device {first - began:.2f} s, from the last one on {ended - last:.2f} s")
    for one in requests[:_MOST]:
        if in_full or one.sent <= first or one.sent > last:
            mark = "+" if one.waited else " "
            what = _ID.sub("…", one.what)[:100]
            print(f"  {one.sent - began:7.3f} {one.came - began:7.3f} {one.connection:4}{mark} {what}")
    at = first
    while at < ended:
        running = sum(1 for one in requests if one.sent < at + _SLICE and one.came > at)
        done = sum(1 for one in requests if at <= one.came < at + _SLICE)
        made = sum(1 for one in requests if one.waited and at <= one.sent < at + _SLICE)
        print(f"  {at - began:7.2f} s: {running:4} under way, {done:4} answered, {made:3} connections made")
        at += _SLICE


def measure(devices: int, milliseconds: float, url: str | None, *, in_full: bool) -> None:
    """Apply a fleet over the line and print what happened when."""
    with tempfile.TemporaryDirectory() as folder, place(url) as (base, username, password):
        record = Path(folder) / "requests"
        with long_line(base, milliseconds, record) as away:
            os.environ.update(PAPAYA_USERNAME=username, PAPAYA_PASSWORD=password)
            path = write(folder, devices, "LINE")
            started = time.perf_counter()
            run("apply", str(path), "--url", away, "--yes")
            seconds = time.perf_counter() - started
            # The last request of each connection is written down when its end has gone over the line.
            time.sleep(_ENDED + milliseconds / 500)
        told(read(record), seconds, milliseconds, in_full=in_full)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=300)
    parser.add_argument("--milliseconds", type=float, default=100)
    parser.add_argument("--url")
    parser.add_argument("--in-full", action="store_true", help="Print the first 400 requests, too.")
    chosen = parser.parse_args()
    measure(chosen.devices, chosen.milliseconds, chosen.url, in_full=chosen.in_full)
