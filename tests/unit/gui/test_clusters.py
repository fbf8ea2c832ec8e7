"""Clusters of a map: everybody is in one, none overlap, and a move of the map changes none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from papaya_gui.models.clusters import Cluster, clusters, radius_of


def scattered(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return longitudes and latitudes of a fleet that is dense in its middle."""
    chance = np.random.default_rng(7)
    return chance.normal(78.0, 4.0, count), chance.normal(20.0, 4.0, count)


def overlap(one: Cluster, other: Cluster, degrees: float) -> bool:
    """Return whether two symbols cover each other on the screen."""
    apart = np.hypot(one.longitude - other.longitude, one.latitude - other.latitude) / degrees
    return bool(apart < one.radius + other.radius)


@pytest.mark.parametrize("pixels", [200, 1000, 4000])
def test_no_two_overlap_and_every_device_is_in_one(pixels: int) -> None:
    longitudes, latitudes = scattered(600)
    degrees = 40.0 / pixels
    found = clusters(longitudes, latitudes, np.arange(600), (degrees, degrees))
    assert not any(overlap(one, other, degrees) for one, other in itertools.combinations(found, 2))
    assert sorted(np.concatenate([one.devices for one in found])) == list(range(600))
    assert [one.count for one in found] == sorted((one.count for one in found), reverse=True)


def test_a_cluster_stands_in_the_middle_of_its_devices() -> None:
    found = clusters(np.array([10.0, 10.2, 50.0]), np.array([1.0, 1.2, 3.0]), np.arange(3), (0.1, 0.1))
    assert [one.devices.tolist() for one in found] == [[0, 1], [2]]
    assert (found[0].longitude, found[0].latitude) == pytest.approx((10.1, 1.1))


def test_devices_part_when_the_map_comes_near_enough() -> None:
    longitudes, latitudes = np.array([10.0, 10.001]), np.array([1.0, 1.0])
    assert len(clusters(longitudes, latitudes, np.arange(2), (0.01, 0.01))) == 1
    assert len(clusters(longitudes, latitudes, np.arange(2), (1e-5, 1e-5))) == 2


def test_what_lies_beyond_the_view_changes_no_cluster_far_from_it() -> None:
    longitudes, latitudes = scattered(400)
    lonely = np.append(longitudes, 140.0), np.append(latitudes, 60.0)
    far = clusters(*lonely, np.arange(401), (0.05, 0.05))
    near = clusters(longitudes, latitudes, np.arange(400), (0.05, 0.05))
    assert {tuple(one.devices) for one in near} == {tuple(one.devices) for one in far} - {(400,)}


def test_devices_at_the_very_same_place_are_one() -> None:
    found = clusters(np.full(50, 10.0), np.full(50, 1.0), np.arange(50), (1e-7, 1e-7))
    assert [one.count for one in found] == [50]


def test_a_larger_cluster_has_no_smaller_symbol() -> None:
    radii = radius_of(np.array([1, 2, 10, 1_000, 1_000_000])).tolist()
    assert radii == sorted(radii) and radii[-1] <= 24.0


def test_a_map_without_devices_has_no_clusters() -> None:
    assert clusters(np.empty(0), np.empty(0), np.empty(0, np.intp), (0.1, 0.1)) == []
