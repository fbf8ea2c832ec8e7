"""ThingsBoard behind a broker that passes messages on: what the broker acknowledges has not arrived."""

from __future__ import annotations

import json
from collections.abc import Callable

from papaya.agent.link import ATTRIBUTES_REQUEST, ATTRIBUTES_RESPONSE
from papaya.agent.rivals import INSTANCE_KEY

# Above the numbers of the questions that begin a connection.
_ABOVE = 50
_QUESTION = json.dumps({"clientKeys": INSTANCE_KEY}).encode()


class Relayed:
    """A message has arrived when ThingsBoard answers a question that was sent after its acknowledgement.

    The broker keeps the order of what it passes on, so the question follows the readings.
    """

    def __init__(self, number: int, send: Callable[[str, bytes], None]) -> None:
        self._number, self._send = number + _ABOVE, send
        self._waiting: list[int] = []
        self._asked: list[int] = []

    def acknowledged(self, number: int) -> None:
        """Note that the broker has a message."""
        self._waiting.append(number)
        self._ask()

    def received(self, topic: str) -> list[int]:
        """Return the messages that have arrived, now that something came under a topic."""
        if topic != f"{ATTRIBUTES_RESPONSE}{self._number}":
            return []
        arrived, self._asked = self._asked, []
        self._ask()
        return arrived

    def _ask(self) -> None:
        if self._waiting and not self._asked:
            self._asked, self._waiting = self._waiting, []
            self._send(f"{ATTRIBUTES_REQUEST}{self._number}", _QUESTION)
