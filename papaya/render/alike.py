"""Failures of one kind: the same words about different entities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote

ELLIPSIS = "…"
_UUID = re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")
_DURATION = re.compile(r"\b[0-9][0-9,]*(?:\.[0-9]+)?(?= ?(?:ms|s|min|seconds?|minutes?)\b)")


def kind_of(text: str, names: Sequence[str]) -> str:
    """Return a text without what differs between entities: UUIDs, durations and the entity's own `names`.

    Two failures with the same result are of one kind.
    """
    told = _DURATION.sub(ELLIPSIS, _UUID.sub(ELLIPSIS, text))
    own = tuple(sorted({form for name in names if name for form in (name, quote(name, safe=""))}, key=len))
    return _own(own).sub(ELLIPSIS, told) if any(name in told for name in own) else told


@lru_cache(maxsize=64)
def _own(names: tuple[str, ...]) -> re.Pattern[str]:
    # The longest name first; and PM-1 is no part of PM-10.
    either = "|".join(re.escape(name) for name in reversed(names))
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])")
