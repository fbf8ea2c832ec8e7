"""A real sshd on loopback with a configuration and keys of its own: the bastion, or the device's."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.tunnel.processes import descendants, is_alive, send

PROGRAM = "/usr/sbin/sshd"
PATIENCE = 60.0
# As root, sshd wants an empty folder to lock its unprivileged half into; packages make it at boot only.
_SEPARATION = Path("/run/sshd")
_ATTEMPTS = 5
# Below what Linux gives to outgoing connections.
_PORTS = range(20_000, 32_768)


class Sshd:
    """One sshd; `settings` are lines of its configuration and win over those that stand here.

    It lets only the user in who runs the tests, by keys that `authorize` has taken; so it works with and
    without root's rights.
    """

    def __init__(self, folder: Path, settings: Sequence[str] = (), *, port: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port or free_port()
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        self.settings = tuple(settings)
        self.host_key = folder / "host_key"
        self.authorized_keys = folder / "authorized_keys"
        self._log = folder / "sshd.log"
        self._may_move = port is None
        self._process: subprocess.Popen[bytes] | None = None
        make_key(self.host_key, "host")
        self.authorized_keys.touch(mode=0o600)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Return the process id of the listening sshd."""
        assert self._process is not None, "this sshd does not run"
        return self._process.pid

    @property
    def log(self) -> str:
        """Return what it has logged so far."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    @property
    def public_host_key(self) -> str:
        """Return type and key as they stand in a file of known hosts."""
        return " ".join(public_key(self.host_key).split()[:2])

    @property
    def known_hosts_line(self) -> str:
        """Return the line that pins its key to its address."""
        return f"[127.0.0.1]:{self.port} {self.public_host_key}\n"

    def authorize(self, key: Path, options: str = "") -> None:
        """Let the owner of a key in, with the options of `authorized_keys`."""
        line = f"{options} {public_key(key)}".lstrip()
        with self.authorized_keys.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def forget_keys(self) -> None:
        """Let nobody in any more; connections that stand stay."""
        self.authorized_keys.write_text("", encoding="utf-8")

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        for attempt in range(_ATTEMPTS):
            if self._starts():
                # It stays where others have learned that it is.
                self._may_move = False
                return
            if not self._may_move or attempt == _ATTEMPTS - 1:
                break
            self.port = free_port()
        raise AssertionError(f"sshd did not start on port {self.port}:\n{self.log}")

    def kill(self) -> None:
        """End it with every connection that it serves, as a machine without power does."""
        if self._process is None:
            return
        every = self._every_process()
        send(every, signal.SIGKILL)
        self._process.wait()
        self._process = None
        until = time.monotonic() + PATIENCE
        # A port is free when whoever held it has really gone.
        while any(is_alive(pid) for pid in every) and time.monotonic() < until:
            time.sleep(0.01)

    def stop_listening(self) -> None:
        """End the listening process alone: connections that stand are still served."""
        assert self._process is not None, "this sshd does not run"
        self._process.terminate()
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """End it with every connection, and start it again on the same port."""
        self.kill()
        self.start()

    def change_host_key(self) -> None:
        """Restart it with another host key, as a reinstalled bastion or an impostor would have."""
        make_key(self.host_key, "host")
        self.restart()

    def freeze(self) -> None:
        """Stop all its processes: the kernel still answers for them, they do not."""
        send(self._every_process(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let its processes go on."""
        send(self._every_process(), signal.SIGCONT)

    def connections(self) -> list[int]:
        """Return the ids of the processes that serve connections."""
        return descendants(self.pid)

    def _every_process(self) -> list[int]:
        # Stopped first, so that it forks nobody while its children are counted.
        send([self.pid], signal.SIGSTOP)
        return [self.pid, *descendants(self.pid)]

    def _starts(self) -> bool:
        if os.geteuid() == 0:
            _SEPARATION.mkdir(mode=0o755, exist_ok=True)
        configuration = self.folder / "sshd_config"
        configuration.write_text("\n".join(self._configuration()) + "\n", encoding="utf-8")
        self._process = subprocess.Popen(
            [PROGRAM, "-D", "-f", str(configuration), "-E", str(self._log)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            if banner_at(self.port).startswith("SSH-2.0-") and self._process.poll() is None:
                return True
            time.sleep(0.02)
        self.kill()
        return False

    def _configuration(self) -> Iterable[str]:
        # sshd takes the first of two equal settings.
        yield from self.settings
        yield f"Port {self.port}"
        yield "ListenAddress 127.0.0.1"
        yield f"HostKey {self.host_key}"
        yield f"AuthorizedKeysFile {self.authorized_keys}"
        yield "PidFile none"
        # Without PAM sshd refuses users whose password is locked, as those that run tests often are; as root
        # PAM would want more of the machine than a container has.
        yield f"UsePAM {'no' if os.geteuid() == 0 else 'yes'}"
        yield "PasswordAuthentication no"
        yield "KbdInteractiveAuthentication no"
        yield "PermitRootLogin prohibit-password"
        # Folders of tests lie below one that everybody may write to.
        yield "StrictModes no"
        yield "LogLevel VERBOSE"
        yield "MaxStartups 200:30:300"


def make_key(path: Path, comment: str = "device", *, passphrase: str = "") -> None:
    """Make an Ed25519 key, in place of what was there."""
    path.unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)


def public_key(path: Path) -> str:
    """Return the public half of a key, as one line."""
    return path.with_name(f"{path.name}.pub").read_text(encoding="utf-8").strip()


def free_port() -> int:
    """Return a port of loopback that nobody has, and that the system gives to nobody by itself.

    A port that is left and taken again would otherwise be gone to some outgoing connection now and then.
    """
    chance = random.SystemRandom()
    while True:
        port = chance.choice(_PORTS)
        with socket.socket() as found, contextlib.suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


def banner_at(port: int, patience: float = 2.0) -> str:
    """Return the first line that whoever listens on a port of loopback says; empty if nobody does."""
    try:
        with socket.create_connection(("127.0.0.1", port), patience) as connection:
            connection.settimeout(patience)
            return connection.recv(255).decode(errors="replace").partition("\r\n")[0]
    except OSError:
        return ""
