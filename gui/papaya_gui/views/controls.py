"""The toolbar: what one reaches for most, with icons and words, and how often everything is drawn."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtWidgets import QDoubleSpinBox, QToolBar, QWidget

from papaya_gui.actions import Actions
from papaya_gui.labels import plain_label
from papaya_gui.station import LONGEST, SHORTEST, Station
from papaya_gui.tokens import ICON, XS
from papaya_gui.views.more_button import mark_more


class Controls(QToolBar):
    """A bar with the actions that one reaches for most, and the interval in seconds."""

    def __init__(self, station: Station, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("controls")
        self.setAccessibleName(self.tr("Controls"))
        self.setWindowTitle(self.tr("Controls"))
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(ICON, ICON))
        self._station, self._actions = station, actions
        self.pause = actions.add(
            "pause",
            self.tr("&Pause"),
            station.set_paused,
            group=self.tr("Time"),
            shortcut="Space",
            words="freeze stop resume continue live",
            checkable=True,
        )
        faster = actions.add(
            "updateFaster",
            self.tr("Update more often"),
            self._halve,
            group=self.tr("Time"),
            shortcut="Ctrl+Up",
        )
        slower = actions.add(
            "updateSlower",
            self.tr("Update less often"),
            self._double,
            group=self.tr("Time"),
            shortcut="Ctrl+Down",
        )
        self._label = label = plain_label(self.tr("Update every"), self)
        label.setContentsMargins(XS, 0, XS, 0)
        self.interval = QDoubleSpinBox(self)
        self.interval.setObjectName("interval")
        self.interval.setAccessibleName(self.tr("Update interval in seconds"))
        self.interval.setToolTip(
            self.tr("How often table and plot are drawn anew; readings are taken at once")
        )
        self.interval.setRange(SHORTEST, LONGEST)
        self.interval.setDecimals(1)
        self.interval.setSuffix(self.tr(" s"))
        self.interval.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.interval.setKeyboardTracking(False)
        self.interval.setValue(station.interval)
        self.interval.valueChanged.connect(station.set_interval)
        label.setBuddy(self.interval)
        # Reached by their keys and the palette alone.
        self.without_button = (faster, slower)
        station.intervalChanged.connect(self._on_interval)
        station.pausedChanged.connect(self._on_paused)

    def fill(self) -> None:
        """Show the actions, once every view has added its own."""
        for names in self._shown():
            for name, short in names.items():
                action = self._actions[name]
                action.setIconText(short)
                self.addAction(action)
                button = self.widgetForAction(action)
                if button is not None:
                    button.setObjectName(f"{name}-tool")
                    button.setAccessibleName(action.text().replace("&", ""))
                    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.addSeparator()
        self.addWidget(self._label)
        self.addWidget(self.interval)
        mark_more(self)

    def _shown(self) -> tuple[dict[str, str], ...]:
        """Return the actions of the toolbar in groups, each with its short words."""
        return (
            {"open-manifest": self.tr("Open"), "open-source": self.tr("Source")},
            {"pause": self.tr("Pause")},
            {"plot.undo": self.tr("Undo"), "plot.redo": self.tr("Redo")},
            {"palette": self.tr("Find"), "export-csv": self.tr("Export")},
        )

    def _on_interval(self, seconds: float) -> None:
        self.interval.blockSignals(True)
        self.interval.setValue(seconds)
        self.interval.blockSignals(False)

    def _on_paused(self, paused: bool) -> None:
        self.pause.setChecked(paused)
        self.pause.setText(self.tr("&Resume") if paused else self.tr("&Pause"))
        self.pause.setIconText(self.tr("Resume") if paused else self.tr("Pause"))
        button = self.widgetForAction(self.pause)
        if button is not None:
            button.setAccessibleName(self.pause.iconText())

    def _halve(self) -> None:
        self._station.set_interval(self._station.interval / 2)

    def _double(self) -> None:
        self._station.set_interval(self._station.interval * 2)
