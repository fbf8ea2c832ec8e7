"""What the key of a device is good for on the bastion: to listen on the device's port, and for nothing else.

Each attack is first shown to succeed where nothing hinders it: one that never succeeds would prove nothing.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from papaya.tunnel.bastion import KEYS_FOLDER
from tests.lab.rendering import Rendering, rendering
from tests.tunnel.bastion import Sshd, free_port, make_key, public_key

SECRET = b"what nobody outside the bastion is to read"
SAY = "echo papaya-$((6*7))"
SAID = b"papaya-42"
PATIENCE = 60.0
OPEN = (
    "AllowTcpForwarding yes",
    "AllowStreamLocalForwarding yes",
    "AllowAgentForwarding yes",
    "X11Forwarding yes",
    "GatewayPorts clientspecified",
    "Subsystem sftp internal-sftp",
)
# The first packet of an SFTP client, and the head of the answer to it.
SFTP_HELLO = bytes([0, 0, 0, 5, 1, 0, 0, 0, 3])
SFTP_ANSWER = 2


@dataclass(frozen=True, slots=True)
class Services:
    """What tells the secret to whoever reaches it: a port and a socket in the file system."""

    port: int
    path: Path


@dataclass(frozen=True, slots=True)
class Attacker:
    """Somebody with a device's key, in front of a bastion."""

    sshd: Sshd
    folder: Path
    own_port: int
    services: Services

    def command(self, *options: str) -> list[str]:
        """Return the command line of an ssh that uses the key; what follows it runs on the bastion."""
        return [
            *("ssh", "-F", "none", "-i", str(self.folder / "key"), "-p", str(self.sshd.port)),
            *(part for option in self._options() for part in ("-o", option)),
            *options,
            f"{self.sshd.user}@127.0.0.1",
        ]

    def hears(self, *options: str, command: Sequence[str] = (), text: bytes = b"") -> bytes:
        """Return what an ssh prints; `text` is its standard input."""
        done = subprocess.run(
            [*self.command(*options), *command],
            input=text,
            capture_output=True,
            timeout=PATIENCE,
            env={**os.environ, "DISPLAY": "127.0.0.1:99", "SSH_AUTH_SOCK": str(self.services.path)},
        )
        return done.stdout

    def gains(self, option: str, forward: str, tried: Callable[[], bool | None]) -> bool:
        """Return what comes of a forward: `tried` says whether it is of use, None while that is not known."""
        process = subprocess.Popen(
            self.command("-N", option, forward), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + PATIENCE
        try:
            while process.poll() is None:
                gained = tried()
                if gained is not None:
                    return gained
                assert time.monotonic() < until, f"nothing came of {option} {forward}:\n{self.sshd.log}"
                time.sleep(0.02)
            return False
        finally:
            process.kill()
            process.wait()

    def _options(self) -> tuple[str, ...]:
        return (
            "BatchMode=yes",
            "IdentitiesOnly=yes",
            "ExitOnForwardFailure=yes",
            "StrictHostKeyChecking=yes",
            f"UserKnownHostsFile={self.folder / 'known_hosts'}",
        )


def listen_on(attacker: Attacker, address: str, port: int) -> bool:
    """Listen on an address and port of the bastion."""
    before = listeners(port)

    def listens() -> bool | None:
        return True if listeners(port) - before else None

    return attacker.gains("-R", f"{address}:{port}:127.0.0.1:{attacker.services.port}", listens)


def listeners(port: int) -> set[str]:
    """Return the addresses that somebody on this machine listens on at a port, as the kernel writes them."""
    rows = [
        row.split()
        for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
        if table.exists()
        for row in table.read_text(encoding="ascii").splitlines()[1:]
    ]
    places = [row[1].split(":") for row in rows if row[3] == "0A"]
    return {address for address, at in places if int(at, 16) == port}


def read_at(port: int, request: bytes = b"") -> bool | None:
    """Return whether the secret is told at a port of this machine; None if nobody listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(request)
            heard = b""
            with contextlib.suppress(ConnectionError):
                while SECRET not in heard and (more := connection.recv(255)):
                    heard += more
            return SECRET in heard
    except ConnectionRefusedError:
        return None


def another_port(attacker: Attacker) -> bool:
    """Listen on another device's port."""
    return listen_on(attacker, "127.0.0.1", free_port())


def any_port(attacker: Attacker) -> bool:
    """Listen on whatever port the bastion chooses."""
    process = subprocess.run(
        [*attacker.command("-R", f"127.0.0.1:0:127.0.0.1:{attacker.services.port}"), "true"],
        capture_output=True,
        timeout=PATIENCE,
    )
    return b"Allocated port" in process.stderr


def every_address(attacker: Attacker) -> bool:
    """Listen on the device's port, but for the whole world."""
    return any(listen_on(attacker, address, attacker.own_port) for address in ("0.0.0.0", "*", "[::]"))


def another_address(attacker: Attacker) -> bool:
    """Listen on the device's port, but on another address of the bastion."""
    return listen_on(attacker, "127.0.0.2", attacker.own_port)


def shell(attacker: Attacker) -> bool:
    """Get a shell."""
    return SAID in attacker.hears("-T", text=f"{SAY}\n".encode())


def command(attacker: Attacker) -> bool:
    """Run a command."""
    return SAID in attacker.hears(command=[SAY])


def terminal(attacker: Attacker) -> bool:
    """Get a terminal."""
    done = subprocess.run([*attacker.command("-tt"), "tty"], capture_output=True, timeout=PATIENCE)
    # A sshd without the rights of root grants terminals, and then cannot use them.
    return not any(refusal in done.stderr for refusal in (b"PTY allocation request failed", b"open failed"))


def file_transfer(attacker: Attacker) -> bool:
    """Read and write files."""
    with subprocess.Popen(
        [*attacker.command("-s"), "sftp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(SFTP_HELLO)
        process.stdin.flush()
        # Whoever hangs up before the answer gets none.
        answer = process.stdout.read(len(SFTP_HELLO))
        process.kill()
    return answer[4:5] == bytes([SFTP_ANSWER])


def local_forward(attacker: Attacker) -> bool:
    """Reach a port that only the bastion can."""
    port = free_port()
    forward = f"127.0.0.1:{port}:127.0.0.1:{attacker.services.port}"
    return attacker.gains("-L", forward, lambda: read_at(port))


def dynamic_forward(attacker: Attacker) -> bool:
    """Reach every port that the bastion can."""
    port = free_port()
    request = bytes([4, 1, *attacker.services.port.to_bytes(2, "big"), 127, 0, 0, 1, 0])
    return attacker.gains("-D", f"127.0.0.1:{port}", lambda: read_at(port, request))


def standard_input_forward(attacker: Attacker) -> bool:
    """Reach a port that only the bastion can, without a port here."""
    return SECRET in attacker.hears("-W", f"127.0.0.1:{attacker.services.port}")


def remote_socket(attacker: Attacker) -> bool:
    """Make a socket in the bastion's file system."""
    path = attacker.folder / "made.sock"
    return attacker.gains("-R", f"{path}:127.0.0.1:9", lambda: True if path.exists() else None)


def local_socket(attacker: Attacker) -> bool:
    """Reach a socket in the bastion's file system."""
    port = free_port()
    return attacker.gains("-L", f"127.0.0.1:{port}:{attacker.services.path}", lambda: read_at(port))


def agent(attacker: Attacker) -> bool:
    """Leave a way to an agent with keys on the bastion."""
    return b"/" in attacker.hears("-A", command=["echo $SSH_AUTH_SOCK"])


def screen(attacker: Attacker) -> bool:
    """Leave a way to a screen on the bastion."""
    return b":" in attacker.hears("-Y", command=["echo $DISPLAY"])


ATTACKS = (
    *(another_port, any_port, every_address, another_address),
    *(shell, command, terminal, file_transfer),
    *(local_forward, dynamic_forward, standard_input_forward),
    *(remote_socket, local_socket, agent, screen),
)
# What the line of authorized_keys has no word for; the server's settings have.
BEYOND_THE_LINE = (remote_socket,)


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """Serve the secret on a port and on a socket in the file system."""
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"papaya-attacks-{os.getpid()}"
    folder.mkdir(mode=0o700)
    with socket.create_server(("127.0.0.1", 0)) as port, socket.socket(socket.AF_UNIX) as path:
        path.bind(str(folder / "secret.sock"))
        path.listen()
        for listener in (port, path):
            threading.Thread(target=tell, args=(listener,), daemon=True).start()
        yield Services(port.getsockname()[1], folder / "secret.sock")
        for listener in (port, path):
            listener.shutdown(socket.SHUT_RDWR)
    (folder / "secret.sock").unlink()
    folder.rmdir()


def tell(listener: socket.socket) -> None:
    """Tell everybody who connects the secret, until the listener is shut."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            connection.sendall(SECRET)


@pytest.fixture(scope="module")
def attacker(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    """Put somebody with a device's key before a bastion whose keys and settings were rendered."""
    folder = tmp_path_factory.mktemp("rendered")
    own_port = free_port()
    drop_in, keys = folder / "20-papaya.conf", folder / "keys"
    sshd = Sshd(folder / "sshd", [f"Include {drop_in}", *OPEN])
    rendered = rendered_for(sshd, own_port)
    make_key(folder / "key")
    keys.mkdir()
    (keys / sshd.user).write_text(rendered.authorized_keys({0: public_key(folder / "key")}), encoding="utf-8")
    settings = rendered.server_settings()
    assert KEYS_FOLDER in settings
    drop_in.write_text(settings.replace(KEYS_FOLDER, str(keys)), encoding="utf-8")
    with sshd:
        (folder / "known_hosts").write_text(sshd.known_hosts_line, encoding="utf-8")
        yield Attacker(sshd, folder, own_port, services)


@pytest.fixture(scope="module")
def attacker_with_the_line_alone(
    services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Attacker]:
    """Put somebody with a device's key before a bastion that has the key's line, and none of the settings."""
    folder = tmp_path_factory.mktemp("line")
    own_port = free_port()
    with Sshd(folder / "sshd", OPEN) as sshd:
        make_key(folder / "key")
        line = rendered_for(sshd, own_port).authorized_keys({0: public_key(folder / "key")})
        sshd.authorized_keys.write_text(line, encoding="utf-8")
        (folder / "known_hosts").write_text(sshd.known_hosts_line, encoding="utf-8")
        yield Attacker(sshd, folder, own_port, services)


@pytest.fixture(scope="module")
def welcome(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    """Put somebody before a bastion that lets everybody do everything."""
    folder = tmp_path_factory.mktemp("open")
    with Sshd(folder / "sshd", OPEN) as sshd:
        make_key(folder / "key")
        sshd.authorize(folder / "key")
        (folder / "known_hosts").write_text(sshd.known_hosts_line, encoding="utf-8")
        yield Attacker(sshd, folder, free_port(), services)


def rendered_for(sshd: Sshd, own_port: int) -> Rendering:
    """Return what papaya renders for one device of a bastion."""
    return rendering(
        1, sshd.public_host_key, host="127.0.0.1", user=sshd.user, port=sshd.port, first_port=own_port
    )


def test_the_device_may_listen_on_its_own_port(
    attacker: Attacker, attacker_with_the_line_alone: Attacker
) -> None:
    for device in (attacker, attacker_with_the_line_alone):
        assert listen_on(device, "127.0.0.1", device.own_port)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_that_succeeds_elsewhere_is_refused(
    attack: Callable[[Attacker], bool], welcome: Attacker, attacker: Attacker
) -> None:
    assert attack(welcome), welcome.sshd.log[-2000:]
    assert not attack(attacker), attacker.sshd.log[-2000:]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_the_line_of_the_key_alone_refuses_all_but_sockets(
    attack: Callable[[Attacker], bool], attacker_with_the_line_alone: Attacker
) -> None:
    assert attack(attacker_with_the_line_alone) == (attack in BEYOND_THE_LINE)


def test_the_key_is_not_shown_to_a_bastion_with_another_host_key(attacker: Attacker) -> None:
    other = attacker.folder / "other"
    make_key(other)
    known_hosts = attacker.folder / "known_hosts"
    right = known_hosts.read_text(encoding="utf-8")
    known_hosts.write_text(
        f"[127.0.0.1]:{attacker.sshd.port} {' '.join(public_key(other).split()[:2])}\n", encoding="utf-8"
    )
    before = len(attacker.sshd.log)
    try:
        done = subprocess.run(attacker.command("-N"), capture_output=True, text=True, timeout=PATIENCE)
    finally:
        known_hosts.write_text(right, encoding="utf-8")
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr
    assert "publickey" not in attacker.sshd.log[before:]


def test_no_tunnel_device_is_given(attacker: Attacker) -> None:
    configuration = attacker.sshd.folder / "sshd_config"
    who = f"user={attacker.sshd.user},host=127.0.0.1,addr=127.0.0.1"
    said = subprocess.run(
        ["/usr/sbin/sshd", "-T", "-f", str(configuration), "-C", who],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "permittunnel no" in said
    assert "maxsessions 0" in said
