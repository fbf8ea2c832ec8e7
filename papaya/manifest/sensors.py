"""Sensor sets and the sensors of devices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from papaya.manifest.model import Sensor
from papaya.manifest.names import object_to_invisible, object_to_text
from papaya.manifest.report import Report
from papaya.manifest.tree import List, Map, Path, Value, plain

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_TEXTS = ("key", "name", "unit")
# Whatever a sensor measures, these stand in this order on the scale.
_SCALE = ("minimum", "alarmBelow", "warnBelow", "warnAbove", "alarmAbove", "maximum")
_STRICT = frozenset({("minimum", "maximum"), ("alarmBelow", "alarmAbove"), ("warnBelow", "warnAbove")})


def seconds(written: str | float) -> float:
    """Return an interval in seconds."""
    if not isinstance(written, str):
        return float(written)
    match = _DURATION.fullmatch(written)
    if match is None:
        return 0.0
    # Multiplying by 0.001 would make 500ms something else than 0.5.
    number = float(match[1])
    return number / 1000 if match[2] == "ms" else number * _SECONDS[match[2]]


def sensor(written: Mapping[str, Any]) -> Sensor:
    """Return the sensor of a checked mapping."""
    given = {key: value for key, value in written.items() if value is not None}
    every = given.get("every")
    return Sensor(
        key=given["key"],
        name=given.get("name", ""),
        unit=given.get("unit", ""),
        every=None if every is None else seconds(every),
        minimum=given.get("minimum"),
        maximum=given.get("maximum"),
        warn_above=given.get("warnAbove"),
        warn_below=given.get("warnBelow"),
        alarm_above=given.get("alarmAbove"),
        alarm_below=given.get("alarmBelow"),
        hysteresis=given.get("hysteresis"),
        deadband=given.get("deadband"),
        decimals=given.get("decimals"),
        source=plain(given.get("source")),
    )


class SensorSets:
    """The fleet's sensor sets, and what devices make of them."""

    def __init__(self, report: Report, written: Mapping[str, List | None]) -> None:
        self.report = report
        self.sets: dict[str, tuple[Sensor, ...]] = {}
        self._known: dict[Any, tuple[tuple[Sensor, ...], tuple[str, ...]]] = {}
        for name, sensors in written.items():
            path = ("sensorSets", name)
            self.check_list(sensors or (), path)
            self.sets[name] = tuple(sensor(item) for item in sensors or ())

    def of(self, written: str | Sequence[str | Map]) -> tuple[tuple[Sensor, ...], tuple[str, ...]]:
        """Return the sensors of a device and the names of their sets; equal lists of names share them."""
        items = (written,) if isinstance(written, str) else tuple(written)
        named = tuple(item for item in items if isinstance(item, str))
        identity: Any = named if len(named) == len(items) else id(written)
        known = self._known.get(identity)
        if known is None:
            found: list[Sensor] = []
            for item in items:
                found.extend(self.sets.get(item, ()) if isinstance(item, str) else (sensor(item),))
            known = self._known[identity] = (tuple(found), named)
        return known

    def check_list(self, sensors: Sequence[Value], path: Path) -> None:
        """Check sensors that stand in one list."""
        seen: dict[str, int] = {}
        for index, item in enumerate(sensors):
            if not isinstance(item, Map):
                continue
            here = (*path, index)
            self._check(item, here)
            first = seen.setdefault(item["key"], index)
            if first != index:
                self.report.add(
                    item.place_of("key"),
                    f"the sensor key {item['key']} stands here twice",
                    "give each sensor a key of its own",
                    path=(*here, "key"),
                )

    def _check(self, item: Map, path: Path) -> None:
        for field in _TEXTS:
            text = item.get(field)
            for objection in (*object_to_text(text), *object_to_invisible(text)) if text else ():
                self.report.add(
                    item.place_of(field),
                    f"{field} {objection.summary}",
                    objection.remedy,
                    path=(*path, field),
                    severity=objection.severity,
                )
        if "," in item["key"] or not item["key"].strip():
            what = "holds a comma" if "," in item["key"] else "is blank"
            self.report.add(
                item.place_of("key"), f"the sensor key {what}", "use a dot or a dash", path=(*path, "key")
            )
        given = [(field, item[field]) for field in _SCALE if item.get(field) is not None]
        for index, (lower, least) in enumerate(given):
            for upper, most in given[index + 1 :]:
                if least > most or (least == most and (lower, upper) in _STRICT):
                    self.report.add(
                        item.place_of(upper),
                        f"{upper} {most} is not above {lower} {least}",
                        "put the limits in order: " + " ≤ ".join(field for field, _ in given),
                        path=(*path, upper),
                    )
                    return
