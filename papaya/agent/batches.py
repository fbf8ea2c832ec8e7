"""Readings as telemetry messages, each below what the server takes in one piece."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from papaya.agent.rows import Row

# The server closes the connection of a device that sends 65,536 bytes in one message, topic included.
MOST_BYTES = 60_000
MOST_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Batch:
    """One message: the readings from the id `first` to the id `last`, `rows` of them, so many of each key."""

    first: int
    last: int
    rows: int
    payload: bytes
    keys: Mapping[str, int] = field(default_factory=dict)


def batch_of(rows: Sequence[Row], most_bytes: int = MOST_BYTES) -> Batch:
    """Return a message of as many of the rows, from the first on, as fit; at least one of them."""
    moments: list[tuple[int, dict[str, str]]] = []
    size, taken = 2, 0
    for row in rows:
        pair = len(json.dumps(row.key)) + 2 + len(row.value.encode())
        is_same = bool(moments) and moments[-1][0] == row.ts and row.key not in moments[-1][1]
        size += pair if is_same else pair + 48
        if size > most_bytes and taken:
            break
        if is_same:
            moments[-1][1][row.key] = row.value
        else:
            moments.append((row.ts, {row.key: row.value}))
        taken += 1
    keys = Counter(row.key for row in rows[:taken])
    return Batch(rows[0].id, rows[taken - 1].id, taken, _payload(moments), keys)


def _payload(moments: Sequence[tuple[int, dict[str, str]]]) -> bytes:
    # The values are JSON already; parsing them only to write them again would be most of the work.
    texts = []
    for ts, values in moments:
        inside = ",".join(f"{json.dumps(key)}:{value}" for key, value in values.items())
        texts.append(f'{{"ts":{ts},"values":{{{inside}}}}}')
    return f"[{','.join(texts)}]".encode()
