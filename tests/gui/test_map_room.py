"""The room for names on the map: found with a grid, and the same as by looking at everything."""

from __future__ import annotations

import math

import numpy as np
from papaya_gui.models.clusters import Cluster
from papaya_gui.views.map_room import Room
from PyQt6.QtCore import QPointF, QRectF

CHANCE = np.random.default_rng(7)
MARKS = [
    Cluster(float(x), float(y), float(radius), np.array([0]))
    for x, y, radius in zip(
        CHANCE.uniform(-400, 400, 300),
        CHANCE.uniform(-300, 300, 300),
        CHANCE.uniform(5, 40, 300),
        strict=True,
    )
]
SPOTS = [
    QRectF(*CHANCE.uniform((-420, -320, 5, 5), (420, 320, 150, 20)).tolist())  # left, top, width, height
    for _ in range(500)
]


def distance(mark: Cluster, spot: QRectF) -> float:
    """Return how far the middle of a symbol is from an area; one degree is one pixel here."""
    x, y = mark.longitude, -mark.latitude
    across = max(spot.left() - x, x - spot.right(), 0.0)
    return math.hypot(across, max(spot.top() - y, y - spot.bottom(), 0.0))


def test_what_covers_an_area_is_found_as_by_looking_at_all_symbols() -> None:
    room = Room(MARKS, (1.0, 1.0))
    expected = [any(distance(mark, spot) < mark.radius for mark in MARKS) for spot in SPOTS]
    assert [room.covers(spot) for spot in SPOTS] == expected
    assert 50 < sum(expected) < 490


def test_a_covered_name_moves_beside_all_that_covers_it_the_nearest_place_first() -> None:
    room = Room(MARKS, (1.0, 1.0))
    for spot in SPOTS:
        over = [mark for mark in MARKS if distance(mark, spot) < mark.radius]
        asides = list(room.asides(spot))
        if not over:
            assert asides == [QPointF()]
            continue
        assert [one.manhattanLength() for one in asides] == sorted(one.manhattanLength() for one in asides)
        for aside in asides:
            moved = spot.translated(aside)
            assert not any(distance(mark, moved) < mark.radius for mark in over)


def test_names_take_room_from_each_other_as_rectangles_do() -> None:
    room, taken = Room((), (1.0, 1.0)), list[QRectF]()
    for spot in SPOTS:
        is_taken = any(spot.intersects(other) for other in taken)
        assert room.is_taken(spot) is is_taken
        if not is_taken:
            room.take(spot)
            taken.append(spot)
    assert 20 < len(taken) < 480
