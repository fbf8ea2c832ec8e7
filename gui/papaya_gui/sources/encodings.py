"""Which letters the bytes of a data file are: UTF-8, or what spreadsheets and loggers write instead."""

from __future__ import annotations

import codecs

from papaya.sensors.backend import SensorFault

# What people try to open as a table, by its first bytes.
_OTHERS = (
    (b"PK\3\4", "a workbook or an archive (xlsx, ods, zip)", "Save the sheet as CSV, or unpack the archive."),
    (b"\xd0\xcf\x11\xe0", "an old workbook (xls)", "Save the sheet as CSV."),
    (b"\x1f\x8b", "compressed (gzip)", "Unpack it first."),
    (b"PAR1", "Parquet, which the window does not read", "Save it as CSV or SQLite."),
    (b"%PDF", "a PDF", "Choose the data that it was made from."),
)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UNKNOWN = "\ufffd"


def encoding_of(start: bytes) -> str:
    """Return the encoding of a file by its first bytes: UTF-16 by its mark, Windows where little is UTF-8."""
    if start.startswith(_UTF_16):
        return "utf-16"
    if start.isascii():
        return "utf-8-sig"
    # A character may be cut at the end.
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(start)
    unknown = text.count(_UNKNOWN)
    known = sum(not letter.isascii() for letter in text) - unknown
    return "cp1252" if unknown > known else "utf-8-sig"


def check_kind(start: bytes) -> None:
    """Raise SensorFault for a file that is no text, by its first bytes."""
    for magic, kind, remedy in _OTHERS:
        if start.startswith(magic):
            raise SensorFault(f"it is {kind}", remedy=remedy)


def text_of(content: bytes) -> str:
    """Return the text of bytes; lines may also end as old programs end them.

    Raises SensorFault where they are no text.
    """
    check_kind(content)
    text = content.decode(encoding_of(content), "replace")
    return text.replace("\r", "\n") if "\r" in text and "\n" not in text else text
