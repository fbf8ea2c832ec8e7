"""paho's client with bounds: what a broker sends neither fills memory nor ends or holds a thread for ever.

The agent, the sensors of a local broker and the window make their clients here.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import Any

log = logging.getLogger(__name__)

# ThingsBoard takes and sends 64 KiB at most; MQTT allows 256 MiB, which would be reserved before it arrives.
MOST_BYTES = 1_048_576
# Messages at QoS 2 are kept until the server releases them. ThingsBoard knows QoS 0 and 1.
_MOST_UNRELEASED = 16
GARBLED = "what it sends is not valid MQTT"


class _Bounded:
    """What is added to paho's client; mixed in when the library is there."""

    _line: socket.socket | None = None
    _is_cut = False
    _has_told = False
    objection = ""

    @property
    def has_line(self) -> bool:
        """Whether the server's port took the connection."""
        return self._line is not None

    def cut(self) -> None:
        """Cut the connection, also while it is being made, so that its thread wakes up and ends."""
        self._is_cut = True
        line = self._line
        if line is not None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Close what is open, when the thread has ended."""
        self._sock_close()  # type: ignore[attr-defined]
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _create_socket_connection(self) -> Any:
        made: socket.socket = super()._create_socket_connection()  # type: ignore[misc]
        if self._line is not None:
            self._line.close()
        # Wrapping in TLS takes the socket away; the copy ends the connection all the same.
        self._line = made.dup()
        if self._is_cut:
            self.cut()
        return made

    def _sock_recv(self, bufsize: int) -> bytes:
        if bufsize > MOST_BYTES:
            self.objection = f"it sends a message of {bufsize:,} bytes, more than {MOST_BYTES:,}"
            raise ConnectionAbortedError(self.objection)
        if len(self._in_messages) > _MOST_UNRELEASED:  # type: ignore[attr-defined]
            self.objection = "it sends messages at QoS 2 and releases none"
            raise ConnectionAbortedError(self.objection)
        received: bytes = super()._sock_recv(bufsize)  # type: ignore[misc]
        return received

    def _handle_on_message(self, message: Any) -> None:
        # It decodes its topic where it is asked for it, which would raise in the thread of the client.
        try:
            str(message.topic)
        except UnicodeDecodeError:
            if not self._has_told:
                self._has_told = True
                log.warning("the server sent a message whose topic is not text")
            return
        # There is one callback for all topics. paho would look for one of this topic first, which takes a
        # tenth of the time that a message costs.
        callback = self.on_message  # type: ignore[attr-defined]
        if callback is not None:
            with self._in_callback_mutex:  # type: ignore[attr-defined]
                callback(self, self._userdata, message)  # type: ignore[attr-defined]


def make_client(client_id: str = "", *, comes_back: bool = False) -> Any:
    """Return a client for one connection, or one that `comes_back`; ModuleNotFoundError without paho."""
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    kind = type("BoundedClient", (_Bounded, mqtt.Client), {})
    client = kind(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=True,
        protocol=mqtt.MQTTv311,
        reconnect_on_failure=comes_back,
    )
    # With this callback, publishing leaves all writing to the loop: a write from a second thread breaks TLS.
    client.on_socket_register_write = lambda client, userdata, connection: None
    return client
