"""Handles errors that no caller catches: in slots, in threads, in destructors, in Qt itself.

Everything of it is written to a log in the user's folder of states. A fault of papaya is shown too, by
whoever listens to `Faults.faulted`; it never ends the window.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
import threading
import traceback
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PyQt6.QtCore import (
    QCoreApplication,
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    pyqtSignal,
    qInstallMessageHandler,
)

from papaya.errors import PapayaError
from papaya.render.layout import visible
from papaya_gui.models.texts import bounded

log = logging.getLogger(__name__)

_LARGEST, _LONGEST = 1_000_000, 50_000
# The same fault may come at every beat: from then on only each of so many is written in full.
_SELDOM = 100
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def default_path() -> Path:
    """Return the log's usual place."""
    import platformdirs

    return platformdirs.user_state_path("papaya", appauthor=False) / "window.log"


class Faults(QObject):
    """Takes what Python and Qt would otherwise print, or end the process for.

    Signals: `faulted(str, str)`, what happened in one line and the traceback, in the window's thread.
    """

    faulted = pyqtSignal(str, str)
    # Queued, for what fails while a hook runs never gets to a hook.
    _taken = pyqtSignal(str, str)

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path or default_path()
        self.counts: dict[str, int] = {}
        self._lock = threading.Lock()
        self._is_telling = False
        # PyQt's types know no kind of connection.
        self._taken.connect(self._tell, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        self._handler: logging.Handler | None = None
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        self._qt_before: object = None

    def install(self) -> None:
        """Take everything from now on."""
        self._handler = _handler(self.path)
        logging.getLogger().addHandler(self._handler)
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self.take
        threading.excepthook = self._take_of_thread
        sys.unraisablehook = self._take_unraisable
        self._qt_before = qInstallMessageHandler(_log_of_qt)

    def uninstall(self) -> None:
        """Leave everything as it was."""
        if self._handler is None:
            return
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        qInstallMessageHandler(self._qt_before)  # type: ignore[arg-type]
        logging.getLogger().removeHandler(self._handler)
        self._handler.close()
        self._handler = None

    def take(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None, where: str = ""
    ) -> None:
        """Log a fault, and tell of it; Ctrl+C in the terminal ends the window as it ends anything."""
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            QCoreApplication.exit(130 if issubclass(kind, KeyboardInterrupt) else 0)
            return
        message = bounded(error.message if isinstance(error, PapayaError) else str(error))
        line = f"{kind.__name__}: {message}" if message else kind.__name__
        line = f"{line} ({where})" if where else line
        text = bounded("".join(traceback.format_exception(kind, error, trace)), _LONGEST)
        with self._lock:
            count = self.counts[line] = self.counts.get(line, 0) + 1
        if count == 1:
            log.error("%s\n%s", line, text)
        elif count % _SELDOM == 0:
            log.error("%s, %d times by now", line, count)
        # A fault of who listens comes here too: it is logged, and not told of to the same listener again.
        if not self._is_telling:
            self._taken.emit(line, text)

    def _tell(self, line: str, text: str) -> None:
        self._is_telling = True
        try:
            self.faulted.emit(line, text)
        finally:
            self._is_telling = False

    def _take_of_thread(self, hooked: threading.ExceptHookArgs) -> None:
        if hooked.exc_type is SystemExit or hooked.exc_value is None:
            return
        name = hooked.thread.name if hooked.thread is not None else "a thread"
        self.take(hooked.exc_type, hooked.exc_value, hooked.exc_traceback, f"in {name}")

    def _take_unraisable(self, hooked: sys.UnraisableHookArgs) -> None:
        error = hooked.exc_value or hooked.exc_type()
        # The object itself must not be kept: it may be half destroyed.
        where = hooked.err_msg or "where nothing could be raised"
        self.take(hooked.exc_type, error, hooked.exc_traceback, where)


def _handler(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler: logging.Handler = _PrivateFile(
            path, maxBytes=_LARGEST, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError:
        # No place for a log is no reason not to open: faults are still shown.
        handler = logging.NullHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_Visible("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler


class _PrivateFile(RotatingFileHandler):
    """A log that only its owner reads: a traceback may quote what a server said."""

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        number = os.open(self.baseFilename, flags, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise OSError(f"{self.baseFilename} is not a regular file")
            os.fchmod(number, 0o600)
        except OSError:
            os.close(number)
            raise
        return os.fdopen(number, "a", encoding="utf-8")


class _Visible(logging.Formatter):
    """Escapes what would steer the terminal in which the log is read: servers choose part of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record; further lines are indented, so that none looks like a record of its own."""
        return "\n    ".join(visible(line) for line in super().format(record).split("\n"))


def _log_of_qt(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", message or "")
