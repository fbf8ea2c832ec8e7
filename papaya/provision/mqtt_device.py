"""What a device itself may ask of its server over MQTT: the same as over the HTTP device API."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar, cast

from papaya.agent.link import ATTRIBUTES, ATTRIBUTES_REQUEST, ATTRIBUTES_RESPONSE, TELEMETRY
from papaya.api.breakages import Untrusted
from papaya.errors import Unavailable, UnexpectedReply, Unreachable
from papaya.foreign import ForeignValue, json_in
from papaya.manifest.model import Json
from papaya.provision.device_api import TokenRefused
from papaya.provision.mqtt_talk import PROVISION_USER, Broker, NotThingsBoard, Talk
from papaya.settings.device_login import DeviceLogin

log = logging.getLogger(__name__)

PROVISION_REQUEST, PROVISION_RESPONSE = "/provision/request", "/provision/response"
# A key that the device itself writes; whether it is there already does not matter.
NONCE = "papaya.nonce"
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 4.0
Answer = TypeVar("Answer")


class MqttDevice:
    """Requests of one device; everything here may be sent again, and is while its failure may pass.

    The server keeps one session for each device: while this one lasts, an agent with the same token waits.
    """

    over = "MQTT"

    def __init__(
        self,
        broker: Broker,
        token: str | DeviceLogin,
        *,
        timeout: float = 30.0,
        retry_for: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker, self._token = broker, token
        self._timeout, self._retry_for = timeout, retry_for
        self._sleep, self._clock = sleep, clock
        self._talk: Talk | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._hang_up()

    def send_telemetry(self, ts: int, values: Mapping[str, Json]) -> None:
        """Send values of one moment; sending them twice is the same as once."""
        self._publish(TELEMETRY, {"ts": ts, "values": dict(values)})

    def send_attributes(self, values: Mapping[str, Json]) -> None:
        """Set client attributes."""
        self._publish(ATTRIBUTES, dict(values))

    def client_attributes(self, *keys: str) -> dict[str, Json]:
        """Return client attributes as the server has them."""

        log.debug("MQTT %s", ATTRIBUTES_REQUEST)
        answer = self._try(lambda: self._ask_attributes(self._line(), *keys))
        client = answer.get("client") if isinstance(answer, dict) else None
        return client if isinstance(client, dict) else {}

    def is_known(self) -> bool:
        """Return whether the server knows the token."""
        try:
            self._try(self._line)
        except TokenRefused:
            return False
        return True

    def _prove(self, talk: Talk) -> None:
        """Insist on an answer before anything is sent: a plain broker accepts every device and message."""
        try:
            self._ask_attributes(talk, NONCE)
        except BaseException:
            talk.close()
            raise

    def provision(self, request: Mapping[str, Json]) -> Json:
        """Ask for registration with a provision key, on a connection without a token."""

        def ask() -> Json:
            talk = Talk(self._broker, PROVISION_USER, PROVISION_RESPONSE, timeout=self._timeout)
            try:
                return _read(talk.ask(PROVISION_REQUEST, _written(dict(request)), PROVISION_RESPONSE))
            finally:
                talk.close()

        log.debug("MQTT %s", PROVISION_REQUEST)
        return self._try(ask)

    def _publish(self, topic: str, message: Json) -> None:
        log.debug("MQTT %s", topic)
        self._try(lambda: self._line().publish(topic, _written(message)))

    def _line(self) -> Talk:
        if self._talk is None:
            talk = Talk(self._broker, self._token, f"{ATTRIBUTES_RESPONSE}+", timeout=self._timeout)
            self._prove(talk)
            self._talk = talk
        return self._talk

    def _ask_attributes(self, talk: Talk, *keys: str) -> Json:
        # A number that nobody else knows: on a plain broker somebody else could answer an earlier one.
        number = secrets.randbelow(900_000_000) + 1
        question = _written({"clientKeys": ",".join(keys)})
        return _read(talk.ask(f"{ATTRIBUTES_REQUEST}{number}", question, f"{ATTRIBUTES_RESPONSE}{number}"))

    def _hang_up(self) -> None:
        if self._talk is not None:
            self._talk.close()
            self._talk = None

    def _try(self, action: Callable[[], Answer]) -> Answer:
        until = self._clock() + self._retry_for
        pause = _FIRST_PAUSE
        while True:
            try:
                return action()
            except (Unreachable, Unavailable) as failure:
                self._hang_up()
                if isinstance(failure, Untrusted | NotThingsBoard) or self._clock() + pause > until:
                    raise
                log.debug("%s; again in %.1f s", failure.message, pause)
            self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _written(message: Json) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _read(payload: bytes) -> Json:
    try:
        return cast(Json, json_in(payload, what="the server's answer over MQTT"))
    except ForeignValue as error:
        raise UnexpectedReply(error.message) from None
