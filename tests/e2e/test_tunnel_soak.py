"""The tunnel at full counts: a hundred faults, drops with the settings of the field, a thousand ports."""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
import signal
import socket
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from papaya.tunnel.keeping import find_ssh
from papaya.tunnel.passage import Login, Passage
from papaya.tunnel.probe import probe_ports
from tests.tunnel.bastion import Sshd, banner_at, make_key
from tests.tunnel.black_hole import BlackHole
from tests.tunnel.rig import Rig, Run, wait_until

FAULTS, DROPS, SINGLE_DROPS, KILLS, PORTS = 100, 10, 20, 50, 1000
QUICK = ("ClientAliveInterval 1", "ClientAliveCountMax 2")
# As papaya tunnel bastion writes them.
FIELD = ("ClientAliveInterval 5", "ClientAliveCountMax 2")


class Line:
    """A rig with a network between device and bastion that can be lost."""

    def __init__(self, rig: Rig, between: BlackHole) -> None:
        self.rig, self.between = rig, between
        rig.pin(between.port)
        rig.write_manifest(port=between.port)

    def bastion_restarts(self) -> None:
        """Lose power and come back."""
        self.rig.bastion.restart()

    def bastion_is_away(self) -> None:
        """Lose power and come back later."""
        self.rig.bastion.kill()
        time.sleep(2)
        self.rig.bastion.start()

    def bastion_freezes(self) -> None:
        """Hang, and go on after the device has given up."""
        self.rig.bastion.freeze()
        time.sleep(5)
        self.rig.bastion.thaw()

    def network_is_lost(self) -> None:
        """Swallow everything, and have the device come from elsewhere afterwards."""
        self.between.swallow()
        time.sleep(3)
        self.between.pass_on()

    def port_is_taken(self) -> None:
        """Lose power; somebody else listens at the port for a while."""
        self.rig.bastion.kill()
        with socket.create_server(("127.0.0.1", self.rig.remote_port)):
            self.rig.bastion.start()
            time.sleep(2)

    def host_key_changes(self) -> None:
        """Get another host key, which somebody pins after a while."""
        self.rig.bastion.change_host_key()
        time.sleep(2)
        self.rig.pin(self.between.port)


