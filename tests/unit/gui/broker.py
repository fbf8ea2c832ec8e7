"""A real broker on loopback, which can be killed and started again at the same port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.tunnel.bastion import free_port

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
MOSQUITTO, PASSWORDS = shutil.which("mosquitto", path=_PATH), shutil.which("mosquitto_passwd", path=_PATH)
USER, PASSWORD = "window", "p4ssword-of-window"
_PATIENCE = 60.0


class Broker:
    """Debian's mosquitto; with `locked` it lets nobody in but `USER`."""

    def __init__(self, folder: Path, *, locked: bool = False) -> None:
        self.port = free_port()
        self._folder = folder
        lines = [f"listener {self.port} 127.0.0.1", "max_queued_messages 100000", "log_dest stderr"]
        if locked:
            passwords = folder / "passwords"
            passwords.touch(0o600)
            command = [str(PASSWORDS), "-b", str(passwords), USER, PASSWORD]
            subprocess.run(command, check=True, capture_output=True)
            lines.append(f"password_file {passwords}")
        if os.geteuid() == 0:
            # Else it would become somebody who cannot read the folder of a test.
            lines.append("user root")
        lines.append(f"allow_anonymous {'false' if locked else 'true'}")
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """Its address without a pattern."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        log = self._folder / "mosquitto.log"
        with log.open("ab") as said:
            command = [str(MOSQUITTO), "-c", str(self._folder / "mosquitto.conf")]
            self.process = subprocess.Popen(command, stdout=said, stderr=said)
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            except OSError:
                assert time.monotonic() < until, log.read_text(encoding="utf-8")
                time.sleep(0.02)

    def kill(self) -> None:
        """End it without warning."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(_PATIENCE)
            self.process = None


class Publisher:
    """Says things on a broker."""

    def __init__(self, broker: Broker, *, locked: bool = False) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        if locked:
            self._client.username_pw_set(USER, PASSWORD)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say_quickly(self, topic: str, payloads: Iterable[str]) -> None:
        """Publish without waiting, at QoS 0."""
        for payload in payloads:
            self._client.publish(topic, payload, 0)

    def say(self, topic: str, payload: Any, *, retain: bool = False) -> None:
        """Publish, and wait until the broker has it."""
        self._client.publish(topic, payload, 1, retain).wait_for_publish(_PATIENCE)
