"""The five menus of the window: which group of actions is in which of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QMenu, QMenuBar

from papaya_gui.actions import Listed
from papaya_gui.theme import Theme
from papaya_gui.tokens import menu_bar_style
from papaya_gui.views.heard import name_menus

# The groups of each menu, in their order; a group that is in none is shown in View.
MENUS = (
    ("File", ("File", "Export", "Window")),
    ("View", ("View", "Time", "Find", "Fleet", "Map", "Layout", "Readings")),
    ("Plot", ("Plot", "Cursors", "Panels")),
    ("Device", ("Device", "Alarms")),
    ("Help", ("Help",)),
)
# Groups of many alike actions are shown as a menu of their own: a menu is no higher than a small screen.
_OWN = ("Readings", "Cursors", "Panels")
_MENU_OF = {group: menu for menu, groups in MENUS for group in groups}

# What was opened lately: its words, and what opens it.
Recents = Callable[[], Sequence[tuple[str, Callable[[], object]]]]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Menus", text)


def fill(bar: QMenuBar, actions: Iterable[Listed], recents: Recents) -> None:
    """Show every action in its menu, groups with lines between them, in place of what was there."""
    bar.clear()
    by_group: dict[str, list[Listed]] = {}
    for listed in actions:
        by_group.setdefault(listed.group, []).append(listed)
    others = tuple(group for group in by_group if group not in _MENU_OF)
    for name, groups in MENUS:
        menu = bar.addMenu(_tr(f"&{name}"))
        if menu is None:
            continue
        menu.setObjectName(f"menu-{name.lower()}")
        menu.setToolTipsVisible(True)
        for group in (*groups, *(others if name == "View" else ())):
            if by_group.get(group):
                _add_group(menu, group, by_group[group], recents)
    name_menus(bar)


def dress(bar: QMenuBar | None, theme: Theme) -> None:
    """Give a menu bar a look."""
    if bar is not None:
        bar.setStyleSheet(menu_bar_style(theme))


def _add_group(menu: QMenu, group: str, listed: Sequence[Listed], recents: Recents) -> None:
    if menu.actions():
        menu.addSeparator()
    inside = menu.addMenu(_tr(group)) if group in _OWN else menu
    for one in listed:
        if inside is not None:
            inside.addAction(one.action)
        if one.action.objectName() == "open-manifest":
            _add_recent(menu, recents)


def _add_recent(menu: QMenu, recents: Recents) -> None:
    recent = menu.addMenu(_tr("Open &recent"))
    if recent is None:
        return
    recent.setObjectName("menu-recent")

    def show() -> None:
        recent.clear()
        for words, open_it in recents():
            action = recent.addAction(words.replace("&", "&&"))
            if action is not None:
                action.triggered.connect(lambda _, open_it=open_it: open_it())
        if not recent.actions():
            nothing = recent.addAction(_tr("Nothing was opened yet"))
            if nothing is not None:
                nothing.setEnabled(False)

    recent.aboutToShow.connect(show)
