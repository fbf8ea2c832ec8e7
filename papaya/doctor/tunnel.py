"""The way of a tunnel, step by step: name, port, host key, key, sign-in, remote port, and what waits here."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from papaya.doctor.finding import Finding, attempt, doubtful, fine, wrong
from papaya.doctor.machine import check_ssh
from papaya.doctor.network import check_name, check_port
from papaya.manifest.model import Device
from papaya.tunnel.attempt import Ended
from papaya.tunnel.attempt import attempt as try_ssh
from papaya.tunnel.complaints import Complaint, complaint_of
from papaya.tunnel.device_key import usable_key
from papaya.tunnel.here import condition_here
from papaya.tunnel.host_keys import HostKey, parsed, pinned_in, scanned
from papaya.tunnel.keeping import find_ssh
from papaya.tunnel.known_hosts import host_pattern, known_hosts_of
from papaya.tunnel.line import LOOPBACK, Line, ssh_arguments
from papaya.tunnel.stopping import Stop

_STEPS: Final = ("ssh", "dns", "port", "host-key", "key", "authentication", "remote-port")
_TRIAL_SECONDS: Final = 20.0
# A server greets as soon as it takes a connection; on the slowest lines that takes a few seconds.
_GREETING_SECONDS: Final = 8.0
# ssh-keyscan has waited before.
_REASON_SECONDS: Final = 5.0
_BANNER_SECONDS: Final = 3.0


class TunnelVisit:
    """One walk along the tunnel of a device; what one step finds out decides whether the next makes sense."""

    def __init__(self, device: Device, lines: Sequence[Line], environment: Mapping[str, str]) -> None:
        self.not_checked: list[str] = []
        self._device, self._lines, self._environment = device, tuple(lines), environment

    def findings(self) -> Iterator[Finding]:
        """Yield one line after the other."""
        first = self._lines[0]
        ways: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
            ("ssh", lambda: check_ssh(True)),
            ("dns", lambda: check_name(first.host)),
            ("port", lambda: check_port(first.host, first.port)),
            ("host-key", lambda: check_host_key(first, self._device)),
            ("key", lambda: check_key(first)),
            *(("authentication", lambda line=line: self._sign_in(line)) for line in self._lines),
        )
        told: set[str] = set()
        for check, find in ways:
            found = list(attempt(check, find))
            yield from found
            told.update(finding.check for finding in found)
            if any(finding.status == "failed" for finding in found):
                self.not_checked = [name for name in _STEPS if name not in told]
                break
        for line in self._lines:
            yield from check_local_port(line)

    def _sign_in(self, line: Line) -> Iterator[Finding]:
        yield from check_sign_in(line, self._device, self._environment)


def check_host_key(
    line: Line, device: Device, *, greets_within: float = _GREETING_SECONDS
) -> Iterator[Finding]:
    """Yield whether the bastion shows a pinned key; else which one to compare, and the line that pins it.

    Waits `greets_within` seconds for a bastion that takes the connection and says nothing.
    """
    if _is_silent(line, greets_within):
        yield wrong(
            "host-key",
            f"{line.host}:{line.port} takes the connection and sends nothing for {greets_within:g} s",
            "No SSH server answers there, or its sshd hangs. Check host and port of the tunnel in the\n"
            "manifest, and on the bastion: systemctl status ssh",
        )
        return
    shown = scanned(line.host, line.port)
    if not shown:
        yield _without_key(line, device)
        return
    text = known_hosts_of(device)
    where = "the manifest" if text else line.known_hosts
    if not text and os.path.lexists(line.known_hosts) and not os.access(line.known_hosts, os.R_OK):
        yield wrong("host-key", f"{line.known_hosts} cannot be read", "Run this as root.")
        return
    pinned = parsed(text) if text else pinned_in(Path(line.known_hosts), line.host, line.port)
    matching = next((key for key in shown if key in pinned), None)
    if matching is not None:
        yield fine("host-key", f"{matching.fingerprint} is pinned in {where}")
    elif pinned:
        told = ", ".join(key.fingerprint for key in pinned)
        yield wrong(
            "host-key",
            f"the bastion shows {shown[0].fingerprint}, pinned in {where} is {told}",
            f"If the bastion has no new key, another machine answers in its place: stop here.\n"
            f"{_how_to_pin(shown[0], line)}",
        )
    else:
        yield wrong(
            "host-key", f"no key of the bastion is pinned; it shows {shown[0].fingerprint}",
            _how_to_pin(shown[0], line),
        )  # fmt: skip


def _is_silent(line: Line, seconds: float) -> bool:
    """Return whether the bastion takes a connection and keeps it for so long without a word."""
    try:
        with socket.create_connection((line.host, line.port), seconds) as connection:
            connection.recv(1)
    except TimeoutError:
        return True
    except OSError:
        return False
    return False


def _without_key(line: Line, device: Device) -> Finding:
    """Return why a bastion that takes connections shows no key, as ssh sees it."""
    ended = _trial(line, known_hosts_of(device), _REASON_SECONDS)
    if ended.authenticated:
        return fine("host-key", "the bastion shows a pinned key")
    found = complaint_of(ended.said, line.device)
    if ended.was_too_slow or found is None:
        found = Complaint("silent", "no SSH server answers there", "Are host and port of the tunnel right?")
    return wrong("host-key", f"{line.host}:{line.port} shows no host key: {found.summary}", found.remedy)


def check_key(line: Line) -> Iterator[Finding]:
    """Yield whether the device's key can be used without anybody to ask."""
    found = usable_key(line.identity_file, line.device)
    if isinstance(found, Complaint):
        yield wrong("key", found.summary, found.remedy)
    else:
        yield fine("key", f"{line.identity_file} is {found.fingerprint}")


