"""Values in what programs print and files hold: JSON of several shapes, CSV, a bare number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from papaya.foreign import ForeignValue, Unusable, described, finite, json_in, number_in
from papaya.sensors.backend import SensorFault
from papaya.sensors.columns import DELIMITERS, Dialect
from papaya.sensors.columns import found_in_csv as found_in_csv
from papaya.sensors.found import BARE
from papaya.sensors.found import Found as Found
from papaya.sensors.moments import moment_of
from papaya.sensors.reading import SensorReading, Value
from papaya.sensors.source import Source

OPTIONS = ("form", "delimiter", "decimal")
MOST_BYTES = 1024 * 1024
# How JSON begins that is more than one value.
_COLLECTIONS = ("{", "[", '"')
# Enough for every sensor, and no rounding error of a factor such as 0.001 is left.
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Form:
    """How a source writes what it says, by its options `form`, `delimiter` and `decimal`."""

    name: str
    dialect: Dialect

    @classmethod
    def of(cls, source: Source, default: str = "json") -> Form:
        """Return what the options of a source say; raise SensorFault where they contradict themselves."""
        name = source.text("form", default)
        if name not in ("json", "csv"):
            raise SensorFault(f"form is json or csv, not {name}")
        delimiter = source.text("delimiter") if "delimiter" in source.options else ""
        decimal = source.text("decimal") if "decimal" in source.options else ""
        if delimiter and (delimiter not in DELIMITERS or delimiter == decimal):
            raise SensorFault('delimiter is ",", ";" or a tab, and another character than decimal')
        if decimal not in ("", ".", ","):
            raise SensorFault(f'decimal is "." or ",", not {described(decimal)}')
        return cls(name, Dialect(delimiter, decimal))

    def found_in(self, text: str) -> dict[str, Found]:
        """Return the values in a text of this form."""
        if self.name == "csv":
            return found_in_csv(text, self.dialect)
        return found_in_json(text, self.dialect.decimal or ".")


def found_in_json(text: str, decimal: str = ".") -> dict[str, Found]:
    """Return the values in `{name: value}`, `{name: {value, ts}}` or `{ts, values: {name: value}}`.

    A bare number, text or truth value is the value without a name, `BARE`; `decimal` is for bare numbers.
    Numbers that cannot be used stand in their place as `Unusable`; where all are, the source is at fault.
    """
    bare = _bare_number(text, decimal)
    if bare is not None:
        return {BARE: Found(bare)}
    try:
        document = json_in(text, unusable=Unusable)
    except ForeignValue as error:
        written = text.strip()
        if written.startswith(_COLLECTIONS):
            raise SensorFault(error.message) from None
        said = (
            f"it says {described(written)}, which is neither a number nor JSON" if written else "it is empty"
        )
        raise SensorFault(said) from None
    if isinstance(document, bool | str):
        return {BARE: Found(document)}
    if not isinstance(document, dict):
        raise SensorFault(f"it is {described(document)} in JSON, not an object of names and values")
    moment = None
    if isinstance(document.get("values"), dict):
        moment, document = document.get("ts"), document["values"]
    found = {str(name): _found(value, moment) for name, value in document.items()}
    if found and all(isinstance(one.value, Unusable) for one in found.values()):
        name, first = next(iter(found.items()))
        raise SensorFault(f"{name} is {described(first.value)}, which is not a usable number")
    return found


def readings_of(source: Source, found: Mapping[str, Found]) -> dict[str, SensorReading]:
    """Return the readings of a source's sensors by key; what is missing or `null` is left out.

    Whatever the values and times are: they are checked where readings are taken, and cost only their sensor.
    """
    readings = {}
    for sensor in source.sensors:
        name = source.field(sensor)
        one = found.get(name)
        if one is None and name == sensor.key:
            one = found.get(BARE)
        if one is None or one.value is None:
            continue
        moment = source.now() if one.timestamp is None else moment_of(one.timestamp)
        timestamp: int = moment  # type: ignore[assignment]
        value: Value = _scaled(one.value, source.scale(sensor))  # type: ignore[assignment]
        readings[sensor.key] = SensorReading(value, sensor.unit, timestamp, name=sensor.key)
    if not readings and BARE in found and found[BARE].value is not None:
        fields = ", ".join(sorted(source.field(sensor) for sensor in source.sensors))
        raise SensorFault(f"it is a bare value without names, and the sensor's field is {fields}")
    return readings


def _scaled(value: object, scale: tuple[float, float] | None) -> object:
    """Return a number with factor and offset; what is no number becomes a fault of its sensor."""
    if scale is None:
        return value
    factor, offset = scale
    try:
        number = number_in(value) if isinstance(value, str) else finite(value)
        return finite(float(f"{finite(number * factor + offset):.{_DIGITS}g}"))
    except (ForeignValue, OverflowError):
        return Unusable(value.text if isinstance(value, Unusable) else described(value).strip('"'))


def _bare_number(text: str, decimal: str) -> object:
    try:
        return number_in(text, decimal=decimal)
    except ForeignValue:
        return None


def _found(value: object, moment: object) -> Found:
    if isinstance(value, dict) and "value" in value:
        return Found(value["value"], value.get("ts", moment))
    return Found(value, moment)
