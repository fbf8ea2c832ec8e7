"""Whatever request was the last of a run that was killed, the next run ends where it would have."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from papaya.sandbox import Fault, Sandbox
from tests.e2e import fleets
from tests.e2e.operator import Operator, Running
from tests.e2e.tenant import Held, held, person
from tests.faults.server import PASSWORD, USERNAME

CONSENT = ("--yes", "--allow-destroy", "99", "--allow-token-change", "99", "--max-change-percent", "100")
SAMPLED = 3


@dataclass(frozen=True)
class Scenario:
    """A command that is killed: what stands before it, and what has to stand after it."""

    before: fleets.Fleet | None
    after: fleets.Fleet
    command: tuple[str, ...]
    check: Callable[[fleets.Fleet, Held, Held], None]


def stands(fleet: fleets.Fleet, now: Held, before: Held) -> None:
    """Insist that the fleet is there and its devices are those from before."""
    fleets.check(fleet, now, before if fleet.origin else None)


def is_gone(fleet: fleets.Fleet, now: Held, before: Held) -> None:
    """Insist that nothing of the fleet is left."""
    assert set(now.bodies) == {("ASSET", "Their Yard"), ("DEVICE", "THEIR-1")}


def is_forgotten(fleet: fleets.Fleet, now: Held, before: Held) -> None:
    """Insist that everything in Karnataka is there without a mark of papaya, and the rest still has it."""
    assert set(now.bodies) == set(before.bodies)
    for named, parents in now.parents.items():
        if named[1] == "Karnataka" or "Karnataka" in parents:
            assert not any(
                key.startswith("papaya.") for scope, key in now.attributes[named] if scope == "server"
            )
            assert "papaya" not in (now.bodies[named]["additionalInfo"] or {})
            assert now.tokens.get(named[1]) == before.tokens.get(named[1])


def _swapped() -> fleets.Fleet:
    fleet = fleets.small()
    fleet.origin = {device["name"]: device["name"] for _, device in fleet.devices()}
    devices = [device for _, device in fleet.devices()]
    fleets.swap(fleet, devices[0], devices[-1])
    return fleet


SCENARIOS: Mapping[str, Scenario] = {
    "creation": Scenario(None, fleets.small(), ("apply", *CONSENT), stands),
    "change": Scenario(
        fleets.small(devices=4), fleets.changed(fleets.small(devices=4), 7), ("apply", *CONSENT), stands
    ),
    "swap": Scenario(fleets.small(), _swapped(), ("apply", *CONSENT), stands),
    "destroy": Scenario(
        fleets.small(), fleets.small(), ("destroy", "--yes", "--allow-destroy", "99"), is_gone
    ),
    "forget": Scenario(
        fleets.small(),
        fleets.small(),
        ("forget", "INDIA/Karnataka", "-f", "fleet.yaml", "--yes"),
        is_forgotten,
    ),
}
# Generous: what is left of them when a run has fewer requests does not kill.
MOST_REQUESTS = {"creation": 56, "change": 64, "swap": 38, "destroy": 46, "forget": 40}
EVERY = [(name, after) for name, most in MOST_REQUESTS.items() for after in range(1, most + 1)]
SAMPLE = sorted(
    (name, after)
    for name, most in MOST_REQUESTS.items()
    for after in Random(name).sample(range(8, most), SAMPLED)
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, Path], Path]]:
    """Return what puts a copy of a scenario's server into a folder; each is made once."""
    made: dict[str, Path] = {}

    def copy(name: str, folder: Path) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            _prepare(SCENARIOS[name], made[name], tmp_path_factory.mktemp("work"))
        return Path(shutil.copytree(made[name], folder / "server"))

    yield copy


def _prepare(scenario: Scenario, data: Path, work: Path) -> None:
    with Sandbox(data) as sandbox:
        sandbox.add_tenant_administrator(USERNAME, PASSWORD)
        with person(sandbox.url) as somebody:
            somebody.plant_foreigners()
        if scenario.before is not None:
            operator = Operator(work, sandbox.url, scenario.before.secrets)
            operator.write(scenario.before.manifest)
            operator.does("apply", *CONSENT)


@pytest.mark.parametrize(("name", "after"), SAMPLE)
def test_the_run_after_a_kill_ends_where_the_killed_one_would_have(
    name: str, after: int, prepared: Callable[[str, Path], Path], tmp_path: Path
) -> None:
    kill_and_go_on(name, after, prepared, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize(("name", "after"), [pair for pair in EVERY if pair not in SAMPLE])
def test_it_does_so_after_every_single_request(
    name: str, after: int, prepared: Callable[[str, Path], Path], tmp_path: Path
) -> None:
    kill_and_go_on(name, after, prepared, tmp_path)


def kill_and_go_on(name: str, after: int, prepared: Callable[[str, Path], Path], folder: Path) -> None:
    """Kill a run right after the server has carried out its request of this number; run it again."""
    scenario = SCENARIOS[name]
    with Sandbox(prepared(name, folder)) as sandbox:
        before = held(sandbox)
        operator = Operator(folder, sandbox.url, scenario.after.secrets)
        operator.write(scenario.after.manifest)
        # One request at a time makes every number a state of its own; ten make others be under way.
        concurrency = "1" if after % 2 else "10"
        with killing(sandbox, operator, after) as start:
            running = start(*scenario.command, "--concurrency", concurrency)
            ended = operator.hear(running)
        assert ended.code in (-signal.SIGKILL, 0), ended.said
        # So that really every request of a run had its turn.
        assert after < MOST_REQUESTS[name] or ended.code == 0, ended.said
        again = operator.run(*scenario.command)
        finished = name == "forget" and "no device or place matches" in again.stderr
        assert again.code == 0 or finished, again.said
        assert "adopt" not in again.stdout, again.said
        now = held(sandbox)
        scenario.check(scenario.after, now, before)
        # A run that finds nothing to do takes no lease; one that was killed with its work done leaves it.
        idle = "No changes." in again.stdout or "Nothing to forget" in again.stdout
        assert now.leases == [] or idle or finished
        assert now.of(("ASSET", "Their Yard"), ("DEVICE", "THEIR-1")) == before.of(
            ("ASSET", "Their Yard"), ("DEVICE", "THEIR-1")
        )
        if scenario.check is stands:
            plan = operator.run("plan", "--detailed-exitcode")
            assert plan.code == 0, plan.said
    operator.check_secrecy()


@contextmanager
def killing(sandbox: Sandbox, operator: Operator, after: int) -> Iterator[Callable[..., Running]]:
    """Start processes that are killed once the sandbox has received so many of their requests."""
    seen, pids = 0, [0]

    def hook(method: str, path: str) -> Fault | None:
        nonlocal seen
        seen += 1
        if seen != after:
            return None
        os.kill(pids[0], signal.SIGKILL)
        return Fault(handled=True, drop=True)

    def start(*arguments: str) -> Running:
        running = operator.start(*arguments)
        pids[0] = running.pid
        return running

    sandbox.before_reply = hook
    try:
        yield start
    finally:
        sandbox.before_reply = None
