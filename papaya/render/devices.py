"""Devices as a list, with who is online and what the server's alarms say: for `papaya show` with a filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from papaya.counting import counted
from papaya.engine.address import natural
from papaya.render.layout import paint_word
from papaya.render.table import age_text, table_text
from papaya.render.tree import Shown

Order = Literal["name", "place", "seen", "alarms"]
ORDERS: tuple[Order, ...] = ("name", "place", "seen", "alarms")
# What nobody reads to its end is not printed.
_MOST_ROWS = 1_000
# Gravest first.
SEVERITIES = ("CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which devices are wanted; `silent_for` is in seconds. Without any filter all are."""

    offline: bool = False
    silent_for: float | None = None
    alarms: bool = False
    search: str = ""

    def __bool__(self) -> bool:
        return self.offline or self.silent_for is not None or self.alarms or bool(self.search)


def filtered(
    devices: Iterable[Shown], filters: Filters, alarms: Mapping[str, Sequence[str]], now: float
) -> list[Shown]:
    """Return the devices that pass every filter; `now` is the server's clock in seconds.

    `alarms` has, by the name of the device, the severities of its active alarms.
    """
    return [one for one in devices if one.role == "device" and _passes(one, filters, alarms, now)]


def _passes(one: Shown, filters: Filters, alarms: Mapping[str, Sequence[str]], now: float) -> bool:
    if filters.offline and one.online is True:
        return False
    if filters.silent_for is not None and (
        one.last_active is not None and now - one.last_active / 1000 < filters.silent_for
    ):
        return False
    if filters.alarms and not alarms.get(one.name):
        return False
    if not filters.search:
        return True
    texts = (*one.path, one.label or "", one.serial or "", one.profile or "")
    return any(filters.search.casefold() in text.casefold() for text in texts)


def ordered(devices: Iterable[Shown], order: Order, alarms: Mapping[str, Sequence[str]]) -> list[Shown]:
    """Return devices by name, by place, the longest silent first, or those with the gravest alarms first."""
    if order == "name":
        return sorted(devices, key=lambda one: natural(one.name))
    by_place = sorted(devices, key=lambda one: [natural(name) for name in one.path])
    if order == "seen":
        return sorted(by_place, key=lambda one: one.last_active or 0)
    if order == "alarms":
        return sorted(by_place, key=lambda one: _gravity(alarms.get(one.name, ())))
    return by_place


def _gravity(severities: Sequence[str]) -> tuple[int, int]:
    worst = min((SEVERITIES.index(one) for one in severities if one in SEVERITIES), default=len(SEVERITIES))
    return worst, -len(severities)


def devices_text(
    devices: Sequence[Shown],
    *,
    of: int,
    heading: str,
    alarms: Mapping[str, Sequence[str]],
    now: float,
    width: int,
    color: bool,
    full: bool = False,
) -> str:
    """Return a table of devices in their order, and how many of so many there are; of very many the first.

    `full` lists all of them.
    """
    counts = f"{len(devices):,} of {counted(of, 'device')}"
    if not devices:
        return f"{heading}\n\nNo device: {counts}.\n"
    listed = devices if full else devices[:_MOST_ROWS]
    rows = [_row(one, alarms.get(one.name, ()), now) for one in listed]
    header = ("DEVICE", "STATUS", "LAST ACTIVE", "ALARMS", "PLACE", "LABEL", "SERIAL", "PROFILE")
    text = table_text(header, rows, width=width, paint=_paint if color else None, optional=3)
    left = len(devices) - len(listed)
    more = f" {left:,} not listed: --full" if left else ""
    return f"{heading}\n\n{text}\n{counts}.{more}\n"


def _row(one: Shown, severities: Sequence[str], now: float) -> tuple[str, ...]:
    state = "unknown" if one.online is None else "online" if one.online else "offline"
    seen = f"{age_text(now - one.last_active / 1000)} ago" if one.last_active else "never"
    told = f"{min(severities, key=rank_of)} {len(severities)}" if severities else ""
    place = "/".join(one.path[:-1])
    return (one.name, state, seen, told, place, one.label or "", one.serial or "", one.profile or "")


def rank_of(severity: str) -> int:
    """Return where a severity stands among all, the gravest first; one that is unknown comes last."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _paint(column: int, cell: str, printed: str) -> str:
    if column == 0:
        return paint_word(printed, "bold")
    if column == 1:
        return paint_word(printed, {"online": "green", "offline": "red"}.get(cell, "yellow"))
    if column == 3 and cell:
        return paint_word(printed, "red" if cell.startswith(("CRITICAL", "MAJOR")) else "yellow")
    return printed
