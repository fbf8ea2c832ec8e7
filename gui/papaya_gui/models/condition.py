"""The condition of a device or a reading: one scale for tree, table, map, tiles and title."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.levels import ALARM, CLEAR, WARN
from papaya_gui.sources.remote import Alarm

Conditions = NDArray[np.int8]


class Condition(IntEnum):
    """The gravest last; the five severities are those of ThingsBoard.

    DRIFTED is changed on the server by somebody, MISSING is declared and not on the server.
    """

    NO_SENSORS = 0
    ONLINE = 1
    SIMULATED = 2
    RECORDED = 3
    NOTHING = 4
    DRIFTED = 5
    STALE = 6
    SILENT = 7
    MISSING = 8
    INDETERMINATE = 9
    WARNING = 10
    MINOR = 11
    MAJOR = 12
    CRITICAL = 13


# From here on it is an alarm; below it and from SLIGHT on a warning.
GRAVE, SLIGHT = Condition.MAJOR, Condition.INDETERMINATE
# By the level of a threshold of the manifest, which knows two.
OF_LEVEL = np.zeros(3, np.int8)
OF_LEVEL[[CLEAR, WARN, ALARM]] = 0, Condition.WARNING, Condition.CRITICAL
_OF_SEVERITY: dict[str, Condition] = {
    "CRITICAL": Condition.CRITICAL,
    "MAJOR": Condition.MAJOR,
    "MINOR": Condition.MINOR,
    "WARNING": Condition.WARNING,
    "INDETERMINATE": Condition.INDETERMINATE,
}


def of_severity(severity: str) -> Condition:
    """Return the condition of a severity as ThingsBoard names it; of any other that of INDETERMINATE."""
    return _OF_SEVERITY.get(severity, Condition.INDETERMINATE)


def of_alarm(alarm: Alarm) -> Condition:
    """Return the condition that an active alarm of the server brings about."""
    return of_severity(alarm.severity)


def of_alarms(alarms: Sequence[Alarm]) -> int:
    """Return the gravest condition that active alarms bring about, 0 without any."""
    return max(map(of_alarm, alarms), default=0)
