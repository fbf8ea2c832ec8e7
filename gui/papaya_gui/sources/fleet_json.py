"""The items of a JSON file with values of many devices; one that is none costs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from papaya.foreign import ForeignValue, Unusable, described, json_in, plain_number, shown
from papaya.sensors.backend import SensorFault
from papaya_gui.sources.fleet_csv import Line
from papaya_gui.sources.headings import DEVICE, TS, VALUE, VALUES

_NONE = "it is no JSON of devices with their values"


def lines_in_json(text: str, owner: str, most_values: int) -> Iterator[Line]:
    """Yield the items of a list, of an object of devices, or of the lines of a file.

    `owner` is the device of items with times that name none. Raises SensorFault where it is no such JSON.
    """
    try:
        document = json_in(text, unusable=Unusable, most_values=most_values)
    except ForeignValue as error:
        if not _has_an_object_on_each_line(text):
            raise SensorFault(error.message) from error
        yield from _in_lines(text, owner)
        return
    if isinstance(document, dict) and owner and _is_of_one_device(document):
        for key, samples in document.items():
            for sample in samples:
                value = sample.get(VALUE)
                if isinstance(value, str):
                    # ThingsBoard answers with texts unless it is asked for strict types.
                    number = plain_number(value)
                    value = value if number is None else number
                yield shown(key), {DEVICE: owner, TS: sample[TS], VALUES: {key: value}}
    elif isinstance(document, dict):
        for device, values in document.items():
            if isinstance(values, dict):
                yield shown(device), {VALUES: values, DEVICE: device}
            else:
                yield "", f"{shown(device)} is {described(values)}: {_NONE}"
    elif isinstance(document, list):
        for number, item in enumerate(document, 1):
            yield _item(f"item {number}", item, owner)
    else:
        raise SensorFault(_NONE)


def _item(place: str, item: object, owner: str) -> Line:
    if not isinstance(item, dict):
        return "", f"{place} is {described(item)}: {_NONE}"
    if owner and DEVICE not in item and TS in item:
        return place, {**item, DEVICE: owner}
    return place, item


def _is_of_one_device(document: Mapping[str, object]) -> bool:
    """Return whether an object has lists of samples by key, as ThingsBoard answers for one device."""
    return bool(document) and all(
        isinstance(samples, list) and samples and all(isinstance(one, dict) and TS in one for one in samples)
        for samples in document.values()
    )


def _has_an_object_on_each_line(text: str) -> bool:
    first = next((line for line in text.split("\n") if line.strip()), "")
    try:
        return isinstance(json_in(first, unusable=Unusable), dict)
    except ForeignValue:
        return False


def _in_lines(text: str, owner: str) -> Iterator[Line]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            item = json_in(line, unusable=Unusable)
        except ForeignValue as error:
            yield "", f"line {number}: {error.message}"
        else:
            yield _item(f"line {number}", item, owner)