@pytest.fixture
def rig(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Return a bastion with the settings that a test names, a device and a manifest that joins them."""
    settings = getattr(request, "param", QUICK)
    with Sshd(tmp_path / "bastion", settings) as bastion, Sshd(tmp_path / "device") as device:
        yield Rig(tmp_path, bastion=bastion, device=device)


class Banner:
    """Says at a port of loopback what an SSH server says first, to whoever comes."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection:
                    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


def comes_back(rig: Rig, run: Run, before: int, patience: float = 120.0) -> None:
    """Wait until the tunnel is told to be up, and insist that it is when it is told."""
    run.told("up", after=before, patience=patience)
    assert banner_at(rig.remote_port, 5).startswith("SSH-2.0-"), f"up, and nobody answers:\n{run.said}"


@pytest.mark.soak
def test_a_hundred_faults_leave_no_false_up_and_no_orphan(rig: Rig) -> None:
    chance = random.Random(8)
    times: dict[str, list[float]] = defaultdict(list)
    with BlackHole(rig.bastion.port) as between:
        line = Line(rig, between)
        faults = [
            line.bastion_restarts, line.bastion_is_away, line.bastion_freezes,
            line.network_is_lost, line.port_is_taken, line.host_key_changes,
        ]  # fmt: skip
        with rig.run() as run:
            comes_back(rig, run, 0)
            for number in range(FAULTS):
                fault = faults[number % len(faults)] if number < len(faults) else chance.choice(faults)
                # Some come soon after the last one, some after health.
                time.sleep(chance.choice([0.2, 1, 12]))
                before = len(run.events)
                fault()
                mended = time.monotonic()
                comes_back(rig, run, before)
                times[fault.__name__].append(time.monotonic() - mended)
                assert len(rig.ssh_processes()) == 1
    for name, seconds in sorted(times.items()):
        median, worst = statistics.median(seconds), max(seconds)
        print(f"{name}: {len(seconds)} times, usable {median:.1f} s after mending, at worst {worst:.1f} s")


@pytest.mark.soak
def test_a_papaya_that_is_killed_at_any_moment_leaves_no_ssh(rig: Rig) -> None:
    chance = random.Random(9)
    caught = 0
    for _ in range(KILLS):
        with rig.run() as run:
            run.told("connecting")
            # From before ssh is started until it forwards.
            time.sleep(chance.uniform(0, 0.4))
            caught += bool(rig.ssh_processes())
            assert run.end(signal.SIGKILL) == -signal.SIGKILL
            wait_until(lambda: not rig.ssh_processes(), 5, "an ssh process stays behind")
    print(f"killed {KILLS} times, {caught} times while ssh ran")
    assert caught > KILLS / 2


@pytest.mark.soak
@pytest.mark.parametrize("rig", [FIELD], indirect=True)
def test_a_drop_of_20_s_with_a_new_address_costs_less_than_45_s(rig: Rig) -> None:
    costs = []
    with BlackHole(rig.bastion.port) as between:
        Line(rig, between)
        with rig.run("--sign-of-life", "10s") as run:
            comes_back(rig, run, 0)
            for _ in range(DROPS):
                time.sleep(12)
                before = len(run.events)
                between.swallow()
                dropped = time.monotonic()
                time.sleep(20)
                between.pass_on()
                comes_back(rig, run, before)
                costs.append(time.monotonic() - dropped)
    print(f"{DROPS} drops, usable after {', '.join(f'{cost:.1f}' for cost in sorted(costs))} s")
    assert max(costs) < 45


@pytest.mark.soak
def test_a_single_drop_after_health_costs_two_seconds_at_most_beyond_the_pause(rig: Rig) -> None:
    costs = []
    with rig.run() as run:
        comes_back(rig, run, 0)
        for _ in range(SINGLE_DROPS):
            time.sleep(11)
            before = len(run.events)
            rig.bastion.restart()
            dropped = time.monotonic()
            comes_back(rig, run, before)
            costs.append(time.monotonic() - dropped)
    print(f"{SINGLE_DROPS} drops, usable after {min(costs):.1f} to {max(costs):.1f} s")
    assert max(costs) < 3


@pytest.mark.soak
def test_a_thousand_ports_are_probed_through_ssh_within_ten_seconds(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    key = tmp_path / "key"
    make_key(key)
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        bastion = stack.enter_context(Sshd(tmp_path / "bastion"))
        bastion.authorize(key)
        known_hosts, configuration = tmp_path / "known_hosts", tmp_path / "config"
        known_hosts.write_text(bastion.known_hosts_line, encoding="utf-8")
        configuration.write_text(f"IdentityFile {key}\nUserKnownHostsFile {known_hosts}\n", encoding="utf-8")
        # Every second port is stale: it takes connections, nobody says anything.
        stale = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(PORTS // 2)]
        live = [stack.enter_context(Banner()) for _ in range(PORTS // 2)]
        ports = {one.getsockname()[1]: False for one in stale} | {one.port: True for one in live}
        began = time.monotonic()
        login = Login("127.0.0.1", bastion.port, bastion.user, configuration)
        with Passage(find_ssh(), login, list(ports)) as passage:
            found = asyncio.run(probe_ports(dict.fromkeys(ports, True), passage.connect))
            probes = passage.corrected(found)
        seconds = time.monotonic() - began
    print(f"{PORTS} ports, every second one stale: {seconds:.1f} s")
    assert {port: probe.verdict for port, probe in probes.items()} == {
        port: "up" if is_live else "stale" for port, is_live in ports.items()
    }
    assert seconds < 10
