"""Which icon each action has, in menus and on toolbars."""

from __future__ import annotations

from papaya_gui.actions import Actions
from papaya_gui.icons import icon
from papaya_gui.theme import Theme

# The icon of an action by its name; of one that can be checked a second one, for as long as it is.
ICONS = {
    "pause": ("player-pause-filled", "player-play-filled"),
    "searchFleet": ("search", ""),
    "wholeFleet": ("home", ""),
    "worstFirst": ("sort-descending", ""),
    "filterReadings": ("filter", ""),
    "copyReadings": ("copy", ""),
    "plot.live": ("player-skip-forward", ""),
    "plot.all": ("arrows-maximize", ""),
    "plot.in": ("zoom-in", ""),
    "plot.out": ("zoom-out", ""),
    "plot.earlier": ("chevron-left", ""),
    "plot.later": ("chevron-right", ""),
    "plot.custom": ("calendar", ""),
    "plot.undo": ("arrow-back-up", ""),
    "plot.redo": ("arrow-forward-up", ""),
    "plot.clear": ("trash", ""),
    "plot.limits": ("alert-triangle", ""),
    "plot.fixed": ("lock-open", "lock"),
    "plot.utc": ("clock", ""),
    "plot.panel-up": ("chevron-up", ""),
    "plot.panel-down": ("chevron-down", ""),
    "plot.panel-add": ("layout-rows", ""),
    "plot.mark-a": ("ruler-measure", ""),
    "plot.marks-off": ("x", ""),
    "map-all": ("zoom-scan", ""),
    "alarms-acknowledge": ("check", ""),
    "alarms-clear": ("circle-check", ""),
    "alarms-ask": ("refresh", ""),
    "call-ping": ("activity", ""),
    "call-readings": ("download", ""),
    "call-identify": ("bulb", ""),
    "call-interval": ("clock", ""),
    "plan-refresh": ("refresh", ""),
    "export-csv": ("file-type-csv", ""),
    "export-png-1": ("photo", ""),
    "palette": ("search", ""),
    "keys": ("keyboard", ""),
    "open-manifest": ("folder-open", ""),
    "open-server": ("plug-connected", ""),
    "open-broker": ("antenna", ""),
    "open-file": ("database", ""),
    "open-simulated": ("flask", ""),
    "open-source": ("server", ""),
    "open-start": ("home", ""),
    "documentation": ("help", ""),
    "about": ("info-circle", ""),
    "dark": ("moon", "sun"),
    "show-overview": ("layout-grid", ""),
    "show-plot": ("chart-line", ""),
    "show-map": ("map", ""),
    "show-alarms": ("bell", ""),
    "show-calls": ("terminal-2", ""),
    "show-plan": ("git-compare", ""),
    "show-device": ("cpu", ""),
    "full-screen": ("maximize", ""),
    "left-pane": ("layout-sidebar", ""),
    "quit": ("logout", ""),
    "mute": ("bell", "bell-off"),
    "layout-save": ("device-floppy", ""),
}


def give_icons(actions: Actions, theme: Theme) -> None:
    """Give every action that has an icon that of the theme; what is checked is drawn in the accent."""
    for listed in actions:
        name, checked = ICONS.get(listed.action.objectName(), ("", ""))
        if name:
            listed.action.setIcon(icon(name, theme, on=checked, on_color=theme.accent))
            # In a menu, a tick says better than a frame around an icon whether it is on.
            listed.action.setIconVisibleInMenu(not listed.action.isCheckable())
