"""Connections of the library for WebSockets, whose messages have few parts, and which never wait to send.

The library bounds the bytes of a message, not of how many frames it may consist: empty ones take memory and
no bytes. It answers every ping, and would wait for ever where the server does not read that.
"""

from __future__ import annotations

import socket
import struct
from typing import Any

# A message of 16 MB in frames of 4 KB.
MOST_FRAMES = 4_096
_SECONDS_TO_SEND = 10
_CONTINUATION, _TEXT, _BINARY = 0, 1, 2


class _Bounded:
    """What is added to the library's connection; mixed in when the library is there."""

    _frames = 0

    def __init__(self, line: Any, *arguments: Any, **options: Any) -> None:
        # TLS in a proxy's TLS is no socket of the system.
        if isinstance(line, socket.socket):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SECONDS_TO_SEND, 0))
        super().__init__(line, *arguments, **options)  # type: ignore[call-arg]

    def process_event(self, event: Any) -> None:
        """Take what has come; the connection is over where a message has a part too many."""
        if getattr(event, "opcode", None) in (_CONTINUATION, _TEXT, _BINARY):
            self._frames = 0 if event.fin else self._frames + 1
            if self._frames > MOST_FRAMES:
                if self._frames == MOST_FRAMES + 1:
                    self.close_socket()  # type: ignore[attr-defined]
                return
        super().process_event(event)  # type: ignore[misc]


def bounded_connection() -> Any:
    """Return the class of such connections; ModuleNotFoundError without the library."""
    from websockets.sync.client import ClientConnection

    return type("BoundedConnection", (_Bounded, ClientConnection), {})
