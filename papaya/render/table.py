"""Tables of text for a terminal: columns as wide as their cells, cut where there is no room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from papaya.render.layout import cells, cut, pad, visible

_GAP = 2
_NARROWEST = 8

Painter = Callable[[int, str, str], str]


def table_text(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int,
    paint: Painter | None = None,
    optional: int = 0,
) -> str:
    """Return a table with a line for each row; every line fits into `width` columns.

    Without enough room the last `optional` columns go, one after the other; then the widest are cut.
    `paint` gets the number of a column, what is in the cell and how it is printed, and returns it in color.
    """
    shown = [tuple(visible(cell) for cell in row) for row in rows]
    kept = [number for number in range(len(header)) if any(row[number] for row in shown) or number == 0]
    widest = [max(cells(row[number]) for row in (header, *shown)) for number in kept]
    first_optional = len(header) - optional
    while sum(widest) + _GAP * (len(widest) - 1) > width and kept[-1] >= max(first_optional, 1):
        kept.pop()
        widest.pop()
    limits = _limits(widest, width)
    lines = [_line([header[number] for number in kept], limits, None)]
    for row in shown:
        lines.append(_line([row[number] for number in kept], limits, _of(kept, paint)))
    return "".join(f"{line}\n" for line in lines)


def _of(kept: Sequence[int], paint: Painter | None) -> Painter | None:
    if paint is None:
        return None
    return lambda number, cell, printed: paint(kept[number], cell, printed)


def _limits(widest: Sequence[int], width: int) -> list[int]:
    limits = list(widest)
    while sum(limits) + _GAP * (len(limits) - 1) > width:
        most = max(limits)
        if most <= _NARROWEST:
            break
        limits[len(limits) - 1 - limits[::-1].index(most)] -= 1
    return limits


def _line(row: Sequence[str], limits: Sequence[int], paint: Painter | None) -> str:
    return (" " * _GAP).join(_cells(row, limits, paint)).rstrip()


def _cells(row: Sequence[str], limits: Sequence[int], paint: Painter | None) -> Iterator[str]:
    last = len(limits) - 1
    for number, (cell, limit) in enumerate(zip(row, limits, strict=True)):
        text = cut(cell, limit)
        printed = text if number == last else pad(text, limit)
        yield paint(number, cell, printed) if paint is not None else printed


def age_text(seconds: float) -> str:
    """Return an age in its two greatest units: `12 s`, `5 min`, `3 h 10 min`, `4 d 2 h`."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"
