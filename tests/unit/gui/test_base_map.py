"""The world of the package: what is where, at the scale that a picture needs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from papaya_gui.models.base_map import Detail, View, base_map
from papaya_gui.models.scale_bar import scale_bar

INDIA = View(68.0, 6.0, 98.0, 36.0)


def is_land(detail: Detail, longitude: float, latitude: float) -> bool:
    """Return whether a point is on land: whether a line from it crosses an odd number of edges."""
    crossed = 0
    for tile in detail.tiles(View(longitude, latitude, longitude, latitude)):
        if not (0 <= longitude - tile[0] < detail.width and 0 <= latitude - tile[1] < detail.width):
            continue
        for ring in detail.rings(tile):
            x, y = ring.T
            after_x, after_y = np.roll(x, -1), np.roll(y, -1)
            spans = (y > latitude) != (after_y > latitude)
            where = x[spans] + (latitude - y[spans]) / (after_y[spans] - y[spans]) * (
                after_x[spans] - x[spans]
            )
            crossed += int((where > longitude).sum())
    return crossed % 2 == 1


@pytest.mark.parametrize("degrees", [0.2, 0.03, 0.001])
def test_cities_are_on_land_and_oceans_are_not(degrees: float) -> None:
    detail = base_map().detail(degrees)
    for name, longitude, latitude in (
        ("Nagpur", 79.09, 21.15), ("Madrid", -3.70, 40.42), ("Brasilia", -47.88, -15.79),
        ("Irkutsk", 104.30, 52.29), ("Alice Springs", 133.88, -23.70),
    ):  # fmt: skip
        assert is_land(detail, longitude, latitude), name
    for name, longitude, latitude in (
        ("Atlantic", -40.0, 30.0), ("Indian Ocean", 80.0, -20.0), ("Pacific", -150.0, 10.0),
        ("Caspian Sea", 51.0, 41.5), ("Arabian Sea", 65.0, 15.0),
    ):  # fmt: skip
        assert not is_land(detail, longitude, latitude), name


def test_a_nearer_picture_has_finer_lines() -> None:
    sizes = []
    for degrees in (0.2, 0.03, 0.001):
        detail = base_map().detail(degrees)
        sizes.append(sum(len(detail.line(number)) for number, _ in detail.lines(INDIA)))
    assert sizes == sorted(sizes) and sizes[2] > 4 * sizes[1] > 4 * sizes[0] / 2


def test_borders_are_told_from_coasts() -> None:
    detail = base_map().detail(0.03)
    # The middle of the Bay of Bengal has neither; the Himalaya only borders.
    assert {is_border for _, is_border in detail.lines(View(86.0, 27.5, 88.0, 28.5))} == {True}
    assert False in {is_border for _, is_border in detail.lines(View(79.5, 10.0, 80.5, 14.0))}


def test_no_line_runs_across_the_whole_map() -> None:
    for degrees in (0.2, 0.03, 0.001):
        detail = base_map().detail(degrees)
        for number, _ in detail.lines(View(-180, -90, 180, 90)):
            assert np.abs(np.diff(detail.line(number)[:, 0])).max() < 30.0


def test_the_largest_cities_and_the_countries_of_a_view_are_named() -> None:
    cities = list(base_map().cities(INDIA))
    assert {"Delhi", "Mumbai", "Bengaluru"} <= {one.name for one in cities[:10]}
    populations = [one.population for one in cities]
    assert populations == sorted(populations, reverse=True)
    assert "India" in {one.name for one in base_map().countries(INDIA, 5.0)}
    assert "Bhutan" not in {one.name for one in base_map().countries(INDIA, 5.0)}


@pytest.mark.parametrize("degrees", [1e-7, 3.3e-5, 0.01, 0.4])
@pytest.mark.parametrize("latitude", [0.0, 52.5, -80.0])
def test_the_scale_bar_is_a_round_distance_of_a_fitting_length(degrees: float, latitude: float) -> None:
    bar = scale_bar(degrees, latitude)
    assert 28.0 <= bar.pixels <= 140.0
    number, unit = bar.text.replace(",", "").split()
    metres = float(number) * {"km": 1000, "m": 1}[unit]
    assert f"{metres:e}"[0] in "125" and float(f"{metres:e}"[1:2] + "0") == pytest.approx(0.0)
    assert bar.pixels * degrees * 111_195 * math.cos(math.radians(latitude)) == pytest.approx(
        metres, rel=0.01
    )
