"""Finding a device, a sensor or an action among tens of thousands by a few letters of its name."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.catalog import Catalog, Row

# Letters in order, but apart, are looked for only where fewer than so many names have them together.
_ENOUGH = 20
# No more than so many finds are weighed: whoever has more of them types another letter.
_WEIGHED = 2000


Weight = tuple[int, int, int, int]


class Kind(Enum):
    """What is found; the order is that of equally good finds."""

    ACTION = 0
    DEVICE = 1
    SENSOR = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to be found by its `name`, and less well by its `words`.

    `target` is the name of an action or a device, `row` a sensor's row.
    """

    kind: Kind
    name: str
    words: str
    target: str
    row: int = -1


class Finder:
    """Entries, prepared so that a search takes a few milliseconds."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries: Sequence[Entry] = tuple(entries)
        self._names = [entry.name.casefold() for entry in self.entries]
        # The name comes first, so that a place before its length is one in the name.
        self._texts = [
            f"{name} {entry.words.casefold()}" for name, entry in zip(self._names, self.entries, strict=True)
        ]
        self._letters = _letters(self._texts)

    def together(self, words: Sequence[str], limit: int) -> list[tuple[Weight, Entry]]:
        """Return the best of what has every word as it is."""
        hits = self._with_all(words)
        if len(hits) > _WEIGHED:
            # So many say that the query is short still: a glance at each name has to do.
            first, names = words[0], self._names
            glanced = [(not names[index].startswith(first), len(names[index]), index) for index in hits]
            hits = [index for *_, index in heapq.nsmallest(max(limit, _ENOUGH), glanced)]
        weighed = [(self._weight(index, words), index) for index in hits]
        return [(weight, self.entries[index]) for weight, index in heapq.nsmallest(limit, weighed)]

    def _with_all(self, words: Sequence[str]) -> Sequence[int]:
        texts = self._texts
        longest, *others = sorted(words, key=len, reverse=True)
        hits = [index for index, text in enumerate(texts) if longest in text]
        for word in others:
            hits = [index for index in hits if word in texts[index]]
        return hits

    def _weight(self, index: int, words: Sequence[str]) -> Weight:
        """Return less for what is meant rather: words in the name, at its beginning or that of a part."""
        text, name = self._texts[index], self._names[index]
        outside = inside = 0
        for word in words:
            place = text.find(word)
            if place >= len(name):
                outside += 1
            elif place and text[place - 1].isalnum():
                inside += 2
            elif place:
                inside += 1
        return outside, inside, len(name), self.entries[index].kind.value

    def apart(self, words: Sequence[str], limit: int) -> list[tuple[Weight, Entry]]:
        """Return the best of what has the letters of every word in their order: `pm42` is in PM-0042."""
        wanted = np.bitwise_or.reduce(_letters(words))
        candidates: NDArray[np.intp] = np.flatnonzero((self._letters & wanted) == wanted)
        weighed: list[tuple[Weight, int]] = []
        for index in candidates.tolist():
            widths = [_width(self._texts[index], word) for word in words]
            if -1 not in widths:
                name = len(self._names[index])
                weighed.append(((sum(widths), 0, name, self.entries[index].kind.value), index))
                if len(weighed) >= _WEIGHED:
                    break
        return [(weight, self.entries[index]) for weight, index in heapq.nsmallest(limit, weighed)]


def find(finders: Sequence[Finder], query: str, limit: int = 50) -> list[Entry]:
    """Return what has every word of the query, best first.

    Better is what stands in the name, at a word's beginning, and in a short name. Words spread over a name
    are looked for only where too few have them as they are. An empty query finds each finder's first entries.
    """
    words = query.casefold().split()
    if not words:
        return [entry for finder in finders for entry in finder.entries[:limit]][:limit]
    found = _best([finder.together(words, limit) for finder in finders], limit)
    if len(found) < min(limit, _ENOUGH):
        spread = _best([finder.apart(words, limit) for finder in finders], limit)
        found += [entry for entry in spread if entry not in found]
    return found[:limit]


def _best(parts: Sequence[list[tuple[Weight, Entry]]], limit: int) -> list[Entry]:
    return [entry for _, entry in heapq.nsmallest(limit, heapq.merge(*parts, key=_weight_of), key=_weight_of)]


def _weight_of(weighed: tuple[Weight, Entry]) -> Weight:
    return weighed[0]


def catalog_entries(catalog: Catalog) -> list[Entry]:
    """Return an entry for every device, and after them one for every sensor."""
    devices = []
    for name in catalog.devices:
        device = catalog.device(name)
        words = " ".join(
            filter(None, (device.country, device.state, device.label, device.serial, device.model))
        )
        devices.append(Entry(Kind.DEVICE, name, words, name))
    return devices + [_sensor_entry(row) for row in catalog]


def _sensor_entry(row: Row) -> Entry:
    return Entry(
        Kind.SENSOR, f"{row.device} {row.title}", f"{row.sensor.key} {row.place[1]}", row.device, row.index
    )


def _letters(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return the characters of each text as bits; some share one, so that a bit says what may be there."""
    if not texts:
        return np.empty(0, np.uint64)
    points = np.frombuffer("\n".join([*texts, ""]).encode("utf-32-le", "surrogatepass"), np.uint32)
    starts = np.concatenate(([0], np.cumsum([len(text) + 1 for text in texts[:-1]], dtype=np.intp)))
    bits: NDArray[np.uint64] = np.left_shift(np.uint64(1), (points % 64).astype(np.uint64))
    return np.bitwise_or.reduceat(bits, starts)


def _width(text: str, word: str) -> int:
    """Return over how many letters a word is spread in a text, or -1 if they are not there in order."""
    first = place = text.find(word[0])
    for letter in word[1:]:
        if place < 0:
            return -1
        place = text.find(letter, place + 1)
    return -1 if place < 0 else place - first
