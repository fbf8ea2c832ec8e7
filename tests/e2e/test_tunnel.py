"""`papaya tunnel run` between two real sshds: what it survives, what it refuses, and that nothing stays."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tunnel.bastion import Sshd, banner_at, free_port
from tests.tunnel.black_hole import BlackHole
from tests.tunnel.rig import DEVICE, PATIENCE, Rig, Run, wait_until

# So that the port of a connection whose device has gone is free again after three seconds.
QUICK = ("ClientAliveInterval 1", "ClientAliveCountMax 2")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Return a bastion, a device and a manifest that joins them."""
    with Sshd(tmp_path / "bastion", QUICK) as bastion, Sshd(tmp_path / "device") as device:
        yield Rig(tmp_path, bastion=bastion, device=device)


def test_a_command_goes_through_the_port_of_the_bastion_and_back(rig: Rig) -> None:
    with rig.run() as run:
        up = run.told("up")
        assert (up["device"], up["unit"], up["remotePort"]) == (DEVICE, "papaya-ssh.service", rig.remote_port)
        assert rig.on_device("echo hello from $((6 * 7))") == "hello from 42\n"
    assert [event["event"] for event in run.events] == ["connecting", "up", "stopped"]


def test_keys_that_the_manifest_pins_count_instead_of_the_file(rig: Rig) -> None:
    rig.known_hosts.write_text("", encoding="utf-8")
    rig.write_manifest(hostKeys=[rig.bastion.public_host_key])
    with rig.run() as run:
        run.told("up")


def test_further_forwards_stand_beside_the_first(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as page:
        port = free_port()
        rig.bastion.forget_keys()
        rig.bastion.authorize(rig.key, f'{rig.restriction},permitlisten="127.0.0.1:{port}"')
        rig.write_manifest(forwards={"web": page.getsockname()[1]})
        lock = rig.folder / "tunnel-ports.lock.yaml"
        lock.write_text(
            f"apiVersion: papaya/v1\nkind: TunnelPorts\nhosts:\n  127.0.0.1:\n    {DEVICE}: {{web: {port}}}\n"
        )
        with rig.run() as run:
            both = {"papaya-ssh.service", "papaya-ssh@web.service"}
            wait_until(lambda: _up(run) == both, PATIENCE, "not both are up")
            with socket.create_connection(("127.0.0.1", port), PATIENCE):
                page.settimeout(PATIENCE)
                page.accept()[0].close()
            assert banner_at(rig.remote_port).startswith("SSH-2.0-")


def _up(run: Run) -> set[str]:
    return {event["unit"] for event in run.events if event["event"] == "up"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_every_process(rig: Rig, number: signal.Signals) -> None:
    with rig.run() as run:
        run.told("up")
        assert run.end(number) == 0
        assert not rig.ssh_processes()
        assert run.events[-1]["event"] == "stopped"
    wait_until(lambda: not banner_at(rig.remote_port), PATIENCE, "the bastion still forwards")


def test_a_signal_that_the_kernel_gives_to_another_thread_ends_it_too(rig: Rig) -> None:
    with rig.run() as run:
        run.told("up")
        threads = {int(task.name) for task in Path(f"/proc/{run.process.pid}/task").iterdir()}
        # To its number the kernel gives a thread what is for the whole process, if it can.
        os.kill(max(threads - {run.process.pid}), signal.SIGTERM)
        assert run.process.wait(PATIENCE) == 0
        assert not rig.ssh_processes()


def test_ssh_does_not_outlive_a_papaya_that_is_killed(rig: Rig) -> None:
    with rig.run() as run:
        run.told("up")
        assert rig.ssh_processes()
        assert run.end(signal.SIGKILL) == -signal.SIGKILL
        wait_until(lambda: not rig.ssh_processes(), PATIENCE, "an ssh process stays behind")


def test_a_second_run_for_the_same_device_is_refused(rig: Rig) -> None:
    with rig.run() as run:
        run.told("up")
        second = rig.papaya("tunnel", "run", DEVICE, "-f", str(rig.manifest))
        assert second.returncode == 1
        assert f"papaya tunnel run keeps papaya-ssh.service of {DEVICE} already" in second.stderr


def test_it_comes_back_when_the_bastion_does(rig: Rig) -> None:
    with rig.run() as run:
        run.told("up")
        rig.bastion.kill()
        assert run.told("down")["error"] == "lost"
        run.told("failed", error="refused")
        before = len(run.events)
        rig.bastion.start()
        run.told("up", after=before)
        assert rig.on_device("echo again") == "again\n"


def test_a_frozen_bastion_is_noticed_and_left(rig: Rig) -> None:
    with rig.run() as run:
        run.told("up")
        rig.bastion.freeze()
        down = run.told("down")
        assert down["error"] == "lost"
        assert "no sign of life" in down["text"]
        before = len(run.events)
        rig.bastion.thaw()
        run.told("up", after=before)
        assert rig.on_device("echo again") == "again\n"


def test_another_host_key_is_refused_and_says_what_to_do(rig: Rig) -> None:
    with rig.run() as run:
        run.told("up")
        rig.bastion.change_host_key()
        # Before that it may have found nobody there.
        failed = run.told("failed", error="hostKeyChanged")
        assert str(rig.known_hosts) in failed["text"]
        assert "another machine answers in its place" in failed["remedy"]
        assert f"papaya tunnel check {DEVICE}" in failed["remedy"]
        assert not banner_at(rig.remote_port)
        before = len(run.events)
        rig.pin()
        run.told("up", after=before)


def test_a_taken_port_is_waited_for(rig: Rig) -> None:
    with rig.run() as run:
        with socket.create_server(("127.0.0.1", rig.remote_port)):
            failed = run.told("failed")
            assert failed["error"] == "portTaken"
            assert f"does not give port {rig.remote_port}" in failed["text"]
            assert "ClientAliveInterval" in failed["remedy"]
            assert not any(event["event"] == "up" for event in run.events)
        freed = time.monotonic()
        run.told("up")
        assert time.monotonic() - freed < 30


def test_a_key_that_the_bastion_does_not_know_is_told_and_tried_again(rig: Rig) -> None:
    rig.bastion.forget_keys()
    with rig.run() as run:
        failed = run.told("failed")
        assert failed["error"] == "keyRefused"
        assert f"papaya tunnel authorized-key {DEVICE}" in failed["remedy"]
        rig.bastion.authorize(rig.key, rig.restriction)
        run.told("up")


def test_a_network_that_swallows_everything_is_left_and_come_back_to(rig: Rig) -> None:
    with BlackHole(rig.bastion.port) as between:
        rig.pin(between.port)
        rig.write_manifest(port=between.port)
        with rig.run() as run:
            run.told("up")
            between.swallow()
            dropped = time.monotonic()
            assert "no sign of life" in run.told("down")["text"]
            before = len(run.events)
            between.pass_on()
            run.told("up", after=before)
            print(f"usable {time.monotonic() - dropped:.1f} s after the drop")
            assert rig.on_device("echo again") == "again\n"
