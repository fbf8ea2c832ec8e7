"""Widgets of a generated dashboard, of types that every server from 4.0 to 4.4 has.

Members that are left out are filled in by the widgets themselves when they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID, uuid5

from papaya.kinds.limits import plain_number
from papaya.kinds.measured import Measured
from papaya.manifest.model import Json

_NAMESPACE: Final = UUID("5f0e6c7e-3f0b-5c39-9b5e-6f2b0f1c7a41")
_COLORS: Final = ("#1565c0", "#2e7d32", "#6a1b9a", "#00838f", "#4e342e", "#283593", "#ad1457", "#558b2f")
_WARNING: Final = "#ef6c00"
_ALARM: Final = "#c62828"
_ONLINE: Final = "#2e7d32"
_OFFLINE: Final = "#757575"
_HIGHEST_PRECISION: Final = 15

_IS_ONLINE: Final = "value === true || value === 'true'"
_ONLINE_STYLE: Final = f"return {{color: ({_IS_ONLINE}) ? '{_ONLINE}' : '{_OFFLINE}'}};"
_ONLINE_TEXT: Final = f"return ({_IS_ONLINE}) ? 'online' : 'offline';"
_TIME_TEXT: Final = "return value ? ctx.date.transform(value, 'yyyy-MM-dd HH:mm:ss') : '';"
_MARKER_COLOR: Final = (
    "var active = data['active'];\n"
    f"return (active === true || active === 'true') ? '{_ONLINE}' : '{_OFFLINE}';"
)

KeyType = Literal["attribute", "timeseries", "entityField", "alarm"]


@dataclass(frozen=True, slots=True)
class Widget:
    """One widget with its size, in cells of a grid of 24 columns."""

    id: str
    value: dict[str, Json]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Source:
    """Which entities a widget shows: the ids of an alias and of a filter in the dashboard."""

    alias: str
    filter: str | None = None


def stable_id(role: str) -> str:
    """Return the id of a part of a generated dashboard: the same for the same part, whenever it is made."""
    return str(uuid5(_NAMESPACE, role))


def map_of(source: Source, state: str) -> Widget:
    """Return a map with a marker for each device, colored by whether it is online."""
    marker: dict[str, Json] = {
        "dsType": "entity",
        "dsEntityAliasId": source.alias,
        "dsFilterId": source.filter,
        "xKey": _key("latitude", "attribute", "latitude", 0),
        "yKey": _key("longitude", "attribute", "longitude", 0),
        "additionalDataKeys": [
            _key("active", "attribute", "active", 0),
            _key("label", "entityField", "label", 0),
        ],
        "label": {"show": True, "type": "pattern", "pattern": "${entityName}"},
        "tooltip": {
            "show": True,
            "trigger": "click",
            "autoclose": True,
            "type": "pattern",
            "pattern": '<b>${entityName}</b><br/>${label}<br/><link-act name="open">Open</link-act>',
            "offsetX": 0,
            "offsetY": -1,
            "tagActions": [_open(state)],
        },
        "click": {"type": "doNothing"},
        "markerType": "shape",
        "markerShape": {
            "shape": "markerShape1",
            "size": 34,
            "color": {"type": "function", "color": _ONLINE, "colorFunction": _MARKER_COLOR},
        },
    }
    layer: Json = {"label": "Roadmap", "provider": "openstreet", "layerType": "OpenStreetMap.Mapnik"}
    config: dict[str, Json] = {
        "title": "Map",
        "showTitle": False,
        "datasources": [],
        "actions": {},
        "settings": {"mapType": "geoMap", "fitMapBounds": True, "layers": [layer], "markers": [marker]},
    }
    return _widget("map", "system.map", "latest", config, 12, 10)


def devices_table(source: Source, measured: Sequence[Measured], state: str, width: int) -> Widget:
    """Return a table of devices: whether each is online, since when, and its latest values."""
    keys: list[Json] = [
        _key("name", "entityField", "Device", 0),
        _key("label", "entityField", "Label", 1),
        _key("active", "attribute", "Condition", 2, {**_styled(_ONLINE_STYLE), **_told(_ONLINE_TEXT)}),
        _key("lastActivityTime", "attribute", "Last active", 3, _told(_TIME_TEXT)),
    ]
    for index, one in enumerate(measured, len(keys)):
        style = _limit_style(one)
        key = _key(one.key, "timeseries", one.name, index, _styled(style) if style else {})
        keys.append({**key, "units": one.unit, "decimals": None})
    config: dict[str, Json] = {
        "title": "Devices",
        "showTitle": True,
        "datasources": [_datasource(source, keys)],
        "settings": {
            "entitiesTitle": "Devices",
            "enableSearch": True,
            "enableSelectColumnDisplay": True,
            "displayEntityName": False,
            "displayEntityLabel": False,
            "displayEntityType": False,
            "displayPagination": True,
            "defaultPageSize": 10,
            "defaultSortOrder": "Device",
        },
        "actions": {"rowClick": [_open(state)]},
    }
    return _widget("devices", "system.cards.entities_table", "latest", config, width, 10)


def alarms_table(role: str, source: Source) -> Widget:
    """Return a table of active alarms."""
    columns = (
        ("createdTime", "Created"),
        ("originator", "Device"),
        ("type", "Type"),
        ("severity", "Severity"),
        ("status", "Status"),
    )
    keys: list[Json] = [_key(name, "alarm", label, index) for index, (name, label) in enumerate(columns)]
    config: dict[str, Json] = {
        "title": "Alarms",
        "showTitle": True,
        "useDashboardTimewindow": False,
        "timewindow": {"selectedTab": 0, "realtime": {"realtimeType": 0, "timewindowMs": 2592000000}},
        "datasources": [],
        "alarmSource": {**_datasource(source, keys), "name": "alarms"},
        "alarmFilterConfig": {
            "statusList": ["ACTIVE"],
            "severityList": [],
            "typeList": [],
            "searchPropagatedAlarms": False,
        },
        "settings": {
            "alarmsTitle": "Alarms",
            "enableSelection": True,
            "enableSearch": True,
            "displayDetails": True,
            "allowAcknowledgment": True,
            "allowClear": True,
            "displayPagination": True,
            "defaultPageSize": 10,
            "defaultSortOrder": "-createdTime",
        },
        "actions": {},
    }
    return _widget(role, "system.alarm_widgets.alarms_table", "alarm", config, 24, 7)


def chart(source: Source, unit: str, measured: Sequence[Measured]) -> Widget:
    """Return a chart of everything that is measured in one unit, with lines at the limits."""
    keys: list[Json] = [_key(one.key, "timeseries", one.name, index) for index, one in enumerate(measured)]
    thresholds: list[Json] = [*_thresholds(unit, measured)]
    config: dict[str, Json] = {
        "title": _title(unit, measured),
        "showTitle": True,
        "useDashboardTimewindow": True,
        "units": unit,
        "decimals": None,
        "datasources": [{**_datasource(source, keys), "latestDataKeys": []}],
        "settings": {"showLegend": True, "dataZoom": True, "thresholds": thresholds},
        "actions": {},
    }
    return _widget(f"chart/{unit}", "system.time_series_chart", "timeseries", config, 12, 7)


def placed(widgets: Iterable[Widget]) -> dict[str, Json]:
    """Return the places of widgets, row by row in a grid of 24 columns."""
    places: dict[str, Json] = {}
    row = column = height = 0
    for widget in widgets:
        if column + widget.width > 24:
            row, column, height = row + height, 0, 0
        places[widget.id] = {"sizeX": widget.width, "sizeY": widget.height, "row": row, "col": column}
        column, height = column + widget.width, max(height, widget.height)
    return places


def _widget(role: str, type_: str, kind: str, config: dict[str, Json], width: int, height: int) -> Widget:
    id_ = stable_id(f"widget/{role}")
    value: dict[str, Json] = {
        "id": id_,
        "typeFullFqn": type_,
        "type": kind,
        "sizeX": width,
        "sizeY": height,
        "row": 0,
        "col": 0,
        "config": config,
    }
    return Widget(id_, value, width, height)


def _datasource(source: Source, keys: list[Json]) -> dict[str, Json]:
    return {
        "type": "entity",
        "name": None,
        "entityAliasId": source.alias,
        "filterId": source.filter,
        "dataKeys": keys,
    }


def _key(
    name: str, type_: KeyType, label: str, index: int, settings: dict[str, Json] | None = None
) -> dict[str, Json]:
    color = _COLORS[index % len(_COLORS)]
    return {"name": name, "type": type_, "label": label, "color": color, "settings": settings or {}}


def _open(state: str) -> Json:
    return {
        "id": stable_id(f"open/{state}"),
        "name": "open",
        "icon": "more_horiz",
        "type": "openDashboardState",
        "targetDashboardStateId": state,
        "setEntityId": True,
        "stateEntityParamName": None,
        "openRightLayout": False,
    }


def _styled(body: str) -> dict[str, Json]:
    return {"useCellStyleFunction": True, "cellStyleFunction": body}


def _told(body: str) -> dict[str, Json]:
    return {"useCellContentFunction": True, "cellContentFunction": body}


def _limit_style(one: Measured) -> str:
    """Return the function that colors a value by the limits, or an empty text where there are none."""
    limits = one.limits
    if limits is None or limits.is_empty:
        return ""
    lines = ["if (value === null || value === undefined || value === '') { return {}; }"]
    for color, above, below in (
        (_ALARM, limits.alarm_above, limits.alarm_below),
        (_WARNING, limits.warn_above, limits.warn_below),
    ):
        crossed = [
            f"Number(value) {sign} {plain_number(limit)}"
            for sign, limit in ((">", above), ("<", below))
            if limit is not None
        ]
        if crossed:
            lines.append(
                f"if ({' || '.join(crossed)}) {{ return {{color: '{color}', fontWeight: 'bold'}}; }}"
            )
    return "\n".join([*lines, "return {};"])


def _thresholds(unit: str, measured: Iterable[Measured]) -> Iterator[Json]:
    """Yield the lines of a chart, each value once."""
    drawn: set[tuple[float, str]] = set()
    for one in measured:
        limits = one.limits
        for value, color in (
            (
                (limits.warn_above, _WARNING),
                (limits.warn_below, _WARNING),
                (limits.alarm_above, _ALARM),
                (limits.alarm_below, _ALARM),
            )
            if limits is not None
            else ()
        ):
            if value is not None and (value, color) not in drawn:
                drawn.add((value, color))
                yield {
                    "type": "constant",
                    "value": value,
                    "yAxisId": "default",
                    "units": unit or None,
                    "decimals": _decimals(value),
                    "lineColor": color,
                    "lineType": "dashed",
                    "lineWidth": 1,
                    "startSymbol": "none",
                    "endSymbol": "none",
                    "showLabel": True,
                    "labelPosition": "insideEndTop",
                    "labelColor": color,
                }


def _decimals(value: float) -> int:
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return min(max(-int(exponent), 0), _HIGHEST_PRECISION)


def _title(unit: str, measured: Sequence[Measured]) -> str:
    if len(measured) <= 3:
        return ", ".join(one.name for one in measured)
    return f"{measured[0].name}, {measured[1].name} and {len(measured) - 2} more" + (
        f" ({unit})" if unit else ""
    )