def check_sign_in(line: Line, device: Device, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield whether the bastion lets the key in, and whether its port is free or leads here already."""
    is_kept = condition_here(line, environment).is_up
    ended = _trial(line, known_hosts_of(device))
    found = complaint_of(ended.said, line.device)
    if not ended.authenticated:
        if ended.was_too_slow or found is None:
            found = Complaint("silent", "the bastion does not answer in time", "Its sshd may hang.")
        yield wrong("authentication", found.summary, found.remedy)
        return
    port = line.forward.remote_port
    yield fine("authentication", f"the bastion lets the device's key in as {line.user}")
    if ended.up_for is not None:
        yield fine("remote-port", f"{port} is free and allowed to this key")
    elif found is not None and found.kind == "portTaken" and is_kept:
        yield fine("remote-port", f"{port} leads to this device: its tunnel is up")
    elif found is not None and found.kind == "portTaken":
        yield wrong(
            "remote-port",
            f"{port} is allowed to this key, and held by another session or program on the bastion",
            "An earlier session of this device gives it back when the bastion's sshd notices that it is\n"
            "dead: never by default, soon with the settings that papaya tunnel bastion writes.\n"
            f"Who holds it, on the bastion as root: ss -ltnp 'sport = :{port}'",
        )
    elif found is not None:
        yield wrong("remote-port", found.summary, found.remedy)
    else:
        yield wrong("remote-port", f"the bastion does not say whether it gives {port}", "Its sshd may hang.")


def check_local_port(line: Line) -> Iterator[Finding]:
    """Yield whether whoever comes through the tunnel finds a server on this machine."""
    port = line.forward.local_port
    try:
        with socket.create_connection((LOOPBACK, port), _BANNER_SECONDS) as connection:
            connection.settimeout(_BANNER_SECONDS)
            said = connection.recv(255) if line.is_own_ssh else b"SSH-"
    except OSError:
        said = b""
    if said.startswith(b"SSH-"):
        yield fine("local-port", f"a server listens at {LOOPBACK}:{port}")
    else:
        yield doubtful(
            "local-port",
            f"no {'SSH ' if line.is_own_ssh else ''}server answers at {LOOPBACK}:{port} of this machine",
            "Connections through the tunnel will fail. "
            + (
                "Start it: systemctl enable --now ssh"
                if line.is_own_ssh
                else "Start what should listen there."
            ),
        )


def _trial(line: Line, known_hosts: str, seconds: float = _TRIAL_SECONDS) -> Ended:
    """Sign in as the tunnel does and ask for the port; give both back at once."""
    import tempfile

    stop = Stop()
    with tempfile.NamedTemporaryFile("w", prefix="papaya-known-hosts-", encoding="utf-8") as file:
        file.write(known_hosts)
        file.flush()
        try:
            return try_ssh(
                find_ssh(),
                ssh_arguments(line, known_hosts=file.name if known_hosts else None),
                stop=stop,
                starts_within=seconds,
                on_up=stop.set,
                on_said=lambda said: None,
                clock=time.monotonic,
            )
        finally:
            stop.close()


def _how_to_pin(key: HostKey, line: Line) -> str:
    name = host_pattern(line.host, line.port)
    file = {"ssh-ed25519": "ed25519", "ssh-rsa": "rsa"}.get(key.kind, "ecdsa")
    return (
        f"Compare, on the bastion itself: ssh-keygen -lf /etc/ssh/ssh_host_{file}_key.pub\n"
        f"If it says {key.fingerprint}, pin it in the manifest, below tunnel:\n"
        f'    hostKeys: ["{key}"]\n'
        f"or in {line.known_hosts}:\n"
        f"    {name} {key}"
    )
