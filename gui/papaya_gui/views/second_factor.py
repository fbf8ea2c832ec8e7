"""A person at the window who gives a second factor: a worker asks, and waits for the answer."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from papaya.errors import Interrupted, Rejected

if TYPE_CHECKING:
    from papaya.api.second_factor import Provider


class Questions(QObject):
    """The questions of `papaya.runs.sign_in` after the password, as signals.

    `answer` and `give_up` end a question.

    Signals: `chosenWanted(providers)`, `codeWanted(provider)`, `codeSent(contact)`, `codeRefused(message)`.
    """

    chosenWanted = pyqtSignal(object)
    codeWanted = pyqtSignal(object)
    codeSent = pyqtSignal(str)
    codeRefused = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answers: queue.SimpleQueue[Provider | str | None] = queue.SimpleQueue()

    def answer(self, answer: Provider | str) -> None:
        """Answer what was asked last."""
        self._answers.put(answer)

    def give_up(self) -> None:
        """End the question without an answer."""
        self._answers.put(None)

    # Called by the worker

    def begin(self) -> None:
        """Hear that a second factor is wanted: the questions follow."""

    def choose(self, offered: Sequence[Provider]) -> Provider:
        """Ask which way."""
        self.chosenWanted.emit(tuple(offered))
        answer = self._wait()
        return offered[0] if isinstance(answer, str) else answer

    def sent(self, contact: str) -> None:
        """Tell where the code is."""
        self.codeSent.emit(contact)

    def code(self, provider: Provider) -> str:
        """Ask for the code."""
        self.codeWanted.emit(provider)
        return str(self._wait())

    def refused(self, error: Rejected) -> None:
        """Tell why a code was refused."""
        self.codeRefused.emit(error.message)

    def _wait(self) -> Provider | str:
        answer = self._answers.get()
        if answer is None:
            raise Interrupted("signing in was cancelled")
        return answer
