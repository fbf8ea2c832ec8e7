"""An exported manifest as text: YAML with what is not in it said in comments, and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from papaya.engine.export import Export
from papaya.engine.tables import Table
from papaya.manifest.write import to_yaml

_WIDTH = 108
_MOST_KEYS = 12
_TOGETHER = frozenset({"apiVersion", "kind", "metadata", "server", "name"})


def manifest_text(document: Mapping[str, Any], comment: str = "") -> str:
    """Return a document as YAML, its parts apart from each other, under a comment."""
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    before = ""
    for line in to_yaml(dict(document)).split("\n")[:-1]:
        # Whatever belongs to a key is indented or begins with a dash.
        if line[:1] not in ("", " ", "-"):
            key = line.partition(":")[0]
            if before and not (key in _TOGETHER and before in _TOGETHER):
                lines.append("")
            before = key
        lines.append(line)
    return "\n".join(lines) + "\n"


def comment_of(export: Export, source: str) -> str:
    """Return what stands above an exported manifest: where it is from, and what it leaves out and why."""
    lines = [f"The fleet {export.name} as it was on {source}, written by papaya export."]
    for reason, keys in export.omissions.by_reason().items():
        told = [f"{_printed(key)} ({number:,})" for key, number, _ in keys[:_MOST_KEYS]]
        if len(keys) > _MOST_KEYS:
            told.append(f"{len(keys) - _MOST_KEYS} more keys")
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
        f"{_printed(str(one.entity.address))} ({_printed(one.reason)})"
        for one in export.left_out[:_MOST_KEYS]
    ]
    if len(export.left_out) > _MOST_KEYS:
        some.append(f"{len(export.left_out) - _MOST_KEYS:,} more")
    return ", ".join(some)


def _printed(text: str) -> str:
    """Return a live text so that it stays on its line: a comment must not end within it."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
