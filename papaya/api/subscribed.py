"""What one connection subscribes to: few subscriptions at a time, each as soon as others are answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from papaya.api.latest import Portion, portions

# ThingsBoard closes a connection that does not take an answer within five seconds. Nothing is read while
# subscriptions are sent, and each is answered with a page of hundreds of devices.
MOST_UNANSWERED: Final = 4
# Later, an answer that did not come holds up no other.
ANSWER_SECONDS: Final = 30.0


class Subscribed:
    """Subscriptions by number: those that are sent, and those that wait for their turn."""

    def __init__(self) -> None:
        self._sent: dict[int, Portion] = {}
        self._waiting: deque[Portion] = deque()
        # When those were sent whose page has not come.
        self._unanswered: dict[int, float] = {}
        self._number = 0

    def portions(self) -> Iterator[Portion]:
        """Yield what is subscribed to, or will be."""
        yield from self._sent.values()
        yield from self._waiting

    def end_unwanted(self, wanted: Mapping[str, Collection[str]]) -> list[int]:
        """Forget the subscriptions of which nobody wants anything; return their numbers."""
        ended = [
            number
            for number, portion in self._sent.items()
            if not any(key in wanted.get(device, ()) for device, key in portion.pairs())
        ]
        for number in ended:
            del self._sent[number]
            self._unanswered.pop(number, None)
        return ended

    def want(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Let what is wanted and not sent wait for its turn."""
        # Nearly all devices have their keys from one portion: a set for each of 100,000 takes 20 MB.
        served: dict[str, Collection[str]] = {}
        for portion in self._sent.values():
            for device in portion.devices:
                before = served.get(device)
                served[device] = portion.keys if before is None else (*before, *portion.keys)
        missing: dict[str, Collection[str]] = {}
        for device, keys in wanted.items():
            there = served.get(device)
            left = keys if there is None else set(keys).difference(there)
            if left:
                missing[device] = left
        self._waiting = deque(portions(missing))

    def next(self, now: float) -> Iterator[tuple[int, Portion]]:
        """Yield what is to be sent now: few at once are without an answer, unless none comes for long."""
        late = [number for number, at in self._unanswered.items() if now - at > ANSWER_SECONDS]
        for number in late:
            del self._unanswered[number]
        while self._waiting and len(self._unanswered) < MOST_UNANSWERED:
            self._number += 1
            self._sent[self._number] = self._waiting.popleft()
            self._unanswered[self._number] = now
            yield self._number, self._sent[self._number]

    def answered(self, number: int) -> Portion | None:
        """Return the portion of a subscription that was answered; None if there is none."""
        self._unanswered.pop(number, None)
        return self._sent.get(number)
