"""Work beside the window: what takes long runs in threads of Qt, and its outcome comes back as a signal."""

from __future__ import annotations

import contextlib
import logging
import queue
from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QObject, QThread, pyqtSignal

log = logging.getLogger(__name__)


class Worker(QThread):
    """Carries out one thing after the other; signals: `done(token, result)`, `failed(token, exception)`."""

    done = pyqtSignal(object, object)
    failed = pyqtSignal(object, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._is_closed = False
        self._waiting: queue.SimpleQueue[tuple[object, Callable[[], Any]] | None] = queue.SimpleQueue()

    def submit(self, token: object, work: Callable[[], Any]) -> None:
        """Let something be done; `token` comes back with its outcome. A closed worker does nothing more."""
        if self._is_closed:
            # A beat that was due when the window closed may still ask; Qt ends the process for a late thread.
            return
        self._waiting.put((token, work))
        if not self.isRunning():
            self.start()

    def run(self) -> None:
        """Serve until the worker is closed."""
        while (one := self._waiting.get()) is not None:
            token, work = one
            try:
                result = work()
            except Exception as error:
                log.debug("%s failed", self.objectName(), exc_info=True)
                self.failed.emit(token, error)
            else:
                self.done.emit(token, result)

    def close(self, patience: float = 2.0) -> None:
        """End after what is under way; leave a thread that hangs to itself."""
        self._is_closed = True
        if not self.isRunning():
            return
        self._waiting.put(None)
        if self.wait(round(patience * 1000)):
            return
        # Qt ends the process where a thread that runs is destroyed, so this one outlives the window.
        self.setParent(None)
        for told in (self.done, self.failed):
            with contextlib.suppress(TypeError):
                told.disconnect()
        _hanging.add(self)
        self.finished.connect(self._forget)

    def _forget(self) -> None:
        _hanging.discard(self)


_hanging: set[Worker] = set()
