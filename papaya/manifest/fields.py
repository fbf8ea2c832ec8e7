"""Checks of one written layer: what a schema cannot say about the fields of a device, a model or a place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import partial

from papaya.manifest.characters import invisible_in
from papaya.manifest.device_credentials import check_layer as check_credentials
from papaya.manifest.explain import did_you_mean
from papaya.manifest.names import (
    LARGEST_INTEGER,
    Objection,
    changes_when_cast,
    is_cast_to_number,
    object_to_characters,
    object_to_invisible,
    object_to_name,
    object_to_text,
)
from papaya.manifest.report import Report
from papaya.manifest.sensors import SensorSets
from papaya.manifest.spelling import spelling_fault, spelling_faults
from papaya.manifest.tree import List, Map, Path, Row, Value

_NAMES = ("name", "assetName", "formerly", "profile", "customer")
_LONGEST_DESCRIPTION = 100_000
# The server writes these itself, whatever anybody else writes there.
_OF_THE_SERVER = frozenset(
    {"active", "lastActivityTime", "lastConnectTime", "lastDisconnectTime", "inactivityAlarmTime"}
)
_OF_PAPAYA = "papaya."


class FieldRules:
    """Checks layers against what the fleet defines: its sensor sets, models and environments."""

    def __init__(
        self, report: Report, sensors: SensorSets, models: Iterable[str], environments: Iterable[str]
    ) -> None:
        self.report = report
        self.sensors = sensors
        self.models = frozenset(models)
        self.environments = frozenset(environments)

    def check_device(self, layer: Map, path: Path) -> None:
        """Check one layer of a device: an entry, a row, a model or defaults."""
        self.check_texts(layer, path)
        serial = layer.get("serial")
        if serial is not None:
            self._check_serial(layer, serial, path)
        for scope in ("attributes", "sharedAttributes"):
            if layer.get(scope):
                self.check_attributes(layer[scope], (*path, scope))
        model = layer.get("model")
        if model is not None and model not in self.models and "models" not in self.report.unsure:
            tell = (
                partial(self.report.add_once, f"model {model}") if isinstance(layer, Row) else self.report.add
            )
            tell(
                layer.place_of("model"),
                f"there is no model {model}",
                did_you_mean(model, self.models) or "define it under models",
                path=(*path, "model"),
            )
        if layer.get("credentials"):
            check_credentials(layer["credentials"], (*path, "credentials"), self.report)
        sensors = layer.get("sensors")
        if sensors is not None:
            self._check_sensor_names(layer, sensors, path)
            if isinstance(sensors, list):
                self.sensors.check_list(sensors, (*path, "sensors"))
        if layer.get("only") is not None:
            self.check_only(layer, path)

    def check_place(self, layer: Map, path: Path) -> None:
        """Check one layer of a Country or State."""
        self.check_texts(layer, path)
        for index, alias in enumerate(layer.get("aliases") or ()):
            for objection in object_to_name(alias):
                self._object(layer["aliases"], index, objection, (*path, "aliases", index))
        if layer.get("attributes"):
            self.check_attributes(layer["attributes"], (*path, "attributes"))

    def check_texts(self, layer: Map, path: Path) -> None:
        """Check the names and texts of a layer."""
        for field in _NAMES:
            text = layer.get(field)
            if text is not None:
                for objection in object_to_name(text):
                    self._object(layer, field, objection, (*path, field))
        label = layer.get("label")
        if label is not None:
            for objection in object_to_text(label):
                self._object(layer, "label", objection, (*path, "label"))
            for objection in object_to_invisible(label, allowed="\t\n\r"):
                self._object(layer, "label", objection, (*path, "label"))
        description = layer.get("description")
        if description is not None:
            for objection in object_to_text(description, _LONGEST_DESCRIPTION):
                self._object(layer, "description", objection, (*path, "description"))

    def check_attributes(self, attributes: Map, path: Path) -> None:
        """Check keys and values of attributes."""
        for key, value in attributes.items():
            refused = _object_to_key(key)
            if refused is not None:
                summary, remedy = refused
                self.report.add(attributes.place_of(key, of_key=True), summary, remedy, path=(*path, key))
            elif value.__class__ is not bool and value is not None:
                self._check_value(attributes, key, value, (*path, key))

    def check_only(self, layer: Map, path: Path) -> None:
        """Check that `only` names environments of this fleet."""
        only = layer["only"]
        for index, name in enumerate([only] if isinstance(only, str) else only):
            if name in self.environments or "environments" in self.report.unsure:
                continue
            place = layer.place_of("only") if isinstance(only, str) else only.place_of(index)
            remedy = did_you_mean(name, self.environments) or "define it under environments, or remove `only`"
            self.report.add(place, f"there is no environment {name}", remedy, path=(*path, "only"))

    def _check_value(self, container: Map, key: str, value: Value, path: Path) -> None:
        place = container.place_of
        if isinstance(value, str):
            for objection in object_to_characters(value):
                self._object(container, key, objection, path)
            if is_cast_to_number(value):
                self.report.add_once(
                    "cast",
                    place(key),
                    f'{path[-1]} is the text "{value}", which servers from 4.2 on store as a number',
                    "write a number, or text that is no number, such as "
                    f"v{value}; in a CSV source `{{{{ column | int }}}}` or `v{{{{ column }}}}`",
                    path=path,
                    severity="warning",
                )
            return
        problem = _unstorable(value)
        if problem:
            remedy = "write it as text"
            if isinstance(value, int):
                remedy = f'quote it: "{str(value)[:30]}"; as text, every server keeps it as it is'
            self.report.add(place(key), f"{path[-1]} {problem}", remedy, path=path)
        elif isinstance(value, int | float):
            self.report.spellings += spelling_fault(container, key, value, path)
        else:
            self.report.spellings += spelling_faults(value, path)

    def _check_serial(self, layer: Map, serial: str, path: Path) -> None:
        for objection in object_to_name(serial):
            self._object(layer, "serial", objection, (*path, "serial"))
        if not is_cast_to_number(serial):
            return
        remedy = f"put letters in front, such as SN-{serial}"
        if changes_when_cast(serial):
            self.report.add(
                layer.place_of("serial"),
                f"the serial {serial} is a number to the server, which stores it in another form",
                remedy,
                path=(*path, "serial"),
            )
        else:
            self.report.add_once(
                "serial",
                layer.place_of("serial"),
                f"the serial {serial} is bare digits, which the server turns into a number in telemetry",
                remedy,
                path=(*path, "serial"),
                severity="warning",
            )

    def _check_sensor_names(self, layer: Map, sensors: Value, path: Path) -> None:
        if "sensorSets" in self.report.unsure:
            return
        for index, name in enumerate([sensors] if isinstance(sensors, str) else sensors):
            if not isinstance(name, str) or name in self.sensors.sets:
                continue
            place = layer.place_of("sensors") if isinstance(sensors, str) else sensors.place_of(index)
            remedy = did_you_mean(name, self.sensors.sets) or "define it under sensorSets"
            tell = partial(self.report.add_once, f"set {name}") if isinstance(layer, Row) else self.report.add
            tell(place, f"there is no sensor set {name}", remedy, path=(*path, "sensors"))

    def _object(self, container: Map | List, key: str | int, objection: Objection, path: Path) -> None:
        summary = f"{path[-1] if isinstance(path[-1], str) else path[-2]} {objection.summary}"
        place = container.place_of(key)
        if isinstance(container, Row):
            self.report.add_once(
                summary, place, summary, objection.remedy, path=path, severity=objection.severity
            )
        else:
            self.report.add(place, summary, objection.remedy, path=path, severity=objection.severity)


def _object_to_key(key: str) -> tuple[str, str] | None:
    if key.isidentifier() and key.isascii() and len(key) < 64:
        return _reserved(key)
    if not key.strip():
        return "a key of an attribute is blank", "write a name"
    if "," in key:
        return f'the key "{key}" holds a comma: the server could never delete it', "use a dot or a dash"
    invisible = invisible_in(key, allowed="\x00")
    if invisible is not None:
        return f'the key "{key}" holds the invisible character {invisible}', "remove it"
    for objection in object_to_text(key):
        return f'the key "{key}" {objection.summary}', objection.remedy
    return _reserved(key)


def _reserved(key: str) -> tuple[str, str] | None:
    if key in _OF_THE_SERVER:
        return f'the server itself writes the attribute "{key}"', "choose another key"
    if key.startswith(_OF_PAPAYA):
        return f'attributes that begin with "{_OF_PAPAYA}" are papaya\'s own', "choose another key"
    return None


def _unstorable(value: Value) -> str:
    """Return why the server cannot store a number, or a list or mapping that holds it."""
    pending: list[Value] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, bool) or item is None:
            continue
        if isinstance(item, int) and not -LARGEST_INTEGER - 1 <= item <= LARGEST_INTEGER:
            return f"holds the number {str(item)[:30]}, which does not fit into 64 bits"
        if isinstance(item, float) and not math.isfinite(item):
            return "holds a number that is infinite or none"
        if isinstance(item, str) and "\x00" in item:
            return "holds the character NUL, which the server refuses"
        if isinstance(item, Mapping):
            pending.extend(item.values())
            pending.extend(item.keys())
        elif isinstance(item, list):
            pending.extend(item)
    return ""
