"""Keeps one line up where no systemd does: starts ssh, watches it, and starts it again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from papaya.backoff import Backoff
from papaya.manifest.model import Json
from papaya.tunnel.attempt import Ended, attempt
from papaya.tunnel.complaints import Complaint, Patience, complaint_of
from papaya.tunnel.condition import Condition, Standing
from papaya.tunnel.device_key import truly
from papaya.tunnel.event import Event, Level, What
from papaya.tunnel.line import Line
from papaya.tunnel.stopping import Stop


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a supervisor is, in seconds.

    Pauses grow from `first` to `longest`. They stay within `longest_for_port` while the bastion holds the
    port, so that the tunnel is back soon after the port is free. They grow up to `longest_for_person` if only
    a person can help: more attempts could get this address banned. A connection that held for `healthy_after`
    makes all of it forgotten. One that does not forward after `starts_within` is given up.
    """

    first: float = 1.0
    longest: float = 60.0
    longest_for_port: float = 5.0
    longest_for_person: float = 300.0
    healthy_after: float = 10.0
    starts_within: float = 45.0

    def longest_for(self, patience: Patience) -> float:
        """Return the longest pause after a complaint."""
        match patience:
            case "soon":
                return min(self.longest_for_port, self.longest)
            case "person":
                return max(self.longest_for_person, self.longest)
            case _:
                return self.longest


_DEAD: Final = "the bastion did not forward within {:g} s"
_DEAD_REMEDY: Final = "Its sshd hangs or has too much to do, or the network swallows packets."


class Supervisor:
    """Keeps one line up until it is to stop; everything runs in the thread of `run`."""

    def __init__(
        self,
        line: Line,
        ssh: str,
        arguments: Sequence[str],
        *,
        stop: Stop,
        tell: Callable[[Event], None],
        note: Callable[[Condition], None],
        pace: Pace,
        chance: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._line, self._ssh, self._arguments = line, ssh, tuple(arguments)
        self._stop, self._tell_of, self._note_that, self._pace = stop, tell, note, pace
        self._clock, self._now = clock, now
        self._backoff = Backoff(pace.first, max(pace.longest, pace.longest_for_person), chance=chance)
        self._retries = 0
        self._last: Complaint | None = None
        self._last_at: float | None = None
        self._began = 0.0
        # When it came up, or when it ceased to be.
        self._since = now()
        self._told: set[str] = set()

    def run(self) -> None:
        """Connect again and again."""
        while not self._stop.is_set:
            self._began = self._clock()
            self._note("connecting")
            self._tell("connecting", attempt=self._retries + 1)
            ended = self._attempt()
            if not self._stop.is_set:
                self._stop.wait(self._pause_after(ended))
        self._since = self._now()
        self._note("stopped")
        self._tell("stopped")

    def _attempt(self) -> Ended:
        try:
            return attempt(
                self._ssh,
                self._arguments,
                stop=self._stop,
                starts_within=self._pace.starts_within,
                on_up=self._is_up,
                on_said=self._heard,
                clock=self._clock,
            )
        except OSError as error:
            # A machine that is short of something now is not so for ever.
            return Ended(f"{self._ssh} cannot be started: {error.strerror or error}")

    def _is_up(self) -> None:
        attempts, self._retries = self._retries + 1, 0
        self._last = self._last_at = None
        self._told.clear()
        self._since = self._now()
        self._note("up")
        self._tell("up", seconds=round(self._clock() - self._began, 3), attempt=attempts)

    def _heard(self, said: str) -> None:
        """Tell what ssh complains of while it forwards, once for each connection."""
        complaint = complaint_of(said, self._line.device)
        if complaint is not None and complaint.kind not in {"lost", "other"} | self._told:
            self._told.add(complaint.kind)
            self._tell("complaint", level="warning", **_described(complaint))

    def _pause_after(self, ended: Ended) -> float:
        """Tell how an attempt ended and return how long to wait before the next one."""
        complaint = self._complaint_about(ended)
        if ended.up_for is not None and ended.up_for >= self._pace.healthy_after:
            self._backoff.reset()
        pause = self._backoff.next(self._pace.longest_for(complaint.patience))
        is_news = self._last is None or self._last.kind != complaint.kind
        self._retries, self._last, self._last_at = self._retries + 1, complaint, self._now()
        if ended.up_for is not None:
            self._since = self._now()
        self._note("waiting")
        details = _described(complaint, with_remedy=is_news)
        if ended.up_for is not None:
            details["upSeconds"] = round(ended.up_for, 3)
        what: What = "failed" if ended.up_for is None else "down"
        self._tell(what, level="warning", **details, retries=self._retries, nextInSeconds=round(pause, 3))
        return pause

    def _complaint_about(self, ended: Ended) -> Complaint:
        if ended.was_too_slow:
            return Complaint("silent", _DEAD.format(self._pace.starts_within), _DEAD_REMEDY)
        found = complaint_of(ended.said, self._line.device)
        if found is None or (found.kind == "localPortClosed" and ended.up_for is not None):
            return Complaint("lost", "ssh ended without a word")
        return truly(found, self._line)

    def _note(self, standing: Standing) -> None:
        self._note_that(
            Condition(
                unit=self._line.unit,
                device=self._line.device,
                remote_port=self._line.forward.remote_port,
                standing=standing,
                keeper="run",
                since=self._since,
                retries=self._retries,
                complaint=self._last,
                complained_at=self._last_at,
            )
        )

    def _tell(self, what: What, *, level: Level = "info", **details: Json) -> None:
        line = self._line
        self._tell_of(
            Event(what, self._now(), line.unit, line.device, line.forward.remote_port, details, level)
        )


def _described(complaint: Complaint, *, with_remedy: bool = True) -> dict[str, Json]:
    told: dict[str, Json] = {"error": complaint.kind, "text": complaint.summary}
    if with_remedy and complaint.remedy:
        told["remedy"] = complaint.remedy
    return told
