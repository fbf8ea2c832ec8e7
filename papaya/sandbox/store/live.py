"""Clients that are waiting now: device sessions, device long polls, and RPC in progress."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from papaya.sandbox.wire import quote


class DeviceDeleted(Exception):
    """The device behind a long poll is gone."""


@dataclass(slots=True, eq=False)
class PendingRpc:
    """A server-side RPC that waits for a device to take it, or to answer it."""

    request_id: int
    method: str
    params_text: str
    one_way: bool
    answer: asyncio.Future[str | None]
    # Told of SENT and DELIVERED; only persistent calls keep a record of that.
    progress: Callable[[str], None] | None = None

    @property
    def text(self) -> str:
        """The JSON that a device receives over HTTP."""
        return f'{{"id":{self.request_id},"method":{quote(self.method)},"params":{self.params_text}}}'

    @property
    def message(self) -> str:
        """The JSON that a device receives over MQTT, where the topic has the ID."""
        return f'{{"method":{quote(self.method)},"params":{self.params_text}}}'

    def note(self, status: str) -> None:
        """Pass a step of the delivery on."""
        if self.progress is not None:
            self.progress(status)


@dataclass(frozen=True, slots=True)
class Claim:
    """The secret with which a device may be claimed, until a moment in milliseconds."""

    secret: str
    expires: int


class DeviceSession(Protocol):
    """A connected device."""

    def takes_rpc(self, rpc: PendingRpc) -> bool:
        """Send the call, or tell that the device does not listen for calls."""

    def shared_changed(self, update: str) -> None:
        """Send changed shared attributes to a device that listens for them."""

    def end(self, reason: str) -> None:
        """Close the connection."""


@dataclass(slots=True)
class Live:
    """Waiting parties by device number; nothing of this survives a restart, as on the server."""

    sessions: dict[int, DeviceSession] = field(default_factory=dict)
    rpc_polls: dict[int, deque[asyncio.Future[PendingRpc]]] = field(default_factory=dict)
    rpc_waiting: dict[int, deque[PendingRpc]] = field(default_factory=dict)
    rpc_sent: dict[tuple[int, int], PendingRpc] = field(default_factory=dict)
    update_polls: dict[int, list[asyncio.Future[str]]] = field(default_factory=dict)
    claims: dict[int, Claim] = field(default_factory=dict)
    # asyncio itself keeps no task alive.
    followed: set[asyncio.Task[None]] = field(default_factory=set)
    _request_ids: dict[int, int] = field(default_factory=dict)

    def next_request_id(self, device: int) -> int:
        """Return the device's next RPC id; they start at 0."""
        following = self._request_ids.get(device, 0)
        self._request_ids[device] = following + 1
        return following

    def offer(self, device: int, rpc: PendingRpc) -> None:
        """Hand an RPC to a session or a waiting poll, or keep it until one comes."""
        session = self.sessions.get(device)
        if session is not None and session.takes_rpc(rpc):
            self.deliver(device, rpc)
            return
        polls = self.rpc_polls.get(device)
        while polls:
            poll = polls.popleft()
            if not poll.done():
                poll.set_result(rpc)
                return
        self.rpc_waiting.setdefault(device, deque()).append(rpc)

    def offer_again(self, device: int, rpc: PendingRpc) -> None:
        """Offer a call whose delivery nobody confirmed before the connection ended."""
        if self.rpc_sent.pop((device, rpc.request_id), None) is not None and not rpc.answer.done():
            self.offer(device, rpc)

    def offer_waiting(self, device: int) -> None:
        """Hand everything that waits to a device that has just begun to listen."""
        waiting = self.rpc_waiting.pop(device, None)
        for rpc in waiting or ():
            if not rpc.answer.done():
                self.offer(device, rpc)

    def take(self, device: int) -> PendingRpc | None:
        """Return the oldest RPC that still waits for the device."""
        waiting = self.rpc_waiting.get(device)
        while waiting:
            rpc = waiting.popleft()
            if not rpc.answer.done():
                return rpc
        return None

    def deliver(self, device: int, rpc: PendingRpc) -> None:
        """Note that the RPC is on its way to the device; a one-way call is done with that."""
        if rpc.one_way:
            if not rpc.answer.done():
                rpc.answer.set_result(None)
            return
        self.rpc_sent[device, rpc.request_id] = rpc

    def answer(self, device: int, request_id: int, text: str) -> None:
        """Forward a device's answer; drop it if no request waits for it."""
        rpc = self.rpc_sent.pop((device, request_id), None)
        if rpc is not None and not rpc.answer.done():
            rpc.answer.set_result(text)

    def give_up(self, device: int, rpc: PendingRpc) -> None:
        """Forget an RPC whose time is over."""
        self.rpc_sent.pop((device, rpc.request_id), None)
        waiting = self.rpc_waiting.get(device)
        if waiting is not None and rpc in waiting:
            waiting.remove(rpc)

    def publish_update(self, device: int, update: str) -> None:
        """Tell the session and every long poll of the device's shared attributes."""
        session = self.sessions.get(device)
        if session is not None:
            session.shared_changed(update)
        for poll in self.update_polls.pop(device, ()):
            if not poll.done():
                poll.set_result(update)

    def end_session(self, device: int, reason: str) -> None:
        """Close the device's connection, if it has one."""
        session = self.sessions.get(device)
        if session is not None:
            session.end(reason)

    def forget(self, device: int) -> None:
        """End session and polls of a deleted device and drop what waits for it."""
        self.end_session(device, "the device was deleted")
        self.rpc_waiting.pop(device, None)
        self.claims.pop(device, None)
        polls = [*self.rpc_polls.pop(device, ()), *self.update_polls.pop(device, ())]
        for poll in polls:
            if not poll.done():
                poll.set_exception(DeviceDeleted())
