"""The MQTT listener: connections, logins, keep-alive."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from papaya.sandbox.devices.calls import MAX_PAYLOAD
from papaya.sandbox.listening import Places, bound_socket, listen, name_of, stop_listening
from papaya.sandbox.mqtt import five, packets, values
from papaya.sandbox.mqtt.login import LoginRefused, device_of
from papaya.sandbox.mqtt.provision import PROVISION, ProvisionSession
from papaya.sandbox.mqtt.session import Session
from papaya.sandbox.mqtt.tls import TlsReader, TlsWriter, open_tls
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.group_commit import nothing
from papaya.sandbox.unforeseen import tell

if TYPE_CHECKING:
    from OpenSSL import SSL

_LOG = logging.getLogger(__name__)
# The server's limit on silence, whatever keep-alive a client asks for.
_IDLE_SECONDS = 600.0
_CONNECT_SECONDS = 10.0
# How long a client may take to read the last data that it was sent.
_FAREWELL_SECONDS = 5.0
# Protocol: a client is gone after one and a half times its keep-alive.
_PATIENCE = 1.5
# A client that reads nothing must not fill the memory with what it is sent.
_MAX_UNREAD = 4 * 1024 * 1024
AnySession = Session | ProvisionSession


class Connection:
    """One client's connection, before and after its login."""

    def __init__(
        self,
        core: Core,
        reader: asyncio.StreamReader | TlsReader,
        writer: asyncio.StreamWriter | TlsWriter,
        certificate: str | None = None,
    ) -> None:
        self._core, self._writer, self._certificate = core, writer, certificate
        self._packets = packets.PacketReader(reader, MAX_PAYLOAD)
        self._writing: packets.Writing | five.Writing = packets.Writing()
        self._out = bytearray()
        self._session: AnySession | None = None
        self.peer = name_of(writer.transport.get_extra_info("peername"))
        self.allowed_silence = _CONNECT_SECONDS
        self.last_heard = time.monotonic()

    async def run(self) -> None:
        """Serve the client until one side leaves."""
        try:
            if await self._log_in():
                await self._serve()
        except values.Malformed as error:
            # Store the earlier messages first: their acknowledgement must not depend on later ones.
            self._core.writes.flush()
            self.send(self._writing.disconnect(error.reason))
            _LOG.info("MQTT: closed %s after %s", self.peer, error)
        finally:
            if self._session is not None:
                self._session.finish()
            self._flush()
            self._writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_SECONDS):
                    await self._writer.wait_closed()
            self._writer.transport.abort()

    def close(self, reason: str, code: int = 0) -> None:
        """Close the connection from this side; a client of MQTT 5 receives the code."""
        _LOG.info("MQTT: closed %s because %s", self.peer, reason)
        if code:
            self.send(self._writing.disconnect(code))
        self._flush()
        self._writer.transport.close()

    def check_silence(self, now: float) -> None:
        """Close a connection that is silent for too long, without a last packet."""
        if now - self.last_heard > self.allowed_silence:
            _LOG.info("MQTT: the client was silent for too long")
            self._writer.transport.abort()

    def publish(self, topic: str, payload: bytes, packet_id: int | None) -> None:
        """Send a message soon."""
        self.send(self._writing.publish(topic, payload, packet_id))

    def send(self, data: bytes) -> None:
        """Send soon; what belongs to one turn of the loop goes out in one piece."""
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out += data

    def _flush(self) -> None:
        transport = self._writer.transport
        if self._out and not transport.is_closing():
            self._writer.write(bytes(self._out))
            if transport.get_write_buffer_size() > _MAX_UNREAD:
                transport.abort()
        self._out.clear()

    async def _log_in(self) -> bool:
        packet = await self._packets.next()
        while packet is not None and not isinstance(packet, values.Connect):
            # The server passes over what comes before a CONNECT.
            packet = await self._packets.next()
        return packet is not None and self._admit(packet)

    def _admit(self, packet: values.Connect) -> bool:
        """Begin the session of whoever connects, or refuse it."""
        if packet.level == five.LEVEL:
            self._writing = five.Writing()
        self.last_heard = time.monotonic()
        if PROVISION in (packet.user_name, packet.client_id):
            self._session = ProvisionSession(self._core, self.publish, self.close)
        else:
            try:
                device = device_of(self._core, packet, self._certificate)
            except LoginRefused as refused:
                self.send(self._writing.refusal(refused.code))
                return False
            self._session = Session(self._core, device, self.publish, self.close, self.peer)
        # The server claims a session that it does not keep.
        self.send(self._writing.connack(packets.ACCEPTED, session_present=not packet.clean))
        self.allowed_silence = min(_IDLE_SECONDS, packet.keep_alive * _PATIENCE or _IDLE_SECONDS)
        self._session.begin()
        return True

    async def _serve(self) -> None:
        session = self._session
        while session is not None:
            packet = await self._packets.next()
            if packet is None:
                return
            self.last_heard = time.monotonic()
            if isinstance(packet, values.Disconnect):
                self.send(self._writing.farewell())
                return
            if isinstance(packet, values.Connect):
                # The server lets a client connect again over its connection.
                session.finish()
                self._session = None
                if not self._admit(packet):
                    return
                session = self._session
                continue
            self._handle(session, packet)

    def _handle(self, session: AnySession, packet: values.Packet) -> None:
        if isinstance(packet, values.Publish):
            acknowledge = partial(self._acknowledge, packet.packet_id)
            try:
                session.published(packet, acknowledge)
            except values.UnreadablePayload as error:
                # A client of MQTT 5 is told, and stays; so does one whose profile says so.
                if packet.packet_id is None or not (self._writing.level == five.LEVEL or session.forgives):
                    raise
                _LOG.info("MQTT: %s refused a message: %s", self.peer, error)
                session.write(nothing, partial(acknowledge, error.reason))
            except values.NotCarriedOut as error:
                session.write(nothing, partial(acknowledge, error.reason))
                raise
        elif isinstance(packet, values.Ping):
            session.heard()
            self.send(packets.PINGRESP)
        elif isinstance(packet, values.Acknowledge):
            session.acknowledged(packet.packet_id)
        elif isinstance(packet, values.Subscribe):
            codes = session.subscribed(packet)
            self.send(self._writing.suback(packet.packet_id, codes))
            session.heard()
            session.offer_waiting()
        elif isinstance(packet, values.Unsubscribe):
            codes = session.unsubscribed(packet.filters)
            self.send(self._writing.unsuback(packet.packet_id, codes))

    def _acknowledge(self, packet_id: int | None, reason: int = 0) -> None:
        if packet_id is not None:
            self.send(self._writing.puback(packet_id, reason))


