"""How a program hears what papaya does meanwhile: warnings, waiting, progress and each change's outcome."""

from __future__ import annotations

from collections.abc import Sequence

from papaya.diagnostics import Diagnostic


class Observer:
    """Hears what loading, planning and applying have to say; every method does nothing.

    Override what you want to hear. The methods return soon and raise nothing: papaya waits for them. All but
    `finishing` are called one at a time, `changed` from a thread of papaya's own.

    Example:
        class Log(Observer):
            def warned(self, text: str) -> None:
                logging.warning("%s", text)
    """

    def doubted(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Hear warnings about the texts of a manifest, in the order of the files."""

    def warned(self, text: str) -> None:
        """Hear a warning about the settings or the server: one or more sentences."""

    def waiting(self, holder: str) -> None:
        """Hear that another run, whose name is `holder`, is changing the fleet and is waited for."""

    def began(self, step: str, total: int | None) -> None:
        """Hear that a step begins (such as `reading`, `applying`) with so many parts, None if unknown."""

    def progressed(self, step: str, done: int, total: int | None) -> None:
        """Hear how many parts of a step are done; those of `uploading NAME`, a file, are its bytes."""

    def changed(self, address: str, status: str, reason: str) -> None:
        """Hear how one change ended: `done`, `failed`, `skipped` or `not attempted`, and why."""

    def ended(self, step: str) -> None:
        """Hear that a step is over, however it ended."""

    def finishing(self) -> None:
        """Hear that an interrupted run finishes what is under way; called inside a signal handler."""


SILENT = Observer()
