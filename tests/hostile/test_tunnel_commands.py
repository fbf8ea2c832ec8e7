"""Every `papaya tunnel` verb, with mangled files and a bastion that is none: told, and no more."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from papaya.cli import main
from tests.hostile.test_files import mangled
from tests.tunnel.bastion import make_key
from tests.unit.tunnel.devices import LINE_KEY

# No command here takes so long, on a machine that is five times slower.
LONGEST = 60.0
TEXTS = {
    "fleet.yaml": f"""apiVersion: papaya/v1
kind: Fleet
metadata: {{name: garage}}
tunnel:
  host: 127.0.0.1
  port: 9
  user: tunnel
  remotePorts: {{from: 20000, to: 32767}}
  hostKeys: ["{LINE_KEY}"]
  identityFile: /etc/papaya/id_ed25519
  forwards: {{web: 8080}}
countries:
  - name: INDIA
    states:
      - name: Karnataka
        devices:
          - {{name: GM-001, tunnel: {{remotePort: auto}}}}
          - {{name: GM-002, tunnel: {{remotePort: 20001}}}}
          - {{name: GM-003}}
""",
    "known_hosts": f"127.0.0.1 {LINE_KEY}\n",
}
VERBS: tuple[tuple[str, ...], ...] = (
    ("tunnel", "ports"),
    ("tunnel", "ports", "--json"),
    ("tunnel", "render", "GM-001", "--systemd", "252"),
    ("tunnel", "render", "GM-002", "--systemd", "247"),
    ("tunnel", "ssh-config"),
    ("tunnel", "authorized-key", "GM-001"),
    ("tunnel", "bastion", "--out", "bastions"),
    ("tunnel", "install", "GM-001", "--root", "machine", "--systemd", "252", "--dry-run"),
    ("tunnel", "uninstall", "GM-001", "--root", "machine", "--dry-run"),
    ("tunnel", "status", "GM-001", "--json"),
    ("tunnel", "ports", "--write"),
    ("connect", "GM-001", "--print"),
    ("connect", "GM-002", "--json"),
)
ASKING: tuple[tuple[str, ...], ...] = (
    ("tunnel", "check", "GM-001"),
    ("tunnel", "check", "GM-002", "--json"),
    ("tunnel", "status", "--on-bastion", "--wait", "1s"),
)


@pytest.fixture(scope="module")
def public_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the public key of a device."""
    key = tmp_path_factory.mktemp("key") / "GM-001"
    make_key(key, "GM-001")
    return Path(f"{key}.pub").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, public_key: str) -> Path:
    """Return a working folder with every file that a tunnel is made of."""
    work = tmp_path / "work"
    (work / "keys").mkdir(parents=True)
    monkeypatch.chdir(work)
    for name, text in {**TEXTS, "keys/GM-001.pub": public_key}.items():
        Path(name).write_text(text, encoding="utf-8")
    assert main(["tunnel", "ports", "--write"]) == 0
    return work


def run(*arguments: str) -> str:
    """Run a command, and return what it said: in time, without a traceback, in printable words."""
    said, began = io.StringIO(), time.monotonic()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(list(arguments))
    text = said.getvalue()
    assert code in (0, 1, 2), (code, text)
    assert time.monotonic() - began < LONGEST
    assert "Traceback" not in text
    odd = [character for character in text if not character.isprintable() and character not in "\n\t"]
    assert odd == [], arguments
    return text


def expect_told(folder: Path, seed: int) -> None:
    """Mangle one file after the other, and run every verb."""
    chance = random.Random(seed)
    outside = set(folder.parent.iterdir())
    names = [*TEXTS, "tunnel-ports.lock.yaml", "keys/GM-001.pub"]
    files = {name: Path(name).read_bytes() for name in names}
    for mangle in files:
        for name, data in files.items():
            Path(name).write_bytes(mangled(data.decode(), chance) if name == mangle else data)
        for verb in VERBS:
            run(*verb)
    assert set(folder.parent.iterdir()) == outside


def test_every_verb_works_with_files_that_are_whole(folder: Path) -> None:
    for verb in VERBS:
        said = run(*verb)
        assert "error" not in said.lower() or verb[1] == "status", said


@pytest.mark.parametrize("seed", range(2))
def test_a_mangled_file_of_a_tunnel_is_told_and_ends_nothing(folder: Path, seed: int) -> None:
    expect_told(folder, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 60))
def test_hundreds_of_mangled_files_of_a_tunnel_are_told_and_end_nothing(folder: Path, seed: int) -> None:
    expect_told(folder, seed)


def slowly(text: bytes) -> Iterator[bytes]:
    """Give one byte now and then."""
    for number in range(len(text)):
        yield text[number : number + 1]
        time.sleep(0.05)


BASTIONS: dict[str, Callable[[], Iterator[bytes]]] = {
    "a web server": lambda: iter([b"HTTP/1.1 200 OK\r\n\r\n\x1b[2J\xe2\x80\xae"]),
    "a banner without end": lambda: itertools.repeat(b"x" * 65_536),
    "lines without end": lambda: itertools.repeat(b"\x1b]0;evil\x07\x1b[2J\xe2\x80\xae\r\n" * 1_000),
    "a drip": lambda: slowly(b"SSH-2.0-" + b"x" * 10_000),
    "no word": lambda: iter([]),
    "ssh, then anything": lambda: itertools.chain(
        [b"SSH-2.0-OpenSSH_9.6\r\n"], itertools.repeat(b"\xff" * 9_000)
    ),
}


class Bastion:
    """Plays bytes to everyone who connects, whether they say a word or not."""

    def __init__(self, play: Callable[[], Iterator[bytes]]) -> None:
        self._play = play
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """End every connection."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._open.append(connection)
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for piece in self._play():
                connection.sendall(piece)
            while connection.recv(65_536):
                continue


@pytest.fixture
def bastion(request: pytest.FixtureRequest, folder: Path) -> Iterator[Bastion]:
    """Return a bastion that is none, to which the manifest leads."""
    made = Bastion(BASTIONS[request.param])
    manifest = TEXTS["fleet.yaml"].replace("port: 9\n", f"port: {made.port}\n")
    manifest = manifest.replace("/etc/papaya/id_ed25519", str(folder / "key"))
    Path("fleet.yaml").write_text(manifest, encoding="utf-8")
    make_key(folder / "key", "GM-001")
    yield made
    made.close()


@pytest.mark.parametrize("bastion", ["ssh, then anything"], indirect=True)
@pytest.mark.usefixtures("bastion")
def test_a_bastion_that_is_none_is_told() -> None:
    assert "failed" in run("tunnel", "check", "GM-001")


@pytest.mark.soak
@pytest.mark.parametrize("bastion", BASTIONS, indirect=True)
@pytest.mark.usefixtures("bastion")
def test_a_bastion_that_is_none_is_told_by_all_who_ask() -> None:
    for verb in ASKING:
        run(*verb)


@pytest.mark.parametrize("bastion", ["a drip", "lines without end"], indirect=True)
@pytest.mark.usefixtures("bastion")
def test_a_tunnel_through_what_is_no_bastion_is_tried_again_until_a_signal_ends_it() -> None:
    ends = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM))
    ends.start()
    try:
        said = run("tunnel", "run", "GM-001", "--json")
    finally:
        ends.cancel()
    assert len(said) < 100_000
