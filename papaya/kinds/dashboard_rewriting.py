"""What ThingsBoard's own interface makes of a dashboard that is opened for editing and saved, unasked.

It fills in defaults, drops `_hash` and time windows that are not used, and rewrites those that are
(`dashboard-utils.service.ts`, 4.0.1 and 4.3.1.3). That is nobody's intent, so that it is no difference. Every
other difference counts.
"""

from __future__ import annotations

from typing import Final

from papaya.kinds.form import same
from papaya.manifest.model import Json

_DROPPED: Final = frozenset({"_hash"})
_TIMEWINDOWS: Final = frozenset({"timewindow", "displayTimewindow", "useDashboardTimewindow"})
# Members that the interface adds where they are missing, with what it writes there.
_DEFAULTS: Final[dict[str, tuple[Json, ...]]] = {
    "stateControllerId": ("entity",),
    "layoutType": ("default",),
    "outerMargin": (True,),
    "margin": (10,),
    "columns": (24,),
    "backgroundColor": ("#eeeeee",),
    "backgroundSizeMode": ("100%",),
    "showLegend": (True,),
    "searchPropagatedAlarms": (True,),
    "resolveMultiple": (False,),
}
_FILLED: Final = frozenset({"label", "entityName", "legendConfig", "targetDevice"})
_PARTS_OF_TIME: Final = ("realtime", "history")
_OF_A_PART: Final = ("realtimeType", "historyType", "timewindowMs", "quickInterval", "fixedTimewindow")


def only_rewritten(wanted: Json, found: Json) -> bool:
    """Return whether a value differs from the one that was sent by nothing but such rewriting."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(_is_rewritten(key, wanted, found) for key in {**wanted, **found})
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(only_rewritten, wanted, found))
    if isinstance(wanted, str) and isinstance(found, str) and wanted.startswith("data:image"):
        # The server keeps such an image on its own and writes a link.
        return wanted == found or found.startswith("tb-image;")
    return same(wanted, found) or (_is_empty(wanted) and _is_empty(found))


def _is_rewritten(key: str, wanted: dict[str, Json], found: dict[str, Json]) -> bool:
    if key in _DROPPED:
        return True
    if key in wanted and key in found:
        one, other = wanted[key], found[key]
        if key == "timewindow" and isinstance(one, dict) and isinstance(other, dict):
            return _same_time(one, other)
        return only_rewritten(one, other)
    if key in _TIMEWINDOWS:
        return True
    if key in wanted:
        return _is_empty(wanted[key]) or key in ("title", "image", "description") and "typeFullFqn" in wanted
    value = found[key]
    if key == "name" and "entityName" in found:
        return True
    return _is_empty(value) or key in _FILLED or any(same(value, one) for one in _DEFAULTS.get(key, ()))


def _same_time(wanted: dict[str, Json], found: dict[str, Json]) -> bool:
    """Compare what a time window shows; the rest of it is rewritten as a whole."""
    if (wanted.get("selectedTab") or 0) != (found.get("selectedTab") or 0):
        return False
    part = _PARTS_OF_TIME[1 if wanted.get("selectedTab") == 1 else 0]
    one, other = wanted.get(part), found.get(part)
    if isinstance(one, dict) and isinstance(other, dict):
        for key in _OF_A_PART:
            if key in one and key in other and not same(one[key], other[key]):
                return False
    mine, theirs = wanted.get("aggregation"), found.get("aggregation")
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return same(mine.get("type"), theirs.get("type"))
    return True


def _is_empty(value: Json) -> bool:
    return value is None or value is False or value == "" or value == {} or value == []
