"""Reads files that others may have put there: ordinary files of bounded size, or a reason why not.

Opening a FIFO waits for ever, `/dev/zero` has no end, and a folder is no text. Every file that papaya reads
is therefore opened here; `papaya.whole_file` is its writing sibling. Faults are OSError, whose `strerror`
says in a few words what is wrong:

    read_bytes(path)                     the bytes of an ordinary file, at most LARGEST
    read_text(path)                      its text: UTF-8, without byte-order mark or merge conflict
    read_beginning(path)                 of a log or a table of the kernel, the first mebibyte
    text_in(data)                        the same of bytes that were read already
    measured(path, algorithms)           the size and the digests of a file, read piece by piece
"""

from __future__ import annotations

import codecs
import errno
import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path
from typing import Final

from papaya.conflicts import CONFLICT, conflict_in

MEBIBYTE: Final = 1024 * 1024
LARGEST: Final = 32 * MEBIBYTE
# Files of settings, tokens and layouts have a few kilobytes.
LARGEST_SETTINGS: Final = MEBIBYTE
# Firmware that is read piece by piece: no server that is set up as usual takes so much.
LARGEST_IN_PIECES: Final = 1024 * MEBIBYTE
_PIECE: Final = MEBIBYTE
BYTE_ORDER_MARK: Final = "\ufeff"
# The longer ones come first: that of UTF-32 begins like that of UTF-16.
OTHER_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_KINDS = (
    (stat.S_ISDIR, "it is a folder, not a file"),
    (stat.S_ISFIFO, "it is a named pipe (FIFO), not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
    (stat.S_ISCHR, "it is a device of the system, not a file"),
    (stat.S_ISBLK, "it is a device of the system, not a file"),
)


class UnusableFile(OSError):
    """A file is there, but is not one that papaya reads; `line` counts from 1, 0 means the whole file."""

    def __init__(self, reason: str, path: Path | str = "", line: int = 0) -> None:
        super().__init__(errno.EINVAL, reason, str(path))
        self.line = line


def read_bytes(path: Path, *, most: int = LARGEST) -> bytes:
    """Return what an ordinary file holds. Links are followed; FIFOs, devices and folders are refused.

    Raises `UnusableFile` for them and for a file of more than `most` bytes, OSError where it
    cannot be opened.
    """
    return read_with_status(path, most=most)[0]


def read_with_status(path: Path, *, most: int = LARGEST) -> tuple[bytes, os.stat_result]:
    """Return what an ordinary file holds and its status, both of the same file. Faults as in `read_bytes`."""
    file, status = opened(path)
    with file:
        # Files of /proc say that they have 0 bytes, so that reading counts, not the status.
        data = file.read(most + 1)
    if len(data) > most:
        raise UnusableFile(f"it is larger than {_size(most)}", path)
    return data, status


def opened(path: Path) -> tuple[BufferedReader, os.stat_result]:
    """Return an ordinary file to be read piece by piece, and its status. Faults as in `read_bytes`."""
    try:
        # Without O_NONBLOCK, opening a FIFO waits until somebody writes into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except ValueError as error:
        raise UnusableFile("its name holds a character that no file name can have", path) from error
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise UnusableFile("it is a socket, not a file", path) from None
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        reason = next((words for is_one, words in _KINDS if is_one(status.st_mode)), "it is not a file")
        raise UnusableFile(reason, path)
    return os.fdopen(descriptor, "rb"), status


def measured(
    path: Path, algorithms: Iterable[str], *, most: int = LARGEST_IN_PIECES
) -> tuple[int, dict[str, str]]:
    """Return the size of a file in bytes and its digests in hexadecimal, by the names of hashlib.

    Faults as in `read_bytes`; the file is never held in memory as a whole.
    """
    digests = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    size = 0
    with opened(path)[0] as file:
        if os.fstat(file.fileno()).st_size > most:
            raise UnusableFile(f"it is larger than {_size(most)}", path)
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > most:
                raise UnusableFile(f"it is larger than {_size(most)}", path)
            for digest in digests.values():
                digest.update(piece)
    return size, {name: digest.hexdigest() for name, digest in digests.items()}


def read_beginning(path: Path, *, most: int = LARGEST_SETTINGS) -> str:
    """Return the text of an ordinary file, of a longer one its first `most` bytes; OSError as `read_bytes`.

    For what is written while papaya reads it: logs of its children, tables of the kernel.
    """
    with opened(path)[0] as file:
        return file.read(most).decode("utf-8", "replace")


def read_text(path: Path, *, most: int = LARGEST) -> str:
    """Return the text of a UTF-8 file without its byte-order mark.

    Raises `UnusableFile` where it is another encoding or has a merge conflict, and as `read_bytes` does.
    """
    return text_in(read_bytes(path, most=most), path)


def text_in(data: bytes, path: Path | str = "") -> str:
    """Return the text that bytes in UTF-8 are, as `read_text` does."""
    for mark, name in OTHER_MARKS:
        if data.startswith(mark):
            raise UnusableFile(f"it is {name}, not UTF-8", path)
    try:
        text = data.decode("utf-8").removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = conflict_in(data) or 0
        if line:
            raise UnusableFile(f"{CONFLICT} (line {line})", path, line) from None
        line = data.count(b"\n", 0, error.start) + 1
        raise UnusableFile(f"it is not text in UTF-8 (line {line})", path, line) from None
    found = conflict_in(text)
    if found is not None:
        raise UnusableFile(f"{CONFLICT} (line {found})", path, found)
    return text


def as_stored(path: Path) -> Path:
    """Return the path of a file whose name may be stored in another Unicode normal form."""
    if path.name.isascii() or os.path.lexists(path):
        return path
    forms = (path.with_name(unicodedata.normalize(form, path.name)) for form in ("NFC", "NFD"))
    return next((other for other in forms if os.path.lexists(other)), path)


def _size(most: int) -> str:
    return f"{most // MEBIBYTE} MiB" if most >= MEBIBYTE else f"{most:,} bytes"
