"""A device, its bastion and `papaya tunnel run` between them, all real and all on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.tunnel.bastion import Sshd, free_port, make_key
from tests.tunnel.processes import is_alive

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
DEVICE = "PM-0001"


class Rig:
    """A bastion that lets the device's key in, the device's own sshd, and a manifest that joins them."""

    def __init__(self, folder: Path, *, bastion: Sshd, device: Sshd) -> None:
        self.folder, self.bastion, self.device = folder, bastion, device
        self.remote_port = free_port()
        self.key, self.operator_key = folder / "device_key", folder / "operator_key"
        self.known_hosts, self.manifest = folder / "known_hosts", folder / "fleet.yaml"
        make_key(self.key)
        make_key(self.operator_key, "operator")
        bastion.authorize(self.key, self.restriction)
        bastion.authorize(self.operator_key)
        device.authorize(self.operator_key)
        self.operator_configuration = folder / "operator_config"
        self.operator_configuration.write_text(self._configuration(), encoding="utf-8")
        self.pin()
        self.write_manifest()

    @property
    def restriction(self) -> str:
        """Return what the bastion allows the device's key."""
        return f'restrict,port-forwarding,permitlisten="127.0.0.1:{self.remote_port}"'

    def pin(self, port: int | None = None) -> None:
        """Pin the bastion's host key, to another port where something stands between."""
        where = f"[127.0.0.1]:{port or self.bastion.port}"
        self.known_hosts.write_text(f"{where} {self.bastion.public_host_key}\n", encoding="utf-8")

    def write_manifest(self, *, port: int | None = None, **tunnel: Any) -> None:
        """Write the manifest; `tunnel` adds to what it says about the tunnel."""
        fleet = {
            "apiVersion": "papaya/v1",
            "kind": "Fleet",
            "metadata": {"name": "meters"},
            "tunnel": {
                "host": "127.0.0.1",
                "port": port or self.bastion.port,
                "user": self.bastion.user,
                "identityFile": str(self.key),
                "knownHosts": str(self.known_hosts),
                **tunnel,
            },
            "countries": [{"name": "INDIA", "states": [{"name": "Karnataka", "devices": [self._entry()]}]}],
        }
        self.manifest.write_text(json.dumps(fleet, indent=1), encoding="utf-8")

    def run(self, *options: str) -> Run:
        """Start `papaya tunnel run`, with signs of life every second."""
        return Run(
            self, ["tunnel", "run", DEVICE, "-f", str(self.manifest), "--sign-of-life", "1s", *options]
        )

    def papaya(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run papaya to its end."""
        return subprocess.run(
            [sys.executable, "-m", "papaya", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def on_device(self, command: str, port: int | None = None) -> str:
        """Run a command on the device, through the port of the bastion that leads to it."""
        known = self.folder / "device_known_hosts"
        known.write_text(f"* {self.device.public_host_key}\n", encoding="utf-8")
        done = subprocess.run(
            ["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={known}"]
            + ["-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes", "-i", str(self.operator_key)]
            + ["-p", str(port or self.remote_port), f"{self.device.user}@127.0.0.1", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def device_tunnel(self) -> dict[str, Any]:
        """Return the device's end of the tunnel, complete, for an entry of another manifest."""
        return {
            "host": "127.0.0.1",
            "port": self.bastion.port,
            "user": self.bastion.user,
            "identityFile": str(self.key),
            "knownHosts": str(self.known_hosts),
            "remotePort": self.remote_port,
            "localPort": self.device.port,
        }

    @property
    def operator_options(self) -> tuple[str, ...]:
        """Return how papaya is told to sign in to the bastion as the operator."""
        return ("--jump-user", self.bastion.user, "--ssh-config", str(self.operator_configuration))

    def ssh_processes(self) -> list[int]:
        """Return every process on this machine that uses the device's key, whoever its parent is."""
        return self.processes_with(self.key)

    def processes_with(self, file: Path) -> list[int]:
        """Return every process on this machine that was told of a file of this rig."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                arguments = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(file).encode() in arguments and is_alive(int(entry.name)):
                found.append(int(entry.name))
        return found

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the environment of papaya's processes."""
        own = {"PYTHONPATH": str(ROOT), "RUNTIME_DIRECTORY": str(self.folder), "PYTHONFAULTHANDLER": "1"}
        return {**os.environ, **own}

    def _configuration(self) -> str:
        known = self.folder / "operator_known_hosts"
        text = f"{self.bastion.known_hosts_line}{DEVICE} {self.device.public_host_key}\n"
        known.write_text(text, encoding="utf-8")
        return (
            f"Host *\n IdentityFile {self.operator_key}\n IdentitiesOnly yes\n"
            f" UserKnownHostsFile {known}\n StrictHostKeyChecking yes\n"
        )

    def _entry(self) -> dict[str, Any]:
        return {
            "name": DEVICE,
            "tunnel": {"remotePort": self.remote_port, "localPort": self.device.port},
        }


class Run:
    """`papaya tunnel run` under way; leaving the block ends it, and insists that nothing of it stays."""

    def __init__(self, rig: Rig, arguments: list[str]) -> None:
        self._rig = rig
        self._out, self._err = rig.folder / "run.out", rig.folder / "run.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "papaya", *arguments, "--json"],
                cwd=rig.folder,
                env=rig.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        if kind is None:
            wait_until(lambda: not self._rig.ssh_processes(), PATIENCE, "an ssh process stays behind")

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return what it has told so far."""
        lines = self._out.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    @property
    def said(self) -> str:
        """Return all of it, for the message of a failed assertion."""
        return self._out.read_text(encoding="utf-8") + self._err.read_text(encoding="utf-8")

    def told(
        self, what: str, *, after: int = 0, patience: float = PATIENCE, error: str | None = None
    ) -> dict[str, Any]:
        """Return the first event of a kind, of one error if one is named, after the first `after` of all."""
        until = time.monotonic() + patience
        while True:
            for event in self.events[after:]:
                if event["event"] == what and error in {None, event.get("error")}:
                    return event
            assert time.monotonic() < until, f"there was no event {what}:\n{self.said}"
            assert self.process.poll() is None, f"papaya has ended:\n{self.said}"
            time.sleep(0.05)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return how it ended."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def wait_until(holds: Callable[[], bool], patience: float, otherwise: str) -> None:
    """Wait until something holds."""
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, otherwise
        time.sleep(0.05)
