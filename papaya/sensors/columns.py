"""Values in CSV: a line of names, and lines of values below; with commas, semicolons or tabs between them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from papaya.foreign import ForeignValue, Unusable, described, number_in
from papaya.sensors.backend import SensorFault
from papaya.sensors.found import BARE, Found

DELIMITERS = (",", ";", "\t")
# What programs print where there is no value: refused as such, not taken for a text.
_NO_NUMBERS = frozenset({"nan", "inf", "infinity"})
_NUMERAL = re.compile(r"[+-]*(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]*[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How CSV is written; what is empty is found out from the line of names.

    Where columns are not divided by commas, `80,5` is a number.
    """

    delimiter: str = ""
    decimal: str = ""

    def of(self, names: str) -> Dialect:
        """Return this dialect with what it leaves open completed from the line of names."""
        delimiter = self.delimiter or max(DELIMITERS, key=names.count)
        return Dialect(delimiter, self.decimal or ("." if delimiter == "," else ",."))


def found_in_csv(text: str, dialect: Dialect = Dialect()) -> dict[str, Found]:  # noqa: B008 - frozen
    """Return the values of the last complete line, by the names in the first; `ts` is its time."""
    # The line after the last line break is one that the other process is still writing.
    lines = [line for line in text.split("\n")[:-1] if line.strip()]
    if not lines:
        raise SensorFault("it is no CSV with a line of names and a line of values")
    used = dialect.of(lines[0])
    rows = list(csv.reader(io.StringIO("\n".join((lines[0], lines[-1]))), delimiter=used.delimiter))
    if len(lines) < 2 or len(rows) != 2 or len(rows[0]) != len(rows[1]):
        raise SensorFault("it is no CSV with a line of names and a line of values")
    names = [name.strip() for name in rows[0]]
    cells = {name: cell(one, used.decimal) for name, one in zip(names, rows[1], strict=True) if name != BARE}
    moment = cells.pop("ts", None)
    moment = None if moment == "" else moment
    return {name: Found(value, moment) for name, value in cells.items() if value != ""}


def cell(text: str, decimals: str = ".") -> object:
    """Return what stands in a cell of CSV: a number, a truth value, or the text.

    `decimals` are the characters that may stand before decimals. A numeral that nothing
    can keep is `Unusable`.
    """
    text = text.strip()
    for decimal in decimals:
        try:
            return number_in(text, decimal=decimal)
        except ForeignValue:
            continue
    if text.lower().lstrip("+-") in _NO_NUMBERS:
        return float(text)
    if _NUMERAL.fullmatch(text):
        # Too large or too small.
        return Unusable(described(text).strip('"'))
    return {"true": True, "false": False}.get(text.lower(), text)
