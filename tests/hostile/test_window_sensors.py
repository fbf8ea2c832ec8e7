"""Sensors that a device's shared attribute declares, as the window reads them."""

from __future__ import annotations

import pytest
from papaya_gui.sources.server_devices import _declared

from tests.hostile.texts import BROKEN, NINES

DEEP = "[" * 980 + "]" * 980
HOSTILE = (*BROKEN, DEEP, NINES, f'[{{"key":"a","minimum":{NINES}}}]', f'[{{"key":"a","name":{DEEP}}}]')


@pytest.mark.parametrize("text", HOSTILE)
def test_an_attribute_that_is_no_list_of_sensors_declares_none(text: str) -> None:
    assert _declared(text) == ()


def test_a_number_that_nobody_asks_for_costs_nothing() -> None:
    assert [sensor.key for sensor in _declared(f'[{{"key":"a","other":{NINES}}}]')] == ["a"]
