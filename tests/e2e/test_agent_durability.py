"""Whatever happens to the agent, to its server and to the line between them: no reading is lost."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.meter import PATIENCE, Meter, ServerProcess, Tenant, wait_for
from tests.e2e.shaky import ShakyLine

DISTURBANCES = (
    "kill agent",
    "kill server",
    "freeze server",
    "drop",
    "delay",
    "hold",
    "stop agent",
    "nothing",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Run a server that can be killed."""
    made = ServerProcess(tmp_path)
    made.start()
    try:
        yield made
    finally:
        made.signal(signal.SIGCONT)
        made.kill()


def check_nothing_is_lost(meter: Meter, tenant: Tenant, device: str, kills: set[int]) -> Counter[str]:
    """Insist that every reading has arrived with its own time, and count."""
    produced = meter.produced()
    keys = sorted({key for key, _, _ in produced})

    def arrived() -> set[tuple[str, int, int]]:
        return {(key, ts, value) for key in keys for ts, value in tenant.telemetry(device, key)}

    last: dict[int, int] = {}
    for process, number in produced.values():
        last[process] = max(number, last.get(process, 0))
    # A process that is killed before it could write down what it was told has not got it.
    excused = {
        told for told, (process, number) in produced.items() if process in kills and number == last[process]
    }
    owed = produced.keys() - excused
    wait_for(
        lambda: owed <= arrived(),
        PATIENCE,
        lambda: f"lost: {sorted(owed - arrived())[:10]} of {len(owed)}\n{meter.text[-6000:]}",
    )
    there = arrived()
    assert there <= produced.keys(), f"never said by a sensor: {sorted(there - produced.keys())[:10]}"
    return Counter(
        produced=len(produced), arrived=len(there), lost=len(owed - there), cut_off=len(excused - there)
    )


def stopped(meter: Meter) -> set[int]:
    """Stop the agent in order; return its process if it was too young to know what that is."""
    process = meter.process.pid if meter.process is not None else 0
    return {process} if meter.stop() == -signal.SIGTERM else set()


def run_rounds(rounds: int, seed: int, server: ServerProcess, folder: Path) -> Counter[str]:
    """Disturb everything for so many rounds and return what was counted."""
    chance = random.Random(seed)
    tenant = Tenant(server.url)
    device = tenant.create()
    counted: Counter[str] = Counter()
    kills: set[int] = set()
    with ShakyLine(server.mqtt_port) as line:
        meter = Meter(folder, line.mqtt_url)
        meter.start()
        try:
            meter.hears("connected to")
            for _ in range(rounds):
                time.sleep(chance.uniform(0.2, 1.2))
                disturbance = chance.choice(DISTURBANCES)
                counted[disturbance] += 1
                if disturbance == "kill agent" and meter.process is not None:
                    kills.add(meter.process.pid)
                    meter.kill()
                    time.sleep(chance.uniform(0, 0.5))
                    meter.start()
                    time.sleep(chance.uniform(0.3, 2.5))
                elif disturbance == "stop agent":
                    kills |= stopped(meter)
                    meter.start()
                    time.sleep(chance.uniform(0.3, 2.5))
                elif disturbance == "kill server":
                    server.kill()
                    time.sleep(chance.uniform(0, 1))
                    server.start()
                elif disturbance == "freeze server":
                    server.signal(signal.SIGSTOP)
                    time.sleep(chance.uniform(0.2, 2))
                    server.signal(signal.SIGCONT)
                elif disturbance == "drop":
                    for _ in range(chance.randint(1, 4)):
                        line.drop()
                        time.sleep(chance.uniform(0, 0.6))
                elif disturbance == "delay":
                    line.delay = chance.uniform(0.05, 0.4)
                elif disturbance == "hold":
                    line.is_held = True
                    time.sleep(chance.uniform(0.2, 2))
                    if chance.random() < 0.5:
                        line.drop()
                    line.is_held = False
                else:
                    line.delay = 0.0
            line.delay = 0.0
            time.sleep(1)
            # Enough to lose some of, also on a machine that takes long to start an agent.
            wait_for(lambda: len(meter.produced()) > 30, PATIENCE, lambda: meter.text)
            kills |= stopped(meter)
            # What is still in the spool goes out with the next start; its own sensors are done by then.
            meter.write([])
            meter.start()
            counted += check_nothing_is_lost(meter, tenant, device, kills)
        finally:
            if meter.process is not None:
                meter.kill()
            tenant.close()
    return counted


def test_no_reading_is_lost_in_a_few_rounds(server: ServerProcess, tmp_path: Path) -> None:
    counted = run_rounds(4, 6, server, tmp_path)
    assert counted["arrived"] > 30


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(4))
def test_no_reading_is_lost_in_many_rounds(seed: int, server: ServerProcess, tmp_path: Path) -> None:
    counted = run_rounds(20, seed, server, tmp_path)
    print(f"seed {seed}: {dict(counted)}")
    assert counted["lost"] == 0
