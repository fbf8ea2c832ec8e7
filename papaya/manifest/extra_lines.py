"""Lines that people add to a table of devices: titles above the header, totals below the rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Final

_Record = tuple[int, list[str]]
_MOST_TITLES: Final = 2
_FEWEST_COLUMNS: Final = 3
# English, German, French, Spanish, Portuguese, Italian, Dutch.
_TOTAL: Final = re.compile(
    r"(summe|gesamt|gesamtsumme|zwischensumme|insgesamt|anzahl|sum|totals?|grand total|sub-?total|count"
    r"|somme|total general|total général|soma|somma|totale|subtotale|totaal|subtotaal)"
    r"(\s*[:=](\s*\d[\d.,]*(\s+\w+)?)?)?",  # Total: 12 devices
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[-+]?\d[\d.,' \u00a0\u202f]*\s*[%€$£]?")


def is_total(cells: Sequence[str], width: int) -> bool:
    """Return whether a row says Total in its first filled cell, and beside it nothing but some numbers.

    At least half of the `width` cells of its table are empty: a device that is called so has more to say.
    """
    filled = _filled(cells)
    return (
        2 * len(filled) <= width
        and _TOTAL.fullmatch(filled[0]) is not None
        and all(_NUMBER.fullmatch(cell) for cell in filled[1:])
    )


def without_titles(records: Iterator[_Record], last_line: int) -> Iterator[_Record]:
    """Yield records from the header on; the lines above it that have one filled cell are left out.

    They are left out only before a line that has nothing but three names or more, up to `last_line`. Else
    the first record is the header.
    """
    head = list(itertools.islice(records, _MOST_TITLES + 1))
    titles = next((number for number, (_, cells) in enumerate(head) if len(_filled(cells)) > 1), 0)
    if titles and head[titles][0] <= last_line and _names_columns(head[titles][1]):
        del head[:titles]
    yield from itertools.chain(head, records)


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell]


def _names_columns(cells: Sequence[str]) -> bool:
    names = _filled(cells)
    return (
        len(names) >= _FEWEST_COLUMNS
        and names == list(cells[: len(names)])
        and len(set(names)) == len(names)
        and not any(_NUMBER.fullmatch(name) for name in names)
    )
