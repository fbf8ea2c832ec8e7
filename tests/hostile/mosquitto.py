"""A mosquitto, plain or bridged, which takes everything that it is sent."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e.meter import PATIENCE, wait_for
from tests.tunnel.bastion import free_port

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Mosquitto:
    """A broker; with `upstream` it passes all topics of devices on to that port, as the user `token`."""

    def __init__(
        self, folder: Path, *, port: int | None = None, upstream: int | None = None, token: str = ""
    ) -> None:
        self.port = port or free_port()
        self._log = folder / f"mosquitto-{self.port}.log"
        self._configuration = folder / f"mosquitto-{self.port}.conf"
        lines = ["allow_anonymous true", f"listener {self.port} 127.0.0.1", "log_type all"]
        if upstream is not None:
            lines += [
                "connection thingsboard",
                f"address 127.0.0.1:{upstream}",
                f"remote_username {token}",
                "remote_clientid bridge",
                "bridge_protocol_version mqttv311",
                "try_private false",
                "notifications false",
                "bridge_attempt_unsubscribe false",
                "restart_timeout 1",
                "topic v1/devices/me/telemetry out 1",
                "topic v1/devices/me/attributes both 1",
                "topic v1/devices/me/attributes/request/+ out 1",
                "topic v1/devices/me/attributes/response/+ in 1",
                "topic v1/devices/me/rpc/request/+ both 1",
                "topic v1/devices/me/rpc/response/+ both 1",
            ]
        self._configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where devices connect."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has said."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def has_telemetry(self) -> bool:
        """Whether anybody sent it telemetry."""
        return "'v1/devices/me/telemetry'" in self.log

    def __enter__(self) -> Self:
        with self._log.open("wb") as said:
            command = [str(MOSQUITTO), "-c", str(self._configuration)]
            self._process = subprocess.Popen(command, stdout=said, stderr=said)
        wait_for(lambda: "running" in self.log, PATIENCE, lambda: self.log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
