"""Dialogs that ask for a name or a file do not hold up whoever opens them, such as a screen reader."""

from __future__ import annotations

import re
from pathlib import Path

import papaya_gui
import pytest
from papaya_gui.sources.make import SIMULATED
from papaya_gui.sources.wanted import Wanted
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QApplication, QDialog, QFileDialog, QInputDialog, QLineEdit

from tests.gui.conftest import MakeDesk
from tests.gui.events import press, type_text
from tests.gui.hand import wait_until

# Qt has no other way to run the application, and to drag.
_MAY_WAIT = {"application.py": 1, "views/drag_source.py": 1}


def dialogs() -> list[QDialog]:
    """Return the dialogs that are open."""
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]


def free_whoever_waits() -> None:
    """Close the dialogs later, so that a test in which one holds up its caller fails instead of waiting."""

    def free() -> None:
        for dialog in dialogs():
            dialog.reject()

    QTimer.singleShot(3_000, free)


@pytest.mark.parametrize("name", ["save-layout", "open-layout", "open-manifest", "export-png-1"])
def test_an_action_that_asks_ends_while_its_dialog_is_open(make_desk: MakeDesk, name: str) -> None:
    desk = make_desk(Wanted(source=SIMULATED))
    desk.memory._files.save("mine", desk.memory.present())
    free_whoever_waits()
    desk.window.actions_[name].trigger()
    assert [type(dialog) for dialog in dialogs()] in ([QInputDialog], [QFileDialog])
    # A screen reader presses what is behind a dialog, too.
    first = dialogs()
    desk.window.actions_[name].trigger()
    assert dialogs() == first
    first[0].reject()
    wait_until(lambda: not dialogs())


def test_a_layout_is_saved_and_opened_by_its_name(make_desk: MakeDesk) -> None:
    desk = make_desk(Wanted(source=SIMULATED))
    desk.window.pages.setCurrentWidget(desk.window.map)
    desk.window.actions_["save-layout"].trigger()
    line = dialogs()[0].findChild(QLineEdit)
    assert line is not None
    type_text(line, "map of today")
    press(line, Qt.Key.Key_Return)
    wait_until(lambda: "map of today" in desk.memory._files.names())
    desk.window.pages.setCurrentWidget(desk.window.overview)
    desk.window.actions_["open-layout"].trigger()
    press(dialogs()[0], Qt.Key.Key_Return)
    wait_until(lambda: desk.window.pages.currentWidget() is desk.window.map)


def test_nothing_in_the_window_runs_a_loop_of_its_own_but_qt_itself() -> None:
    folder = Path(papaya_gui.__file__).parent
    found = {
        str(path.relative_to(folder)): len(re.findall(r"\.exec\(", path.read_text(encoding="utf-8")))
        for path in folder.rglob("*.py")
    }
    assert {name: count for name, count in found.items() if count} == _MAY_WAIT
