"""Faults of papaya itself: caught at one place, told in one line, counted, and followed by pauses."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from papaya.agent.agent import Agent
from papaya.agent.guard import Guard, fault_in
from papaya.agent.link import Address
from papaya.agent.notify import Notify
from papaya.agent.processes import Programs
from papaya.agent.sampling import Sampling
from papaya.agent.settings import AgentSettings
from papaya.agent.spool import Spool, SpoolUnusable
from papaya.agent.tunnel import TunnelWatch
from papaya.manifest.model import Json, Sensor
from tests.e2e.meter import PATIENCE, wait_for


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def breaks() -> None:
    """Raise what nobody foresaw."""
    raise RuntimeError("first line\nsecond line \x1b[2J" + "x" * 5_000)


def test_a_part_that_fails_pauses_longer_each_time_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    guard = Guard(clock)
    tries = 0
    for _ in range(60_000):
        clock.now += 0.01
        before = guard.faults
        guard.run("connection", breaks)
        tries += guard.faults - before
    # In ten minutes; without pauses it would be sixty thousand.
    assert 5 < tries < 40
    assert guard.faults == tries
    told = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(told) == 1
    assert "\n" not in told[0].getMessage()
    assert "\x1b" not in told[0].getMessage()
    assert len(told[0].getMessage()) < 600
    assert guard.not_before("connection", 0) > clock.now - 60
    assert guard.not_before("sensors", 5) == 5


def test_a_part_that_works_again_has_no_pause() -> None:
    clock = Clock()
    guard = Guard(clock)
    assert not guard.run("spool", breaks)
    clock.now = 100
    assert guard.run("spool", lambda: None)
    assert guard.run("spool", lambda: None)
    assert guard.not_before("spool", 0) == 0


def test_a_fault_names_its_place() -> None:
    try:
        breaks()
    except RuntimeError as error:
        assert "RuntimeError at " in fault_in(error)
        assert "test_agent_faults.py" in fault_in(error)


def settings(folder: Path, **more: object) -> AgentSettings:
    """Return the settings of an agent that reaches no server."""
    sensors = (Sensor("a", every=0.1, source={"type": "simulated"}),)
    return AgentSettings(
        "PM-0001",
        Address("127.0.0.1", 1),
        lambda: "token",
        folder / "a.spool",
        sensors,
        **more,  # type: ignore[arg-type]
    )


def test_an_agent_goes_on_whatever_part_of_its_loop_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agents: list[Agent] = []
    tries = 0
    tick = Sampling.tick

    def broken(sampling: Sampling) -> None:
        nonlocal tries
        tries += 1
        if tries < 5:
            breaks()
        tick(sampling)

    monkeypatch.setattr(Sampling, "tick", broken)

    def work() -> None:
        # The spool belongs to one thread.
        agents.append(Agent(settings(tmp_path)))
        agents[0].run()

    thread = threading.Thread(target=work)
    thread.start()
    wait_for(lambda: bool(agents), PATIENCE, lambda: "no agent")
    agent = agents[0]
    try:
        wait_for(
            lambda: "a" in agent.readings() and "value" in str(agent.readings()["a"]),
            PATIENCE,
            lambda: caplog.text,
        )
        agent._inbox.put(breaks)
        wait_for(lambda: agent.condition()["internalFaults"] == 5, PATIENCE, lambda: caplog.text)
    finally:
        agent.stop()
        thread.join(PATIENCE)
    assert not thread.is_alive()
    spool = Spool.open(tmp_path / "a.spool")
    assert spool.count > 0
    spool.close()


def test_a_tunnel_that_cannot_be_asked_is_told_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    clock, done = Clock(), threading.Event()
    answers: list[Mapping[str, Json]] = []

    def read() -> Mapping[str, Json]:
        if clock.now < 100:
            breaks()
        return {"up": True}

    def later(event: object) -> None:
        assert callable(event)
        event()
        done.set()

    watch = TunnelWatch(read, answers.append, later, clock)
    for now in (0, 50, 150):
        clock.now = float(now)
        done.clear()
        watch.tick()
        assert done.wait(PATIENCE)
    assert answers == [{"papaya.tunnel": {"up": True}}]
    assert caplog.text.count("cannot tell how the tunnel is doing") == 1


def test_a_program_that_cannot_even_be_described_is_answered_and_may_be_called_again() -> None:
    said: list[str | None] = []
    programs = Programs(lambda event: event())
    for number in (1, 2):
        assert programs.start("identify", ["true", "a\0b"], said.append)
        wait_for(lambda count=number: len(said) == count, PATIENCE, lambda: "no answer")  # type: ignore[misc]
        time.sleep(0.01)
    assert all("null byte" in str(fault) for fault in said)


@pytest.mark.parametrize("written", ["²", "9" * 5_000, "-1", "0", "x", "", "1e3"])
def test_a_watchdog_interval_that_is_no_number_is_none(written: str) -> None:
    assert Notify({"WATCHDOG_USEC": written}, lambda: 0.0).interval is None
    Notify({"NOTIFY_SOCKET": "/nowhere\udcff"}, lambda: 0.0).ready()


def test_a_spool_that_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "pipe", tmp_path / "folder", Path("/dev/zero")):
        with pytest.raises(SpoolUnusable, match="not a file"):
            Spool.open(path)
