"""Times a first apply over a long line as a ratio to the same server's without one.

    python -m tests.benchmarks.latency [--devices 300] [--milliseconds 100] [--concurrency N ...] [--url URL]

Applies a fleet directly and through a proxy that lets every piece of data wait for half the round trip, in
turns, each with a fleet of its own. Without --url a sandbox process serves, which answers at once: only a
real server says what the line costs there, in a tenant that is deleted at the end. The numbers of
--concurrency are tried beside papaya's own choice.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks.empty_plan import manifest, named, run
from tests.benchmarks.first_apply import place
from tests.benchmarks.long_line import long_line


def write(folder: str, devices: int, tag: str) -> Path:
    """Write the manifest of a fleet of that name and return where."""
    path = Path(folder) / "fleet.yaml"
    path.write_text(named(manifest(devices), tag), encoding="utf-8")
    return path


def rate(url: str, devices: int, tag: str, options: tuple[str, ...] = ()) -> float:
    """Apply a fleet of that name and return the devices a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, devices, tag)
        started = time.perf_counter()
        run("apply", str(path), "--url", url, "--yes", *options)
        return devices / (time.perf_counter() - started)


def measure(devices: int, milliseconds: float, numbers: list[int], url: str | None, rounds: int) -> None:
    """Print the rates over the line beside those without it."""
    ways = {"papaya's own choice": (), **{f"--concurrency {n}": ("--concurrency", str(n)) for n in numbers}}
    near: list[float] = []
    far: dict[str, list[float]] = {name: [] for name in ways}
    with place(url) as (base, username, password), long_line(base, milliseconds) as away:
        os.environ.update(PAPAYA_USERNAME=username, PAPAYA_PASSWORD=password)
        for number in range(rounds):
            near.append(rate(base, devices, f"NEAR{number}"))
            for way, (name, options) in enumerate(ways.items()):
                far[name].append(rate(away, devices, f"FAR{number}W{way}", options))
    direct = statistics.median(near)
    print(
        f"{devices} devices on {url or 'the sandbox'}, a round trip of {milliseconds:g} ms, {rounds} rounds"
    )
    print(f"  without the line       {direct:8.1f} devices a second")
    for name, rates in far.items():
        there = statistics.median(rates)
        print(f"  {name:<22} {there:8.1f}   {there / direct:.0%} of that (aim: 95 % on a real server)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=300)
    parser.add_argument("--milliseconds", type=float, default=100)
    parser.add_argument("--concurrency", type=int, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url")
    chosen = parser.parse_args()
    measure(chosen.devices, chosen.milliseconds, chosen.concurrency, chosen.url, chosen.rounds)
