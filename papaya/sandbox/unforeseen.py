"""Unexpected errors from client data: logged in one line; the server and its log go on."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable

_LONGEST = 200
_FRAMES = 3
_AGAIN_AFTER = 1.0
_OWN = "/papaya/sandbox/"


def shown(text: object) -> str:
    """Return a text of a client for one line of the log."""
    written = str(text)
    return ascii(written[:_LONGEST])[1:-1] + ("..." if len(written) > _LONGEST else "")


def tell(log: logging.Logger, what: str, fault: BaseException) -> None:
    """Log what failed, why, and in which places of the sandbox, innermost first."""
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if _OWN in frame.filename]
    places = [f"{frame.filename.rpartition(_OWN)[2]}:{frame.lineno}" for frame in reversed(frames)]
    where = ", ".join(places[:_FRAMES])
    log.warning("%s failed: %s: %s (%s)", shown(what), type(fault).__name__, shown(fault), where)


async def go_on(log: logging.Logger, what: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do work that never ends, and again after a fault, which may be that of one rule of a client."""
    while True:
        try:
            await work()
        except Exception as fault:
            tell(log, what, fault)
        await asyncio.sleep(_AGAIN_AFTER)
