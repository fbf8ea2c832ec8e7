"""What a service tells systemd: that it is ready, what it is doing, that it is alive."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Mapping

from papaya.foreign import ForeignValue, whole_in


class Notify:
    """The socket of `Type=notify`; without one every call does nothing. `clock` never jumps."""

    def __init__(self, environment: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            # An abstract address is written with @ and begins with a zero byte.
            self._address = f"\0{self._address[1:]}"
        self._clock = clock
        self.interval = _watchdog_seconds(environment)
        self._beaten_at = float("-inf")
        self._status = ""

    def ready(self) -> None:
        """Tell that the service has started."""
        self._send("READY=1")

    def stopping(self) -> None:
        """Tell that the service is ending."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Tell in one line what the service is doing, if that is news."""
        if text != self._status:
            self._status = text
            self._send(f"STATUS={text}")

    def beat(self) -> None:
        """Tell that the service is alive, as often as the watchdog wants it."""
        if self.interval is not None and self._clock() - self._beaten_at >= self.interval:
            self._beaten_at = self._clock()
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        # Whoever started us does not listen any more: no reason to stop reading sensors.
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel,
        ):
            channel.connect(self._address)
            channel.sendall(text.encode("utf-8", "replace"))


def _watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    """Return how often to show a sign of life: three times within what the watchdog allows."""
    meant_for = environment.get("WATCHDOG_PID", "")
    if meant_for and meant_for != str(os.getpid()):
        return None
    try:
        return whole_in(environment.get("WATCHDOG_USEC", ""), least=1) / 3_000_000
    except ForeignValue:
        return None
