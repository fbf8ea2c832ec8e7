"""The sensors of one device as a table: while its agent runs, and read once."""

from __future__ import annotations

from collections.abc import Sequence

from papaya.counting import counted, first_of
from papaya.manifest.model import Json
from papaya.render.layout import paint_word, visible
from papaya.render.table import age_text, table_text
from papaya.render.words import moment
from papaya.sensors.view import AgentView, SensorView

FORMAT_VERSION = "1"
_LEVEL_COLORS = {"alarm": "red", "warn": "yellow"}


def agent_text(view: AgentView, *, width: int, color: bool, rows: int | None = None) -> str:
    """Return the table of an agent that runs; at most so many lines, the last of which counts the others."""
    head = f"{visible(view.device)} → {visible(view.server)}: {view.status}"
    foot = f"{view.sent:,} sent, {view.waiting:,} waiting" + (
        f", {view.dropped:,} dropped" if view.dropped else ""
    )
    if not view.sensors:
        return f"{head}\nNo sensors with a source: write them into the manifest.\n{foot}\n"
    header = ("SENSOR", "VALUE", "AGE", "LEVEL", "SENT", "WAITING", "FAULT")
    cells = [
        (
            one.name,
            value_of(one),
            age_text((view.now - one.at) / 1000) if one.at is not None else "",
            one.level if one.value is not None else "",
            f"{one.sent:,}",
            "many" if one.waiting is None else f"{one.waiting:,}",
            one.fault,
        )
        for one in view.sensors
    ]
    left = 0
    if rows is not None and len(cells) > max(rows - 4, 1):
        left = len(cells) - max(rows - 5, 1)
        cells = cells[: len(cells) - left]
    table = table_text(header, cells, width=width, paint=_paint if color else None)
    return f"{head}\n{table}" + (f"… {counted(left, 'sensor')} more\n" if left else "") + f"{foot}\n"


def summary_text(view: AgentView, seconds: float) -> str:
    """Return how a run of the agent went, in one or two sentences."""
    told = f"{visible(view.device)} ran for {age_text(seconds)}: {counted(view.sent, 'reading')} sent"
    told += f", {view.waiting:,} waiting for the next run" if view.waiting else ", none waiting"
    faults = [visible(one.name) for one in view.sensors if one.fault]
    if faults:
        told += f"; {counted(len(faults), 'sensor')} could not be read: {first_of(faults)}"
    return told + "."


def readings_text(sensors: Sequence[SensorView], *, width: int, color: bool) -> str:
    """Return the table of sensors that were read once."""
    header = ("SENSOR", "KEY", "VALUE", "LEVEL", "TIME", "FAULT")
    cells = [
        (
            one.name,
            one.key if one.key != one.name else "",
            value_of(one),
            one.level if one.value is not None else "",
            moment(one.at) if one.at is not None else "",
            one.fault,
        )
        for one in sensors
    ]
    return table_text(header, cells, width=width, paint=_paint_once if color else None)


def readings_json(sensors: Sequence[SensorView], device: str) -> dict[str, Json]:
    """Return sensors that were read once as a document of a fixed form."""
    return {
        "formatVersion": FORMAT_VERSION,
        "device": device,
        "sensors": [
            {
                "key": one.key,
                "name": one.name,
                "unit": one.unit or None,
                "value": one.value,
                "ts": one.at,
                "level": one.level if one.value is not None else None,
                "fault": one.fault or None,
            }
            for one in sensors
        ],
    }


def value_of(one: SensorView) -> str:
    """Return a value with its unit, as a person reads it."""
    if one.value is None:
        return ""
    if isinstance(one.value, bool):
        return "true" if one.value else "false"
    text = f"{one.value:.6g}" if isinstance(one.value, float) else str(one.value)
    return f"{text} {one.unit}".rstrip()


def _paint(column: int, cell: str, printed: str) -> str:
    if column == 0:
        return paint_word(printed, "bold")
    if column == 3:
        return paint_word(printed, _LEVEL_COLORS.get(cell, "green"))
    return paint_word(printed, "red") if column == 6 else printed


def _paint_once(column: int, cell: str, printed: str) -> str:
    if column == 3 and cell:
        return paint_word(printed, _LEVEL_COLORS.get(cell, "green"))
    return paint_word(printed, "bold" if column == 0 else "red") if column in (0, 5) and cell else printed
