"""Faults of papaya itself are shown and logged; the window goes on."""

from __future__ import annotations

import gc
import logging
import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from papaya_gui.faults import Faults
from papaya_gui.theme import LIGHT
from papaya_gui.views.faults import FaultBar
from PyQt6.QtCore import QObject, QTimer, pyqtSignal, qWarning
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QPushButton

from tests.gui.events import click
from tests.gui.hand import pause, wait_until


class Sender(QObject):
    """Emits to whoever fails."""

    sent = pyqtSignal()


@pytest.fixture
def faults(tmp_path: Path) -> Iterator[Faults]:
    """Return faults that are taken."""
    made = Faults(tmp_path / "folder" / "window.log")
    made.install()
    yield made
    made.uninstall()


@pytest.fixture
def bar(faults: Faults) -> FaultBar:
    """Return what shows them."""
    return FaultBar(faults, LIGHT)


def fail() -> None:
    """Be at fault."""
    raise ValueError("the bay is upside down")


def test_a_fault_in_a_slot_is_shown_and_logged_and_the_window_goes_on(faults: Faults, bar: FaultBar) -> None:
    button, after = QPushButton(), []
    button.clicked.connect(fail)
    button.clicked.connect(lambda: after.append("went on"))
    click(button)
    click(button)
    assert after == ["went on", "went on"]
    wait_until(lambda: "ValueError: the bay is upside down – 2 times" in bar.words.text())
    assert not bar.isHidden()
    assert str(faults.path) in bar.words.text()
    logged = faults.path.read_text()
    assert logged.count("Traceback") == 1 and "in fail" in logged


def test_a_fault_in_a_timer_is_taken_too(bar: FaultBar) -> None:
    QTimer.singleShot(0, fail)
    wait_until(lambda: not bar.isHidden())


def test_a_fault_in_a_thread_is_shown_with_the_name_of_the_thread(faults: Faults, bar: FaultBar) -> None:
    thread = threading.Thread(target=fail, name="readings")
    thread.start()
    thread.join()
    wait_until(lambda: not bar.isHidden())
    assert "upside down (in readings)" in bar.words.text()


def test_a_fault_in_a_destructor_is_taken(faults: Faults, bar: FaultBar) -> None:
    class Fragile:
        def __del__(self) -> None:
            fail()

    Fragile()
    gc.collect()
    wait_until(lambda: "upside down" in bar.words.text())


def test_what_qt_warns_of_is_logged_and_not_shown_or_printed(
    faults: Faults, bar: FaultBar, capfd: pytest.CaptureFixture[str]
) -> None:
    qWarning("a signal has no slot")
    assert "WARNING qt: a signal has no slot" in faults.path.read_text()
    assert bar.isHidden()
    assert capfd.readouterr() == ("", "")


def test_the_traceback_is_there_for_who_asks_and_can_be_copied(bar: FaultBar) -> None:
    fail_in_slot()
    wait_until(lambda: not bar.isHidden())
    assert bar.trace.isHidden()
    click(bar.details)
    assert not bar.trace.isHidden()
    assert "Traceback" in bar.trace.toPlainText()
    click(bar.copy)
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None and "upside down" in clipboard.text()
    click(bar.dismiss)
    assert bar.isHidden()
    fail_in_slot()
    wait_until(lambda: not bar.isHidden())


def fail_in_slot() -> None:
    """Let a slot fail."""
    sender = Sender()
    sender.sent.connect(fail)
    sender.sent.emit()


def test_a_fault_at_every_beat_does_not_fill_the_log(faults: Faults, bar: FaultBar) -> None:
    sender = Sender()
    sender.sent.connect(fail)
    for _ in range(1000):
        sender.sent.emit()
    logged = faults.path.read_text()
    assert logged.count("Traceback") == 1
    assert "1000 times by now" in logged
    assert len(logged) < 3000


def test_a_fault_of_who_listens_to_faults_is_logged_and_ends(faults: Faults) -> None:
    def listen(line: str, text: str) -> None:
        raise KeyError(line)

    faults.faulted.connect(listen)
    fail_in_slot()
    wait_until(lambda: len(faults.counts) == 2)
    pause(0.05)
    assert sorted(faults.counts.values()) == [1, 1]
    assert "KeyError" in faults.path.read_text()


def test_where_no_log_can_be_written_faults_are_still_shown(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")
    faults = Faults(tmp_path / "in the way" / "window.log")
    bar = FaultBar(faults, LIGHT)
    faults.install()
    try:
        fail_in_slot()
    finally:
        faults.uninstall()
    wait_until(lambda: "upside down" in bar.words.text())


def test_everything_is_left_as_it_was(tmp_path: Path) -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    faults = Faults(tmp_path / "window.log")
    faults.install()
    assert sys.excepthook == faults.take
    faults.uninstall()
    faults.uninstall()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


def test_the_log_is_its_owners_alone_and_steers_no_terminal(faults: Faults) -> None:
    before = os.umask(0)
    try:
        logging.getLogger("papaya").warning("%s", "\x1b]0;owned\x07 \u202eand \x9b2J\r overwritten\nforged")
    finally:
        os.umask(before)
    logged = faults.path.read_text(encoding="utf-8")
    assert stat.S_IMODE(faults.path.stat().st_mode) == 0o600
    assert "overwritten\n    forged" in logged
    assert all(character.isprintable() or character == "\n" for character in logged)


def test_a_log_that_is_not_a_regular_file_stops_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "window.log")
    made = Faults(tmp_path / "window.log")
    made.install()
    qWarning("into the pipe")
    made.uninstall()
    assert stat.S_ISFIFO((tmp_path / "window.log").stat().st_mode)
