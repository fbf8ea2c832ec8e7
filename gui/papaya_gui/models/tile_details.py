"""The lines that a tile has room for below its own words: devices of a place, readings of a device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from papaya_gui.models.board import NOTHING, STALE, Board
from papaya_gui.models.condition import SLIGHT, Condition
from papaya_gui.models.conditions import Count
from papaya_gui.models.shape import Kind
from papaya_gui.models.tree import Tree


@dataclass(frozen=True, slots=True)
class Detail:
    """One line of a tile: a name, its value or words, and its condition."""

    name: str
    said: str
    condition: Condition


def number_of_details(tree: Tree, board: Board, node: int) -> int:
    """Return how many lines a tile has to show: the devices of a place, or the readings of a device."""
    if tree.kinds[node] == Kind.DEVICE:
        return len(board.catalog.rows_of(tree.paths[node][-1]))
    return int(tree.counts[Count.TOTAL, node])


def details_of(tree: Tree, board: Board, node: int, most: int) -> list[Detail]:
    """Return the first lines of a tile: the worst devices of a place, or the readings of a device."""
    if tree.kinds[node] == Kind.DEVICE:
        rows = board.catalog.rows_of(tree.paths[node][-1])[:most]
        return [_of_reading(board, row.index, bool(tree.is_simulated[node])) for row in rows]
    nodes = np.flatnonzero(tree.parents == node)
    alarms = -tree.counts[Count.ALARM, nodes]
    worst_first = nodes[np.lexsort((alarms, -tree.worsts[nodes].astype(np.int64)))][:most]
    return [Detail(tree.name(one), _of_device(tree, one), tree.worst(one)) for one in map(int, worst_first)]


def _of_device(tree: Tree, node: int) -> str:
    """Return the gravest alarm of a device, else its condition in words."""
    alarms = tree.alarms(node)
    return alarms[0].kind if alarms else tree.text(node)


def _of_reading(board: Board, index: int, is_simulated: bool) -> Detail:
    row, worst = board.catalog[index], board.worst_of(index)
    value = board.text(index)
    said = f"{value} {row.sensor.unit}".strip() if value else ""
    return Detail(row.title, said, _condition(board, index, worst, is_simulated))


def _condition(board: Board, index: int, worst: int, is_simulated: bool) -> Condition:
    if worst >= SLIGHT:
        return Condition(worst)
    fresh = board.freshness[index] if index < len(board.freshness) else NOTHING
    if fresh in (NOTHING, STALE):
        return Condition.NOTHING if fresh == NOTHING else Condition.STALE
    if is_simulated:
        return Condition.SIMULATED
    return Condition.RECORDED if board.is_recorded else Condition.ONLINE