class MqttPortTaken(OSError):
    """The port for MQTT cannot be listened on."""


class MqttServer:
    """Listens for devices; close it before the database."""

    def __init__(self, core: Core, places: Places) -> None:
        self._core, self._places = core, places
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._listening: asyncio.Server | None = None
        self._watching: asyncio.Task[None] | None = None
        self._listening_tls: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port."""
        self._listening = await self._listen(host, port, self._accept)
        self._watching = asyncio.create_task(self._watch())
        return int(self._listening.sockets[0].getsockname()[1])

    async def start_tls(self, host: str, port: int, context: SSL.Context) -> int:
        """Listen with TLS as well, and return the port."""

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                opened = await open_tls(context, reader, writer)
            except asyncio.CancelledError:
                writer.transport.abort()
                return
            if opened is not None:
                await self._accept(*opened)

        self._listening_tls = await self._listen(host, port, accept)
        return int(self._listening_tls.sockets[0].getsockname()[1])

    async def _listen(
        self,
        host: str,
        port: int,
        accept: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    ) -> asyncio.Server:
        try:
            bound = bound_socket(host, port)
        except OSError as error:
            raise MqttPortTaken(*error.args) from error

        async def seat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not self._places.take():
                writer.transport.abort()
                return
            try:
                await accept(reader, writer)
            finally:
                self._places.leave()

        return await listen(bound, lambda backlog: asyncio.start_server(seat, sock=bound, backlog=backlog))

    async def stop(self) -> None:
        """Close every connection; what was received is stored."""
        if self._listening is None or self._watching is None:
            return
        self._watching.cancel()
        if self._listening_tls is not None:
            await stop_listening(self._listening_tls)
        await stop_listening(self._listening)
        self._core.writes.flush()
        tasks = list(self._connections.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, self._watching, return_exceptions=True)
        self._core.writes.flush()

    async def _accept(
        self,
        reader: asyncio.StreamReader | TlsReader,
        writer: asyncio.StreamWriter | TlsWriter,
        certificate: str | None = None,
    ) -> None:
        connection = Connection(self._core, reader, writer, certificate)
        task = asyncio.current_task()
        if task is None:
            return
        self._connections[connection] = task
        try:
            await connection.run()
        except asyncio.CancelledError:
            # Only stop() cancels; a cancelled task would be reported as an error by asyncio's server.
            writer.transport.abort()
        except Exception as fault:
            tell(_LOG, "an MQTT connection", fault)
        finally:
            del self._connections[connection]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            now = time.monotonic()
            for connection in list(self._connections):
                connection.check_silence(now)
