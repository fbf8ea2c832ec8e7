"""Dialogs and menus without a mouse: stops of Tab have names, Escape ends, the keys go back, none clash."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from papaya_gui.faults import Faults
from papaya_gui.models.scale import Scale
from papaya_gui.plots.axis_dialog import AxisDialog
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, apply
from papaya_gui.views.main_window import MainWindow
from papaya_gui.views.source_dialog import BROKER, DATA, INVENTED, SERVER, SourceDialog
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QMenu, QWidget

from papaya.manifest.model import Fleet
from tests.gui.events import press
from tests.gui.far import FarSupply
from tests.gui.hand import wait_until

_MNEMONIC = re.compile(r"(?<!&)&([^&\s])")


@pytest.fixture(scope="module")
def window(
    application: QApplication, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MainWindow]:
    """Return the window with a device in focus, whose server takes commands."""
    station = Station(fleet, FarSupply)
    made = MainWindow(station, LIGHT, Faults(tmp_path_factory.mktemp("log") / "window.log"))
    made.fill_menus()
    made.resize(1366, 768)
    made.turn_to("PM-0001")
    made.show()
    station.start()
    made.activateWindow()
    wait_until(made.isActiveWindow)
    yield made
    made.close()
    station.close()
    apply(application, LIGHT)


def opened(window: MainWindow, name: str) -> QDialog:
    """Open a dialog by the name of its action or of its kind, and return it once it has the keys."""
    before = {one for one in QApplication.topLevelWidgets() if one.isVisible()}
    made: QDialog | None = None
    if name.startswith("source "):
        made = SourceDialog(window.theme, window)
        made.ask({"server": SERVER, "broker": BROKER, "file": DATA, "simulated": INVENTED}[name.split()[1]])
    elif name == "axis":
        made = AxisDialog("°C", Scale(0.0, 40.0), window)
        made.open()
    else:
        window.actions_[name].trigger()
    found: list[QDialog] = []

    def is_there() -> bool:
        tops = [one for one in QApplication.topLevelWidgets() if one.isVisible() and one not in before]
        found[:] = [one for one in tops if isinstance(one, QDialog)]
        return bool(found)

    wait_until(is_there)
    found[0].activateWindow()
    wait_until(found[0].isActiveWindow)
    return found[0]


def spoken(widget: QWidget) -> str:
    """Return what a screen reader says of a widget that has the keys."""
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text


def mnemonics(texts: list[str]) -> list[str]:
    """Return the letters that several texts underline."""
    letters = Counter(found[1].lower() for text in texts if (found := _MNEMONIC.search(text)))
    return [letter for letter, count in letters.items() if count > 1]


DIALOGS = (
    "source server", "source broker", "source file", "source simulated", "axis", "plot.custom", "keys",
    "about", "documentation", "palette", "call-identify", "call-interval",
)  # fmt: skip


@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_is_used_by_keys_alone(window: MainWindow, name: str) -> None:
    window.tree.view.setFocus()
    assert QApplication.focusWidget() is window.tree.view
    dialog = opened(window, name)
    first = QApplication.focusWidget()
    assert first is not None and dialog.isAncestorOf(first)
    stops: list[QWidget] = []
    for _ in range(60):
        now = QApplication.focusWidget()
        assert now is not None and dialog.isAncestorOf(now), "Tab leaves the dialog"
        if now not in stops:
            stops.append(now)
        press(now, Qt.Key.Key_Tab)
    assert [type(one).__name__ for one in stops if not spoken(one)] == []
    controls = {
        one
        for one in dialog.findChildren(QWidget)
        if one.isVisible() and one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    # Of radio buttons and the like, one is a stop; arrows go to the others. A proxy hands its keys on.
    left_out = [one for one in controls - set(stops) if one.focusProxy() is None and not _is_one_of(one)]
    assert [f"{type(one).__name__} {one.objectName()}" for one in left_out] == []
    shown = [one for one in dialog.findChildren(QWidget) if one.isVisible()]
    assert mnemonics([one.text() for one in shown if isinstance(one, QAbstractButton | QLabel)]) == []
    press(QApplication.focusWidget() or dialog, Qt.Key.Key_Escape)
    wait_until(lambda: _is_gone(dialog))
    window.activateWindow()
    wait_until(lambda: QApplication.focusWidget() is window.tree.view)


def _is_gone(dialog: QDialog) -> bool:
    try:
        return not dialog.isVisible()
    except RuntimeError:
        return True


def _is_one_of(widget: QWidget) -> bool:
    return isinstance(widget, QAbstractButton) and widget.autoExclusive()


def test_no_two_entries_of_a_menu_have_the_same_underlined_letter(window: MainWindow) -> None:
    bar = window.menuBar()
    assert bar is not None
    clashes = {"": mnemonics([one.text() for one in bar.actions()])}
    for menu in bar.findChildren(QMenu):
        clashes[menu.title()] = mnemonics([one.text() for one in menu.actions()])
    assert {title: found for title, found in clashes.items() if found} == {}


def test_no_two_actions_have_the_same_keys(window: MainWindow) -> None:
    keys = Counter(key.toString() for one in window.actions_ for key in one.action.shortcuts())
    assert [key for key, count in keys.items() if count > 1] == []
