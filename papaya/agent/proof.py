"""Whether the other side of a connection is ThingsBoard and knows the device: what it answers to questions.

Every MQTT broker accepts a connection and acknowledges telemetry; only ThingsBoard answers. A plain broker
sends the agent's own question back, because the agent listens for calls under the same topic. An answer
counts all the same: the broker may be bridged to ThingsBoard.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

from papaya.agent.link import ATTRIBUTES_REQUEST, ATTRIBUTES_RESPONSE, RPC_REQUEST, RPC_RESPONSE
from papaya.agent.rivals import HOST_KEY, INSTANCE_KEY
from papaya.foreign import ForeignValue, Unusable, json_in

# Further questions on the same connection have the numbers above; the server reads an int of 32 bits.
_MOST_NUMBER = 900_000_000
_LIMITS = frozenset({"maxPayloadSize", "maxInflightMessages", "rateLimits"})
# Calls and settings that come before the proof; more than a server sends in that time.
_MOST_HELD = 64

Send = Callable[[str, bytes], object]
QUESTION_ABOUT_LIMITS = json.dumps({"method": "getSessionLimits", "params": {}}).encode()
QUESTION_ABOUT_DEVICE = json.dumps({"clientKeys": f"{INSTANCE_KEY},{HOST_KEY}"}).encode()


class Proof:
    """The questions of one connection, and what came back; `number` is known to nobody else."""

    def __init__(self, number: int | None = None) -> None:
        self.number = secrets.randbelow(_MOST_NUMBER) + 1 if number is None else number
        self.is_given = False
        self.is_echoed = False
        self._other: set[str] = set()
        self._held: list[tuple[str, bytes]] = []

    def begin(self, send: Send) -> None:
        """Ask what only ThingsBoard can answer."""
        # A broker sends the first question back before ThingsBoard behind it can answer the second one.
        send(f"{RPC_REQUEST}{self.number}", QUESTION_ABOUT_LIMITS)
        send(f"{ATTRIBUTES_REQUEST}{self.number}", QUESTION_ABOUT_DEVICE)

    def is_own(self, topic: str, payload: bytes) -> bool:
        """Note and return whether a message is a question of ours that came back."""
        if topic != f"{RPC_REQUEST}{self.number}" or payload != QUESTION_ABOUT_LIMITS:
            return False
        self.is_echoed = True
        return True

    def received(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Judge a message, and hold it until the proof is given."""
        if retained:
            # ThingsBoard retains nothing; what a broker kept says nothing about now.
            self._other.add("retained messages")
            return
        self.is_given = self.is_given or self._is_answer(topic, payload)
        if len(self._held) < _MOST_HELD:
            self._held.append((topic, payload))

    def held(self) -> list[tuple[str, bytes]]:
        """Return what came before the proof, once."""
        held, self._held = self._held, []
        return held

    def met(self) -> str:
        """Return what was met instead of ThingsBoard."""
        if self.is_echoed:
            return "it is a plain MQTT broker, not ThingsBoard: it sent the agent's own question back"
        if self._held or self._other:
            return "it is not ThingsBoard: it sends messages, but answers no question about this device"
        return "it is not ThingsBoard: it accepts the connection, but answers no question about this device"

    def _is_answer(self, topic: str, payload: bytes) -> bool:
        about_device = topic == f"{ATTRIBUTES_RESPONSE}{self.number}"
        if not about_device and topic != f"{RPC_RESPONSE}{self.number}":
            return False
        try:
            answer = json_in(payload, unusable=Unusable)
        except ForeignValue:
            return False
        if not isinstance(answer, dict):
            return False
        if about_device:
            return answer.keys() <= {"client", "shared"} and all(
                isinstance(values, dict) for values in answer.values()
            )
        return bool(answer.keys() & _LIMITS)
