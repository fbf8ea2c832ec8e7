"""Which letters the bytes of a data file are: UTF-8, or what spreadsheets and loggers write instead."""

from __future__ import annotations

import codecs

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


def text_of(content: bytes) -> str:
    """Return the text of bytes; lines may also end as old programs end them."""
    text = content.decode(encoding_of(content), "replace")
    return text.replace("\r", "\n") if "\r" in text and "\n" not in text else text
