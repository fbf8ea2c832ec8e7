"""What identifies an entity (kind and name on the server), and how its path in the tree is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from papaya.kinds.address import Address as Address
from papaya.kinds.address import Kind as Kind

Role = Literal["profile", "country", "state", "device"]


def path_text(path: Sequence[str]) -> str:
    """Return `INDIA/Karnataka/PM-0001`, with a backslash before `/`, `*`, `?` and `\\` inside a name."""
    return "/".join(re.sub(r"([/*?\\])", r"\\\1", name) for name in path)


_MOST_DIGITS = 300


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key under which `PM-9` comes before `PM-10`."""
    # The first member keeps numbers and words comparable: a number sorts before a word.
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    # Python makes no number of more than 4,300 digits; a name on a server may have them.
    return tuple(
        (0, int(part[:_MOST_DIGITS]), part) if part[0] in "0123456789" else (1, 0, part) for part in parts
    )
