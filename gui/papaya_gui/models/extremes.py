"""The lowest or highest value of many ranges of samples, from blocks of them where there are some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 64

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def extreme(choose: np.ufunc, levels: list[Floats], starts: Indices, stops: Indices) -> Floats:
    """Return the extreme of each range, none of them empty, from whole blocks where there are some."""
    if len(levels) == 1 or not levels[1].size:
        return _reduce(choose, levels[0], starts, stops)
    first, last = -(-starts // BLOCK), stops // BLOCK
    result = np.empty(starts.size)
    blocks = first < last
    result[~blocks] = _reduce(choose, levels[0], starts[~blocks], stops[~blocks])
    if not blocks.any():
        return result
    result[blocks] = extreme(choose, levels[1:], first[blocks], last[blocks])
    head = blocks & (starts < first * BLOCK)
    result[head] = choose(result[head], _reduce(choose, levels[0], starts[head], first[head] * BLOCK))
    tail = blocks & (last * BLOCK < stops)
    result[tail] = choose(result[tail], _reduce(choose, levels[0], last[tail] * BLOCK, stops[tail]))
    return result


def _reduce(choose: np.ufunc, items: Floats, starts: Indices, stops: Indices) -> Floats:
    """Return the extreme of each range, none of them empty, by reading all of its items."""
    if not starts.size:
        return np.empty(0)
    lengths = stops - starts
    offsets = np.cumsum(lengths) - lengths
    # Only the items of the ranges are gathered: reduceat alone would also scan what lies between them.
    positions = np.arange(int(lengths.sum())) + np.repeat(starts - offsets, lengths)
    reduced: Floats = choose.reduceat(items[positions], offsets)
    return reduced
