"""The WebSocket: login by the first frame, commands in, updates out, pings in between."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from papaya.sandbox.listening import name_of
from papaya.sandbox.refusal import TOKEN_EXPIRED, Refusal
from papaya.sandbox.store import tokens
from papaya.sandbox.store.api_keys import user_of_key
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.users import User
from papaya.sandbox.unforeseen import shown, tell
from papaya.sandbox.websocket.commands import UnreadableFrame, commands_in, run_command
from papaya.sandbox.websocket.subscription import BAD_REQUEST, Subscription, telemetry_update
from papaya.sandbox.wire import loads

# Whatever follows is a WebSocket, too: older clients have /api/ws/plugins/telemetry.
PATH = "/api/ws"
# The server's limits: size of a frame, time for the login, rhythm and patience of pings, unsent updates.
MAX_FRAME = 32768
AUTH_SECONDS = 10.0
PING_SECONDS = 10.0
PONG_SECONDS = 30.0
MAX_UNSENT = 1000
REFRESH_SECONDS = 60.0
# The command ID in the answer to a frame that is not readable.
_NO_COMMAND = 1
_LOG = logging.getLogger(__name__)
# The server goes on with the frame; it may hold a secret, which the log is not to have.
# What is wrong with an API key, as REST answers it and as it ends a WebSocket.
_KEY_FAULTS = {
    "User account is not active": "API key auth is not active",
    "API key is expired": "API key is expired",
}
_UNREADABLE = "The given string value cannot be transformed to Json object: "


class Ending(Exception):
    """The connection is to be closed with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Socket:
    """One connection and its subscriptions, by family of command and command id."""

    def __init__(self, core: Core, socket: web.WebSocketResponse, peer: str) -> None:
        self.core, self._peer = core, peer
        self.subscriptions: dict[tuple[str, int], Subscription] = {}
        self._user: User | None = None
        self._socket = socket
        self._unsent: deque[str] = deque()
        self._something = asyncio.Event()
        self._overflowing = False
        self._heard = time.monotonic()

    @property
    def user(self) -> User:
        """Who is logged in."""
        if self._user is None:
            raise Ending(WSCloseCode.POLICY_VIOLATION, "Auth cmd is missing")
        return self._user

    def send(self, text: str) -> None:
        """Send soon; a client that does not keep up is disconnected."""
        if len(self._unsent) >= MAX_UNSENT:
            self._overflowing = True
        else:
            self._unsent.append(text)
        self._something.set()

    def subscribe(self, family: str, command_id: int, subscription: Subscription) -> None:
        """Keep a subscription until it is ended or replaced."""
        self.unsubscribe(family, command_id)
        self.subscriptions[family, command_id] = subscription

    def unsubscribe(self, family: str, command_id: int) -> None:
        """End a subscription, if there is one."""
        subscription = self.subscriptions.pop((family, command_id), None)
        if subscription is not None:
            subscription.end()

    async def run(self, token: str | None) -> None:
        """Serve the client until one side leaves."""
        helpers = [asyncio.create_task(work()) for work in (self._send_all, self._ping, self._refresh)]
        try:
            if token is not None:
                self._log_in(token, WSCloseCode.INTERNAL_ERROR)
            await self._receive()
        except Ending as ending:
            await self._close(ending)
        except TimeoutError:
            await self._close(Ending(WSCloseCode.POLICY_VIOLATION, "Authentication timeout"))
        finally:
            for helper in helpers:
                helper.cancel()
            for subscription in self.subscriptions.values():
                subscription.end()
            # Their errors are those of a connection that is gone.
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _receive(self) -> None:
        while True:
            timeout = AUTH_SECONDS if self._user is None else None
            message: WSMessage = await asyncio.wait_for(self._socket.receive(), timeout)
            self._heard = time.monotonic()
            if message.type is WSMsgType.TEXT:
                self._handle(message.data)
            elif message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type not in (WSMsgType.PONG, WSMsgType.BINARY):
                return

    def _handle(self, text: str) -> None:
        try:
            body = loads(text)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            if self._user is None:
                raise Ending(WSCloseCode.POLICY_VIOLATION, "Auth cmd is missing")
            self.send(telemetry_update(_NO_COMMAND, BAD_REQUEST, "Failed to parse the payload"))
            return
        login = body.get("authCmd")
        is_login = self._user is None
        if is_login:
            if not isinstance(login, dict):
                raise Ending(WSCloseCode.POLICY_VIOLATION, "Auth cmd is missing")
            key = login.get("apiKey")
            if self.core.dialect.api_keys_on_websocket and isinstance(key, str) and key:
                self._log_in_with_key(key)
            else:
                self._log_in(str(login.get("token") or ""), WSCloseCode.INVALID_TEXT)
        try:
            commands = commands_in(body)
        except UnreadableFrame as fault:
            _LOG.warning("WebSocket: %s sent a frame that cannot be read: %s", self._peer, shown(fault))
            if is_login:
                raise Ending(WSCloseCode.INVALID_TEXT, _UNREADABLE) from fault
            self.send(telemetry_update(_NO_COMMAND, BAD_REQUEST, "Failed to parse the payload"))
            return
        for command in commands:
            run_command(self, command, self._peer)

    def _log_in_with_key(self, key: str) -> None:
        try:
            self._user = user_of_key(self.core, key)
        except Refusal as refusal:
            fault = _KEY_FAULTS.get(refusal.message, "User not found for the provided API key")
            raise Ending(WSCloseCode.INVALID_TEXT, fault) from refusal

    def _log_in(self, token: str, code: WSCloseCode) -> None:
        if not token:
            raise Ending(code, "Token is invalid")
        try:
            self._user = tokens.read_access(self.core, token)
        except Refusal as refusal:
            expired = refusal.code == TOKEN_EXPIRED
            raise Ending(code, "JWT Token expired" if expired else "Invalid JWT token: ") from refusal

    async def _send_all(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._unsent:
                # Taken out afterwards, so that what is being sent counts as unsent.
                await self._socket.send_str(self._unsent[0])
                self._unsent.popleft()
                if self._overflowing:
                    await self._close(
                        Ending(WSCloseCode.POLICY_VIOLATION, "Max pending updates limit reached!")
                    )
                    return

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            if time.monotonic() - self._heard > PONG_SECONDS:
                await self._close(Ending(WSCloseCode.POLICY_VIOLATION, "no answer to pings"))
                return
            await self._socket.ping()

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            for subscription in list(self.subscriptions.values()):
                subscription.refresh()

    async def _close(self, ending: Ending) -> None:
        _LOG.info("WebSocket: closed with %s, %s", ending.code, ending.reason)
        await self._socket.close(code=ending.code, message=ending.reason.encode())


async def serve(core: Core, request: web.BaseRequest) -> web.WebSocketResponse:
    """Serve one WebSocket until it ends."""
    # Compression would cost more than loopback gains from it; pings are answered here, to see pongs too.
    response = web.WebSocketResponse(autoping=False, max_msg_size=MAX_FRAME, compress=False)
    await response.prepare(request)
    try:
        peer = name_of(request.transport and request.transport.get_extra_info("peername"))
        await Socket(core, response, peer).run(request.query.get("token"))
    except ConnectionError as error:
        _LOG.info("WebSocket: %s", error)
    except Exception as fault:
        tell(_LOG, f"a WebSocket of {peer}", fault)
    return response


def is_path_of_socket(path: str) -> bool:
    """Tell whether nothing but WebSockets is there."""
    return path == PATH or path.startswith(f"{PATH}/")


def is_socket(request: web.BaseRequest) -> bool:
    """Tell whether a request opens a WebSocket."""
    return is_path_of_socket(request.path) and request.headers.get("Upgrade", "").lower() == "websocket"
