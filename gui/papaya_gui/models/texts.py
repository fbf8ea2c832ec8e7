"""Values that are texts, by number: they come often, few are different, and those nothing holds leave."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from papaya.sensors.reading import LONGEST_TEXT

# Above so many bytes it is looked for texts that nothing holds any more.
HEAVY = 64 * 2**20
# What is said of a text that was looked up after it had left; nothing that is shown should ever meet it.
FORGOTTEN = "(no longer kept)"
# Qt lays out every character of a text, even the invisible part. These are the limits in characters for a
# value, and for a message from a server, a device or an exception.
SHOWN, TOLD = 200, 1_000
# Bytes for each text beside its characters: two entries of tables, a number and a string.
_OVERHEAD = 200


class Texts:
    """Gives texts numbers from any thread, and texts for numbers."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self._retired: set[int] = set()
        self._next = 0
        self._lock = threading.Lock()
        self.weight = 0

    def __len__(self) -> int:
        return len(self._texts)

    def number(self, text: str) -> int:
        """Return the number of a text, the same as long as something holds it.

        A text that is too long for a sensor is cut at its end.
        """
        text = bounded(text, LONGEST_TEXT)
        number = self._numbers.get(text)
        if number is None:
            with self._lock:
                number = self._numbers.setdefault(text, self._next)
                if number == self._next:
                    self._next += 1
                    self._texts[number] = text
                    self.weight += _weight(text)
        return number

    def text(self, number: float) -> str:
        """Return the text of a number."""
        return self._texts.get(int(number), FORGOTTEN)

    def shown(self, number: float) -> str:
        """Return the text of a number, shortened so that it can be drawn at every beat."""
        return bounded(self.text(number), SHOWN)

    def retire(self, used: NDArray[np.float64]) -> None:
        """Retire all but these numbers, and forget those that were retired the time before and still are.

        This takes two steps, because a reading that is still in transit may use a number that nothing holds
        yet. A retired text can still be looked up. If it arrives again, it gets another number.
        """
        kept = set(np.unique(used).astype(np.int64).tolist())
        with self._lock:
            for number in self._retired - kept:
                self.weight -= _weight(self._texts.pop(number))
            self._retired &= kept
            for number, text in self._texts.items():
                if number not in kept and self._numbers.get(text) == number:
                    del self._numbers[text]
                    self._retired.add(number)


def bounded(text: str, most: int = TOLD) -> str:
    """Return a text, of a longer one the beginning with an ellipsis, in at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def shortened(text: str, most: int) -> str:
    """Return a text in at most so many characters, on one line."""
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[: most - 1]}…"


def _weight(text: str) -> int:
    return len(text) + _OVERHEAD
