"""Which column of a table became which field, with what the first rows have there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from papaya.render.layout import cells, visible

_NARROWEST = 8


def columns_text(found: Sequence[tuple[str, str, Sequence[str], str]], *, width: int = 80) -> str:
    """Return a table; `found` has field, column, samples from the first rows, and a note for each."""
    shown = max((len(samples) for _, _, samples, _ in found), default=0)
    rows = [("field", "column", *(f"row {number + 1}" for number in range(shown)))]
    for field, column, samples, _ in found:
        rows.append((field, column, *samples, *[""] * (shown - len(samples))))
    rows = [tuple(visible(cell) for cell in row) for row in rows]
    widest = [max(cells(row[number]) for row in rows) for number in range(shown + 2)]
    room = max((width - widest[0] - 2 * (shown + 2)) // (shown + 1), _NARROWEST)
    limits = [widest[0], *(min(one, room) for one in widest[1:])]
    lines = ["  ".join(_lines_of(row, limits)).rstrip() for row in rows]
    notes = [f"  ! {field}: {note}" for field, _, _, note in found if note]
    return "\n".join("  " + line for line in lines) + "".join(f"\n{note}" for note in notes) + "\n"


def _lines_of(row: Sequence[str], limits: Sequence[int]) -> Iterator[str]:
    for cell, limit in zip(row, limits, strict=True):
        shown = cell
        while cells(shown) > limit:
            shown = shown.rstrip("…")[:-1] + "…"
        yield shown + " " * (limit - cells(shown))
