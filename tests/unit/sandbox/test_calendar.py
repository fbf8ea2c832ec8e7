"""Intervals of a calendar end where the days of a time zone begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papaya.sandbox import Sandbox
from papaya.sandbox.store.calendar import NOMINAL_MS, interval_end, zone_of
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.watcher import Watcher, jwt_of, of_entity, play, post_series

_ZONES = ("UTC", "Europe/Kyiv", "America/New_York", "Asia/Kolkata", "Pacific/Apia")


def _ms(*parts: int, zone: str = "UTC") -> int:
    year, month, day = parts
    return round(datetime(year, month, day, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("kind", "zone", "begun", "end"),
    [
        ("WEEK", "UTC", (2024, 1, 10), (2024, 1, 14)),
        ("WEEK", "UTC", (2024, 1, 14), (2024, 1, 21)),
        ("WEEK_ISO", "UTC", (2024, 1, 14), (2024, 1, 15)),
        ("WEEK_ISO", "Europe/Kyiv", (2024, 1, 15), (2024, 1, 22)),
        ("MONTH", "America/New_York", (2024, 3, 10), (2024, 4, 1)),
        ("MONTH", "UTC", (2023, 12, 31), (2024, 1, 1)),
        ("QUARTER", "Asia/Kolkata", (2024, 11, 1), (2025, 1, 1)),
        ("QUARTER", "UTC", (2024, 2, 29), (2024, 4, 1)),
    ],
)
def test_an_interval_ends_with_its_calendar(
    kind: str, zone: str, begun: tuple[int, ...], end: tuple[int, ...]
) -> None:
    assert interval_end(_ms(*begun, zone=zone), kind, ZoneInfo(zone)) == _ms(*end, zone=zone)


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(sorted(NOMINAL_MS)), st.sampled_from(_ZONES))
def test_every_interval_ends_after_it_began(ts: int, kind: str, zone: str) -> None:
    assert interval_end(ts, kind, ZoneInfo(zone)) > ts


def test_offsets_are_zones_and_unknown_ones_are_this_machine_s() -> None:
    assert zone_of("+05:30").utcoffset(None) == timedelta(hours=5, minutes=30)
    assert zone_of("GMT-3").utcoffset(None) == timedelta(hours=-3)
    here = datetime.now(UTC).astimezone().utcoffset()
    for name in ("No/Where", "../../etc/passwd", "", "+99"):
        assert zone_of(name).utcoffset(datetime.now()) == here


def test_the_websocket_condenses_by_months(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    points = [(_ms(2024, 1, 5), 1), (_ms(2024, 2, 5), 2), (_ms(2024, 2, 9), 8), (_ms(2024, 3, 5), 3)]
    for ts, value in points:
        post_series(client, meter, ts=ts, t=value)
    span: dict[str, Any] = {"keys": "t", "startTs": _ms(2024, 1, 1), "endTs": _ms(2024, 4, 1)}
    months: dict[str, Any] = {"agg": "SUM", "intervalType": "MONTH", "timeZoneId": "UTC"}

    async def scene(watcher: Watcher) -> None:
        command = of_entity(meter, "TIMESERIES_HISTORY", **span, **months)
        await watcher.send(command, token=jwt_of(client))
        sums = [value for _, value in (await watcher.next())["data"]["t"]]
        assert sums == ["1", "10", "3"]

    play(sandbox, scene)
