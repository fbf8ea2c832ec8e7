"""The server's WebSocket, used by one thread; the only place that knows the library for it."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from papaya.api.frames import bounded_connection
from papaya.api.latest import MAX_FRAME, Portion, size_of, subscription, text_of
from papaya.errors import (
    AuthenticationFailed,
    MissingExtra,
    ServerError,
    SettingsError,
    UnexpectedReply,
    Unreachable,
)
from papaya.foreign import ForeignValue, TooMuch, described, double_or_text, json_in, line_of
from papaya.manifest.model import Json
from papaya.remedies import LOG_IN_AGAIN, SERVER_UNREACHABLE

PATH = "/api/ws"
_CONNECT_SECONDS = 10.0
_FAREWELL_SECONDS = 2.0
# The answer to a ping waits behind pages that nobody has read yet: of 100,000 devices on a busy machine for
# half a minute.
_PONG_SECONDS = 60.0
# A page of hundreds of devices with dozens of keys has 3 MB.
_MAX_ANSWER = 16 * 1024 * 1024
_MOST_VALUES = 500_000
# Frames that wait to be read: the library's 16 may all be as large as one may be.
_MOST_WAITING = 2
_BAD_TOKEN, _POLICY = 1007, 1008
_UNAUTHORIZED = 3

# At DEBUG the library logs every frame, and with the first one the token.
_wire_log = logging.getLogger("papaya.wire")
# At ERROR it writes a traceback for a connection that is lost, which is told in words anyway.
_wire_log.setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Message:
    """What the server says about one command: a page of rows at first, then rows that changed.

    `page` is the page without its rows, None for an update. Of alarms a refusal is a message, too.
    """

    number: int
    rows: Json
    is_page: bool
    is_about_alarms: bool = False
    is_refused: bool = False
    page: Json = None


def check_installed() -> None:
    """Raise `MissingExtra` where the library is missing."""
    try:
        import websockets.sync.client  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtra("live values", "agent") from error


def tls_context(url: str, ca_file: Path | None, insecure: bool) -> ssl.SSLContext | None:
    """Return what is trusted, the same as for requests; None where the URL is not of TLS."""
    if not url.startswith("https:"):
        return None
    try:
        context = ssl.create_default_context(cafile=str(ca_file or DEFAULT_CA_BUNDLE_PATH))
    except OSError as error:
        raise SettingsError(
            f"the certificates in {ca_file} cannot be used: {error.strerror or error}",
            remedy="Name a file of certificates in PEM form.",
        ) from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Socket:
    """One connection; what breaks it is raised as a `ServerError`."""

    def __init__(self, url: str, context: ssl.SSLContext | None, proxy: str | None) -> None:
        check_installed()
        self._where = f"the WebSocket {url}{PATH}"
        from websockets.exceptions import InvalidHandshake, InvalidURI
        from websockets.sync.client import connect

        try:
            self._connection = connect(
                f"ws{url.removeprefix('http')}{PATH}",
                ssl=context,
                proxy=proxy,
                compression=None,
                open_timeout=_CONNECT_SECONDS,
                close_timeout=_FAREWELL_SECONDS,
                ping_timeout=_PONG_SECONDS,
                max_size=_MAX_ANSWER,
                max_queue=_MOST_WAITING,
                create_connection=bounded_connection(),
                logger=_wire_log,
            )
        except (OSError, InvalidHandshake, InvalidURI) as error:
            raise Unreachable(
                f"{self._where} cannot be reached: {_words(error)}",
                path=PATH,
                remedy=SERVER_UNREACHABLE,
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def log_in(self, login: dict[str, Json]) -> None:
        """Say who we are, by a token or an API key; the server answers nothing, or closes."""
        self._send({"authCmd": {"cmdId": 0, **login}, "cmds": []})

    def subscribe(self, number: int, portion: Portion) -> None:
        """Ask for the latest values of a portion, now and whenever they change."""
        self._send({"cmds": [subscription(number, portion)]})

    def unsubscribe(self, number: int) -> None:
        """End a subscription."""
        self._send({"cmds": [{"cmdId": number, "type": "ENTITY_DATA_UNSUBSCRIBE"}]})

    def ask(self, commands: list[Json]) -> None:
        """Send commands, a frame each."""
        for command in commands:
            self._send({"cmds": [command]})

    def receive(self, seconds: float) -> Message | None:
        """Return the next message, None if none comes in time or it is about something else."""
        from websockets.exceptions import ConnectionClosed

        try:
            text = self._connection.recv(timeout=seconds)
        except TimeoutError:
            return None
        except ConnectionClosed as error:
            raise self._farewell() from error
        return message_in(text, self._where)

    def _send(self, body: Json) -> None:
        from websockets.exceptions import ConnectionClosed

        if size_of(body) >= MAX_FRAME:
            raise AssertionError("portions are made to fit into a frame")
        try:
            self._connection.send(text_of(body))
        except ConnectionClosed as error:
            raise self._farewell() from error

    def _farewell(self) -> ServerError:
        code, reason = self._connection.close_code, line_of(self._connection.close_reason or "")
        if code == _BAD_TOKEN or (code == _POLICY and "auth" in reason.lower()):
            said = f" ({reason.strip(' :')})" if reason else ""
            return AuthenticationFailed(
                f"{self._where} does not accept the token{said}", path=PATH, remedy=LOG_IN_AGAIN
            )
        said = f": {reason}" if reason else ""
        return Unreachable(
            f"the connection to {self._where} is lost{said}", path=PATH, remedy=SERVER_UNREACHABLE
        )


def message_in(text: str | bytes, where: str = "the server's WebSocket") -> Message | None:
    """Return what a frame says about a subscription, None if nothing; a refusal is raised.

    So is a frame with more values or levels than papaya reads.
    """
    try:
        body = json_in(text, most_values=_MOST_VALUES, unusable=double_or_text, what="a message")
    except TooMuch as error:
        raise UnexpectedReply(f"{where}: {error.message}", path=PATH) from None
    except ForeignValue:
        return None
    if not isinstance(body, dict):
        return None
    is_about_alarms, number = body.get("cmdUpdateType") == "ALARM_DATA", body.get("cmdId")
    if is_about_alarms and isinstance(number, int):
        return _about_alarms(body, number)
    if body.get("errorCode"):
        message, code = body.get("errorMsg"), body["errorCode"]
        said = line_of(message) if isinstance(message, str) and message else f"error {described(code)}"
        kind = AuthenticationFailed if code == _UNAUTHORIZED else ServerError
        raise kind(f"{where} refuses the subscription: {said}", path=PATH)
    page = body.get("data")
    if body.get("cmdUpdateType") != "ENTITY_DATA" or not isinstance(number, int):
        return None
    if isinstance(page, dict):
        return Message(number, page.get("data"), is_page=True)
    return Message(number, cast(Json, body.get("update")), is_page=False)


def _about_alarms(body: dict[str, Json], number: int) -> Message:
    page, update = body.get("data"), body.get("update")
    if body.get("errorCode"):
        # Values go on without them.
        return Message(number, None, is_page=False, is_about_alarms=True, is_refused=True)
    # Alarms of devices beyond those that the server allows are not told.
    allowed, total = body.get("allowedEntities"), body.get("totalEntities")
    is_cut = isinstance(allowed, int) and isinstance(total, int) and total > allowed
    if isinstance(page, dict):
        told: Json = {"hasNext": page.get("hasNext") is True or is_cut}
        return Message(number, page.get("data"), is_page=True, is_about_alarms=True, page=told)
    return Message(number, update, is_page=False, is_about_alarms=True)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return line_of(str(getattr(error, "strerror", None) or str(error) or type(error).__name__).lower())
