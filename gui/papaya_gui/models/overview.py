"""The tiles of the overview: places or devices of a tree, the worst first."""

from __future__ import annotations

import math
from enum import Enum

import numpy as np

from papaya_gui.models.condition import Condition
from papaya_gui.models.conditions import Count, Indices
from papaya_gui.models.shape import Kind
from papaya_gui.models.tree import Tree

# A tile is so much wider than high, and at least and at most so wide.
_WIDER = 1.7
NARROWEST, NARROWEST_ON_WALL, WIDEST, WIDEST_ON_WALL = 176, 300, 760, 900
# Tiles that would not all fit may be lower than that, before they scroll.
_WIDER_AT_MOST = 3.3
# The words of a tile take so much of its height at most; details have the rest.
_HIGHEST_HEAD, _HIGHEST_HEAD_ON_WALL = 168, 300
# How high a line of details is: on a wall a share of these words, else in pixels. Fewer tell too little.
LINE_ON_WALL, _LINE, FEWEST_LINES = 0.14, 22, 3
# The words have such a share of a tile with details, and are so much larger at most without.
_HEAD, _LARGER = 0.62, 1.15
# A tile with details is so much higher than it would be without.
_HIGHER = 1.3


class By(Enum):
    """What has a tile."""

    PLACE = "place"
    DEVICE = "device"


class Overview:
    """`nodes` are the nodes of the tree that have a tile, from the first to the last.

    `within` is the State whose devices alone are shown, as its path; empty for all.
    """

    def __init__(self, tree: Tree, by: By = By.PLACE) -> None:
        self.tree, self.by = tree, by
        self.within: tuple[str, ...] = ()
        self.nodes: Indices = np.empty(0, np.intp)
        self.bring()

    def show(self, by: By, within: tuple[str, ...] = ()) -> None:
        """Show places or devices, all of them or those of a State."""
        self.by, self.within = by, within
        self.bring()

    def bring(self) -> bool:
        """Order by how the tree is by now; return whether there are others or in another order."""
        tree = self.tree
        kind = Kind.DEVICE if self.by is By.DEVICE else Kind.STATE
        nodes = np.flatnonzero(tree.kinds == kind)
        if self.by is By.PLACE:
            # A place without devices has nothing to tell.
            nodes = nodes[tree.counts[Count.TOTAL, nodes] > 0]
        above = tree.find(self.within) if self.within else None
        if above is not None:
            nodes = nodes[tree.parents[nodes] == above]
        worsts = -tree.worsts[nodes].astype(np.int64)
        alarms, warnings = -tree.counts[Count.ALARM, nodes], -tree.counts[Count.WARN, nodes]
        found = nodes[np.lexsort((warnings, alarms, worsts))]
        if np.array_equal(found, self.nodes):
            return False
        self.nodes = found
        return True

    def position(self, node: int) -> int:
        """Return which tile a node has, -1 where it has none."""
        found = np.flatnonzero(self.nodes == node)
        return int(found[0]) if len(found) else -1

    def headline(self, node: int) -> str:
        """Return how many devices of a place, or which alarm of a device, are told of first."""
        tree = self.tree
        if tree.kinds[node] == Kind.DEVICE:
            alarms = tree.alarms(node)
            return alarms[0].kind if alarms else ""
        total, well = int(tree.counts[Count.TOTAL, node]), int(tree.counts[Count.ONLINE, node])
        words = tree.words
        heard = words.recorded if tree.is_recorded else words.online
        return f"{well:,}/{total:,} {words.simulated if tree.is_simulated[node] else heard}"

    def said(self, node: int) -> str:
        """Return how a tile is in words; of a place that is well, where it is: the headline has counted."""
        tree = self.tree
        is_place, well = tree.kinds[node] != Kind.DEVICE, tree.counts[Count.ONLINE, node]
        is_well = is_place and well == tree.counts[Count.TOTAL, node] and not tree.standing(node)
        is_well = is_well and tree.worst(node) in (Condition.ONLINE, Condition.RECORDED, Condition.SIMULATED)
        return self.place(node) if is_well else tree.text(node)

    def place(self, node: int) -> str:
        """Return where what has a tile is: the name of the place above."""
        return self.tree.paths[node][-2] if len(self.tree.paths[node]) > 1 else ""


def tile_size(count: int, width: int, height: int, *, is_wall: bool) -> tuple[int, int]:
    """Return columns and the height of a tile in pixels.

    All tiles fit if they can be read that small. Tiles that fit fill the height.
    """
    narrowest, widest = (NARROWEST_ON_WALL, WIDEST_ON_WALL) if is_wall else (NARROWEST, WIDEST)
    most = max(width // narrowest, 1)
    fewest = min(max(math.ceil(width / widest), 1), max(count, 1))
    for columns in range(min(fewest, most), most + 1):
        rows = max(math.ceil(count / columns), 1)
        if rows * int(width / columns / _WIDER) <= height:
            # Fewer columns may do for as many rows: no place in the last row is left empty without need.
            return max(math.ceil(count / rows), 1), height // rows
    lowest = width / most / _WIDER_AT_MOST
    fitting = height / max(math.ceil(count / most), 1)
    return most, int(fitting if lowest <= fitting else width / most / _WIDER)


def head_height(width: int, height: int, *, is_wall: bool) -> int:
    """Return how much of a tile's height its own words take, in pixels; the rest is for details.

    Words are a little smaller where that makes room for details, and a little larger where none fit.
    """
    highest = _HIGHEST_HEAD_ON_WALL if is_wall else _HIGHEST_HEAD
    usual = min(height, max(int(width / _WIDER), 1), highest)
    head = min(usual, int(height * _HEAD))
    needed = (FEWEST_LINES + 1) * (LINE_ON_WALL * head if is_wall else _LINE)
    has_details = height >= usual * _HIGHER and height - head >= needed
    return head if has_details else min(height, int(usual * _LARGER))
