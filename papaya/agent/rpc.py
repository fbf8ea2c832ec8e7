"""Calls of the server to the device: each is answered once, with a result or with what is wrong."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import cast

from papaya.agent.guard import fault_in
from papaya.agent.link import RPC_REQUEST, RPC_RESPONSE
from papaya.errors import PapayaError
from papaya.foreign import ForeignValue, Unusable, json_in, shown
from papaya.manifest.model import Json

log = logging.getLogger(__name__)

MOST_BYTES = 60_000
# The server numbers its calls; anything else has no topic to answer to.
_NUMBER = re.compile(r"[0-9]{1,19}")
Send = Callable[[str, bytes], None]
Answer = Callable[[Json], None]
# Takes the parameters and where the answer goes, at once or later; raises BadCall.
Method = Callable[[Json, Answer], None]


class BadCall(PapayaError):
    """A call whose method or parameters are wrong."""


class Calls:
    """The methods that the server may call, by name."""

    def __init__(self, methods: Mapping[str, Method]) -> None:
        self._methods = methods
        self._send: Send | None = None

    def begin(self, send: Send) -> None:
        """Answer on a new connection from now on."""
        self._send = send

    def received(self, topic: str, payload: bytes) -> bool:
        """Take a message if it is a call; return whether it was."""
        if not topic.startswith(RPC_REQUEST):
            return False
        number = topic.removeprefix(RPC_REQUEST)
        if not _NUMBER.fullmatch(number):
            log.warning("a command without a usable number is ignored: %s", shown(number))
            return True
        send = self._send

        def answer(result: Json) -> None:
            # A connection that has ended since drops it: nobody waits there any more.
            if send is not None and send is self._send:
                send(f"{RPC_RESPONSE}{number}", _bounded(result))

        try:
            self._call(payload, answer)
        except BadCall as error:
            log.info("command refused: %s", error.message)
            answer(error_of(error.message))
        except Exception as error:
            log.error("cannot answer a command: %s", fault_in(error))
            log.debug("the fault in full", exc_info=True)
            answer(error_of("answering failed; the device's log says why"))
        return True

    def _call(self, payload: bytes, answer: Answer) -> None:
        try:
            call = json_in(payload, unusable=Unusable, what="the command")
        except ForeignValue as error:
            raise BadCall(error.message) from error
        method = call.get("method") if isinstance(call, dict) else None
        if not isinstance(method, str):
            raise BadCall("a command needs a method")
        handler = self._methods.get(method)
        if handler is None:
            raise BadCall(
                f"there is no method {shown(method, 80)}: known are {', '.join(sorted(self._methods))}"
            )
        log.info("command: %s", method)
        handler(cast(dict[str, Json], call).get("params"), answer)


def error_of(message: str) -> Json:
    """Return the answer to a call that failed."""
    return {"error": message}


def _bounded(result: Json) -> bytes:
    text = json.dumps(result, ensure_ascii=False).encode("utf-8", "replace")
    if len(text) > MOST_BYTES:
        return json.dumps(error_of("the answer is too long: ask for fewer sensors")).encode()
    return text
