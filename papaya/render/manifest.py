"""An exported manifest as text: YAML with what is not in it said in comments, and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from papaya.counting import counted
from papaya.engine.export import Export
from papaya.engine.tables import Table
from papaya.manifest.write import to_yaml
from papaya.render.layout import visible

_WIDTH = 108
_MOST_KEYS = 12
# Before these a reader takes a breath.
_PARTS = frozenset({"profiles", "sensorSets", "defaults", "models", "tunnel", "countries", "states"})


def manifest_text(document: Mapping[str, Any], comment: str = "") -> str:
    """Return a document as YAML, its parts apart from each other, under a comment."""
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    for line in to_yaml(dict(document)).split("\n")[:-1]:
        # What belongs to a part is indented or begins with a dash.
        if line.partition(":")[0] in _PARTS:
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"


def comment_of(export: Export, source: str) -> str:
    """Return what stands above an exported manifest: where it is from, and what it leaves out and why."""
    lines = [f"The fleet {export.name} as it was on {source}, written by papaya export."]
    for reason, keys in export.omissions.by_reason().items():
        told = [f"{visible(key)} ({number:,})" for key, number, _ in keys[:_MOST_KEYS]]
        if len(keys) > _MOST_KEYS:
            told.append(counted(len(keys) - _MOST_KEYS, "more key"))
        lines += wrap(f"Left out, because {reason}: {', '.join(told)}.", _WIDTH)
    if export.left_out:
        lines += wrap(f"Left out as a whole: {_entities(export)}.", _WIDTH)
    return "\n".join(lines)


def csv_text(table: Table) -> str:
    """Return a table as CSV."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return file.getvalue()


def _entities(export: Export) -> str:
    some = [
        f"{visible(str(one.entity.address))} ({visible(one.reason)})" for one in export.left_out[:_MOST_KEYS]
    ]
    if len(export.left_out) > _MOST_KEYS:
        some.append(f"{len(export.left_out) - _MOST_KEYS:,} more")
    return ", ".join(some)
