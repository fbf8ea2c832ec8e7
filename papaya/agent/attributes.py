"""Attributes both ways: what the device tells of itself, and the settings that the server sends."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from papaya.agent.link import ATTRIBUTES, ATTRIBUTES_REQUEST, ATTRIBUTES_RESPONSE
from papaya.agent.rivals import HOST_KEY, INSTANCE_KEY, Rivals
from papaya.foreign import ForeignValue, Unusable, json_in
from papaya.manifest.model import Json

log = logging.getLogger(__name__)

SENSORS, REPORT_EVERY = "papaya.sensors", "reportEverySeconds"
SHARED = (SENSORS, REPORT_EVERY)

Send = Callable[[str, bytes], None]


class Attributes:
    """The attributes of one device; `changed` takes a shared one's name and value, None if deleted."""

    def __init__(
        self, device: str, own: Mapping[str, Json], rivals: Rivals, changed: Callable[[str, Json], None]
    ) -> None:
        self._device, self._own, self._rivals, self._changed = device, own, rivals, changed
        self._send: Send | None = None
        self._asked: dict[str, str] = {}
        self._about_device = ""

    def begin(self, send: Send, number: int) -> None:
        """Tell what the device is, and ask for each setting; the device was asked for as `number`.

        Each setting has a question of its own: an answer that cannot be read costs no other setting.
        """
        self._send, self._about_device = send, f"{ATTRIBUTES_RESPONSE}{number}"
        self._asked = {}
        for own, name in enumerate(SHARED, number + 1):
            self._asked[f"{ATTRIBUTES_RESPONSE}{own}"] = name
            send(f"{ATTRIBUTES_REQUEST}{own}", json.dumps({"sharedKeys": name}).encode())

    def received(self, topic: str, payload: bytes) -> bool:
        """Take a message if it is about attributes; return whether it was."""
        if topic == ATTRIBUTES:
            self._updated(_parsed(payload) or {})
        elif topic == self._about_device:
            self._introduce(_parsed(payload) or {})
        elif topic in self._asked:
            self._answered(self._asked.pop(topic), _parsed(payload))
        else:
            return topic.startswith(ATTRIBUTES_RESPONSE)
        return True

    def tell(self, values: Mapping[str, Json]) -> None:
        """Set client attributes."""
        if self._send is not None:
            # ASCII alone: half of a surrogate pair cannot be encoded.
            self._send(ATTRIBUTES, json.dumps(values).encode())

    def _introduce(self, answer: dict[str, Any]) -> None:
        client = answer.get("client")
        if isinstance(client, dict):
            rival = self._rivals.met(client.get(INSTANCE_KEY), client.get(HOST_KEY))
            if rival is not None:
                log.warning(
                    "%s is connected with the token of %s, too: the server keeps one session per device, so "
                    "the two evict each other. Stop one of them, or give it a device of its own; until then "
                    "this one leaves long pauses.",
                    rival,
                    self._device,
                )
        self.tell({**self._own, INSTANCE_KEY: self._rivals.instance})
        self._rivals.announced()

    def _answered(self, name: str, answer: dict[str, Any] | None) -> None:
        if answer is not None:
            shared = answer.get("shared")
            # What is not there was deleted while nobody listened.
            self._changed(name, shared.get(name) if isinstance(shared, dict) else None)

    def _updated(self, update: dict[str, Any]) -> None:
        deleted = update.get("deleted")
        for name in SHARED:
            if name in update:
                self._changed(name, update[name])
            elif isinstance(deleted, list) and name in deleted:
                self._changed(name, None)


def _parsed(payload: bytes) -> dict[str, Any] | None:
    try:
        # A number that nothing can keep costs its own attribute alone.
        parsed = json_in(payload, unusable=Unusable, what="it")
    except ForeignValue as error:
        log.warning("the server sent attributes that cannot be used: %s", error.message)
        return None
    return parsed if isinstance(parsed, dict) else None
