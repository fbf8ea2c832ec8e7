"""The way to the server: one connection after the other, and the messages that are under way on it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol

from papaya.agent.broker_faults import fault_of
from papaya.agent.guard import Guard
from papaya.agent.limits import Limits
from papaya.agent.link import IN_EVERY_PROFILE, Ending, Link
from papaya.agent.proof import Proof
from papaya.agent.relayed import Relayed
from papaya.agent.rivals import Rivals
from papaya.agent.settings import AgentSettings
from papaya.agent.storage import Storage
from papaya.agent.traffic import Counts, Traffic
from papaya.agent.words import waiting_words
from papaya.backoff import Backoff
from papaya.errors import PapayaError
from papaya.remedies import AGENT_MQTT, mqtt_not_thingsboard
from papaya.settings.device_login import DeviceLogin

log = logging.getLogger(__name__)

_CONNECT_WITHIN = 30.0
# A busy server takes its time; a plain broker never answers.
_PROVEN_WITHIN = 20.0
# What sends our question back is a broker; ThingsBoard behind it may still answer.
_ECHOED_WITHIN = 8.0
# Messages that wait for the agent's thread; more stay on the line.
_MOST_PENDING = 500
_ROOM_SECONDS = 60.0
_MOST_UNACKNOWLEDGED = 500
_SAY_AGAIN_SECONDS = 3600.0
# A session that has lasted so long makes the next attempt start with the shortest pause again.
_SETTLED_SECONDS = 30.0
# So many messages that cannot be handled end a connection, and the next one waits longer.
_MOST_FAULTY = 20


class Conversation(Protocol):
    """What is said on a connection beside telemetry."""

    def begin(self, send: Callable[[str, bytes], None], number: int) -> None:
        """Start on a connection to ThingsBoard; its first questions had this number."""

    def received(self, topic: str, payload: bytes) -> None:
        """Take a message of the server."""


class Uplink:
    """Keeps a connection up and what is under way on it; all but the callbacks run in the agent's thread."""

    def __init__(
        self,
        settings: AgentSettings,
        storage: Storage,
        rivals: Rivals,
        conversation: Conversation,
        later: Callable[[Callable[[], None]], None],
        clock: Callable[[], float],
        guard: Guard,
    ) -> None:
        self._settings, self._storage, self._rivals = settings, storage, rivals
        self._conversation, self._later, self._clock = conversation, later, clock
        self._guard = guard
        self._faulty = 0
        self._link: Link | None = None
        self._is_up = False
        self._is_connected = False
        self._proof = Proof()
        self._relayed: Relayed | None = None
        # Answers and attributes; readings are the traffic's.
        self._unacknowledged: set[int] = set()
        self._room = threading.BoundedSemaphore(_MOST_PENDING)
        self._since = 0.0
        self._retry_at = clock()
        self._backoff = Backoff(settings.first_pause, settings.longest_pause)
        self._refused = Backoff(settings.refused_pause, settings.longest_refused_pause)
        self._refused_token: str | DeviceLogin | None = None
        self._unauthorized = False
        self._said: tuple[str, float] = ("", 0.0)
        self._traffic = Traffic(settings, storage, clock)

    @property
    def is_up(self) -> bool:
        """Whether the server has accepted the device and has proven that it is ThingsBoard."""
        return self._is_up

    @property
    def is_busy(self) -> bool:
        """Whether messages are under way."""
        return self._traffic.is_busy

    @property
    def counts(self) -> Counts:
        """What the server has acknowledged in this run."""
        return self._traffic.counts

    @property
    def status(self) -> str:
        """Return in a few words how the connection is."""
        if self._is_up:
            return "connected"
        if self._is_connected:
            return "asking whether it is ThingsBoard"
        if self._link is not None:
            return "connecting"
        return "refused by the server" if self._unauthorized else "not connected"

    def next_deadline(self) -> float:
        """Return when something has to be done that no message triggers."""
        if self._link is None:
            return self._retry_at
        if not self._is_up:
            return self._since + self._patience
        return self._traffic.next_deadline()

    def tick(self) -> None:
        """Connect when it is time, give up what takes too long, and send what may be sent."""
        now = self._clock()
        if self._link is None:
            if now >= self._retry_at or self._has_new_token():
                self._connect()
        elif not self._is_up:
            if now >= self._since + self._patience:
                is_strange = self._is_connected
                self._drop(self._words_of_stranger() if is_strange else "no answer in time")
        elif now >= self._traffic.overdue_at:
            self._drop(f"nothing was acknowledged for {self._settings.acknowledged_within:g} s")
        else:
            self._traffic.pump(partial(self._publish, self._link))

    def limit(self, limits: Limits) -> None:
        """Keep to what the server takes."""
        self._traffic.limits = limits

    def close(self, patience: float) -> None:
        """End the connection."""
        if self._link is not None:
            self._link.close(patience=patience)
            self._link = None
        self._is_up = self._is_connected = False

    # Callbacks of the link: they run in its thread, and only leave a note for the agent's.

    def connected(self, link: Link) -> None:
        """Note that the server accepts the connection."""
        self._later(partial(self._connected, link))

    def refused(self, link: Link, reason: str, *, unauthorized: bool) -> None:
        """Note that the server refuses the device."""
        self._later(partial(self._was_refused, link, unauthorized))

    def acknowledged(self, link: Link, number: int) -> None:
        """Note that the server has a message."""
        self._later(partial(self._acknowledged, link, number))

    def received(self, link: Link, topic: str, payload: bytes, *, retained: bool) -> None:
        """Note what the server sent; wait where it sends faster than the agent takes it."""
        if self._room.acquire(timeout=_ROOM_SECONDS):
            self._later(partial(self._take, link, topic, payload, retained))

    def ended(self, link: Link, ending: Ending) -> None:
        """Note that the connection is over."""
        self._later(partial(self._ended, link, ending))

    # What the notes do, in the agent's thread.

    def _connect(self) -> None:
        self._since, self._unauthorized = self._clock(), False
        try:
            token = self._settings.token()
        except PapayaError as error:
            self._wait(error.in_one_line, self._refused.next())
            return
        self._refused_token = token
        self._link = Link(self._settings.address, token, f"papaya-{self._rivals.instance}", self)
        self._link.start()

    def _connected(self, link: Link) -> None:
        if link is not self._link:
            return
        self._is_connected, self._since = True, self._clock()
        self._proof, self._relayed, self._faulty = Proof(), None, 0
        self._unacknowledged.clear()
        log.debug("reached %s; asking whether it is ThingsBoard", self._settings.address)
        self._proof.begin(link.publish)

    def _proven(self) -> None:
        """Begin to send: the other side is ThingsBoard and knows the device."""
        self._is_up, self._since = True, self._clock()
        self._said = ("", 0.0)
        self._refused.reset()
        waiting = self._storage.waiting
        log.info("connected to %s, %s", self._settings.address, waiting_words(waiting))
        self._traffic.begin()
        self._conversation.begin(self._send, self._proof.number)
        for topic, payload in self._proof.held():
            self._received(topic, payload)

    def _was_refused(self, link: Link, unauthorized: bool) -> None:
        if link is self._link:
            self._unauthorized = unauthorized

    def _acknowledged(self, link: Link, number: int) -> None:
        if link is not self._link:
            return
        self._unacknowledged.discard(number)
        if not self._traffic.has_under_way(number):
            return
        if not self._proof.is_echoed:
            self._traffic.acknowledged(number)
            return
        if self._relayed is None:
            log.warning(_RELAYED, self._settings.address)
            self._relayed = Relayed(self._proof.number, self._send)
        self._relayed.acknowledged(number)

    def _take(self, link: Link, topic: str, payload: bytes, retained: bool) -> None:
        self._room.release()
        if link is not self._link or self._proof.is_own(topic, payload):
            return
        if self._is_up:
            self._received(topic, payload)
            return
        self._proof.received(topic, payload, retained=retained)
        if self._proof.is_given:
            self._proven()

    def _received(self, topic: str, payload: bytes) -> None:
        for number in self._relayed.received(topic) if self._relayed is not None else ():
            self._traffic.acknowledged(number)
        if not self._guard.once("message", lambda: self._conversation.received(topic, payload)):
            self._faulty += 1
            if self._faulty >= _MOST_FAULTY:
                self._drop(f"{self._faulty} messages of the server could not be handled")

    def _ended(self, link: Link, ending: Ending) -> None:
        if link is self._link:
            self._over(self._words_of(ending), by_server=ending.by_server)

    def _words_of(self, ending: Ending) -> str:
        if self._is_connected and ending.kind in ("closed", "silent", "unreachable"):
            # Lines break every day; what could be behind repeated ends is told by the rivals.
            return ending.reason
        return f"{ending.reason}. {fault_of(self._settings.address, ending, options=AGENT_MQTT).remedy}"

    def _words_of_stranger(self) -> str:
        remedy = mqtt_not_thingsboard(str(self._settings.address), "", AGENT_MQTT).remedy
        return f"{self._proof.met()}. {remedy}"

    @property
    def _patience(self) -> float:
        """Return for how long the present step of connecting may take."""
        if not self._is_connected:
            return _CONNECT_WITHIN
        return _ECHOED_WITHIN if self._proof.is_echoed else _PROVEN_WITHIN

    def _drop(self, reason: str) -> None:
        link = self._link
        if link is not None:
            link.close()
        self._over(reason, by_server=False)

    def _over(self, reason: str, *, by_server: bool) -> None:
        lived = self._clock() - self._since
        was_up = self._is_up
        self._link, self._is_up, self._is_connected = None, False, False
        self._traffic.end()
        if self._unauthorized:
            self._wait(
                _NOT_AUTHORIZED.format(self._settings.device, self._settings.address), self._refused.next()
            )
            return
        if was_up:
            if lived >= _SETTLED_SECONDS:
                self._backoff.reset()
            if self._rivals.ended(lived, by_server=by_server):
                log.warning(_SHORT_SESSIONS, self._settings.device)
        pause = self._backoff.next()
        if was_up and by_server:
            pause = self._rivals.pause() or pause
        self._wait(reason, pause)

    def _wait(self, reason: str, pause: float) -> None:
        now = self._clock()
        self._retry_at = now + pause
        said, at = self._said
        if reason != said or now - at > _SAY_AGAIN_SECONDS:
            # The same trouble is told once an hour.
            self._said = (reason, now)
            log.warning(
                "no connection to %s: %s Readings are kept (%s); next attempt in %.0f s.",
                self._settings.address,
                reason if reason.endswith((".", "?")) else f"{reason}.",
                waiting_words(self._storage.waiting),
                pause,
            )
        else:
            log.info("no connection yet: %s; next attempt in %.0f s", reason, pause)

    def _has_new_token(self) -> bool:
        """Return whether the server refused the token and there is another one now."""
        if not self._unauthorized:
            return False
        try:
            return self._settings.token() != self._refused_token
        except PapayaError:
            return False

    def _publish(self, link: Link, topic: str, payload: bytes) -> int:
        # A broker in between may pass on the usual topics alone.
        return link.publish(topic if self._proof.is_echoed else IN_EVERY_PROFILE.get(topic, topic), payload)

    def _send(self, topic: str, payload: bytes) -> None:
        if self._link is None or not self._is_up:
            return
        self._unacknowledged.add(self._publish(self._link, topic, payload))
        if len(self._unacknowledged) > _MOST_UNACKNOWLEDGED:
            self._drop("the server asks on and acknowledges no answer")


_RELAYED = (
    "ThingsBoard answers through a broker at %s that passes messages on: readings leave the spool only when "
    "ThingsBoard has answered a question that was sent after them"
)
_NOT_AUTHORIZED = (
    "the token of {} is not accepted by {}. Fetch the current one with papaya provision, or store it in the "
    "token file: the agent takes it up by itself"
)
_SHORT_SESSIONS = (
    "the server has closed several sessions of %s soon after it accepted them: the network fails, the server "
    "limits the device's rate, or another program uses the same token (one session per device may last)"
)
