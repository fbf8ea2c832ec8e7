"""A file on its way to the server: a form with one part, read from the disk while it is sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from papaya.bounded_file import opened
from papaya.errors import PapayaError
from papaya.kinds.request import Upload

Progress = Callable[[str, int, int], None]
"""Hears the name of a file, how many of its bytes are sent, and how many it has."""

_PIECE: Final = 64 * 1024
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+ ()")


@dataclass(frozen=True)
class Form:
    """A form whose only part is a file; it may be sent several times, each time from the beginning."""

    upload: Upload
    progress: Progress | None = None
    boundary: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def content_type(self) -> str:
        """Return what the header Content-Type says."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length(self) -> int:
        """Return how many bytes the form has."""
        return len(self._head) + self.upload.size + len(self._tail)

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the form.

        Raises PapayaError where the file cannot be read, or is no longer as long as it was.
        """
        yield self._head
        sent = 0
        for piece in self._content():
            yield piece
            sent += len(piece)
            if self.progress is not None:
                self.progress(self.upload.name, sent, self.upload.size)
        yield self._tail

    def _content(self) -> Iterator[bytes]:
        upload, read = self.upload, 0
        try:
            with opened(Path(upload.path))[0] as file:
                while piece := file.read(_PIECE):
                    read += len(piece)
                    if read > upload.size:
                        break
                    yield piece
        except OSError as error:
            raise PapayaError(
                f"{upload.path} cannot be read: {error.strerror or error}",
                remedy="run papaya in the folder in which the plan was made, or plan again: papaya plan",
            ) from error
        if read != upload.size:
            raise PapayaError(
                f"{upload.path} is not the file that was planned: it had {upload.size:,} bytes",
                remedy="plan again: papaya plan",
            )

    @property
    def _head(self) -> bytes:
        # A quote or a line break in the name would end the header.
        name = "".join(letter if letter in _PLAIN else "_" for letter in self.upload.name)
        return (
            f"--{self.boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()

    @property
    def _tail(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()
