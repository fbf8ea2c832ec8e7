"""The manifest of a table, with comments that explain it."""

from __future__ import annotations

import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from papaya.manifest.names import is_cast_to_number
from papaya.manifest.spelled_places import SpelledPlace
from papaya.manifest.write import to_yaml
from papaya.workspace.plain_name import plain_name
from papaya.workspace.spreadsheet.columns import Choice, Choices
from papaya.workspace.spreadsheet.places import UNKNOWN, places
from papaya.workspace.spreadsheet.reading import Spreadsheet
from papaya.workspace.spreadsheet.words import one_line

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What Jinja2 does not take for the name of a column.
_RESERVED: Final = frozenset(
    ["true", "false", "none", "not", "and", "or", "if", "else", "is", "in", "row", "loop"]
)
_MODEL: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
# A source that works on every Linux machine, so that a first agent has something to say.
SENSORS: Final = """\
# What the devices measure, and where the agent reads it. This one works on every Linux machine.
sensorSets:
  basic:
    - key: memory.available
      name: Memory available
      unit: MB
      every: 30s
      warnBelow: 100
      source: {type: command, argv: [awk, '/MemAvailable/ {print $2}', /proc/meminfo], factor: 0.001024}
"""
# A manifest with more places than this is hard to read: the rows name them.
_MOST_WRITTEN: Final = 60
# An export may lose a tenth of its rows before that is a fault.
_KEPT: Final = 0.9


def manifest_of(sheets: Sequence[tuple[Spreadsheet, Choices]], *, name: str, url: str, folder: Path) -> str:
    """Return the text of a manifest that stands in a folder and reads these tables."""
    countries = places([(sheet.table, choices) for sheet, choices in sheets])
    derives = sum(1 + len(country.states) for country in countries.values()) > _MOST_WRITTEN
    models = _models(sheets)
    parts = [
        "# Written by papaya init --from-csv. Next: papaya validate, papaya plan, papaya apply.\n",
        to_yaml({"apiVersion": "papaya/v1", "kind": "Fleet", "metadata": {"name": name}}),
        to_yaml({"server": {"url": url}}),
        "# papaya may create profiles that are missing.\n"
        "profiles: {country: Country, state: State, device: default, create: true}\n"
        "safety: {maxDestroy: 0}                     # a run deletes nothing without --allow-destroy\n"
        f"{SENSORS}"
        "defaults:\n"
        "  device: {sensors: basic}\n",
    ]
    if models:
        parts += [
            "# What the devices of one model have in common, such as other sensors or attributes.\n",
            to_yaml({"models": {key: {} for key in models.values()}}),
        ]
    written = [_country(place, countries) for place in countries.values()]
    if derives:
        written = [slim for country in written if (slim := _said_only_here(country)) is not None]
        comment = "# Places whose name needs more than the rows say. The rows name the others.\n"
    else:
        comment = "# Places, at the center of their devices. A row with another place is a fault.\n"
    if written:
        parts += [comment, to_yaml({"countries": written})]
    parts += [
        "devicesFrom:\n",
        *(_source(sheet, choices, models, folder, derives=derives) for sheet, choices in sheets),
    ]
    return "".join(parts)


def _said_only_here(country: dict[str, Any]) -> dict[str, Any] | None:
    """Return a country without the states that rows can name alone; None where nothing is left to say."""
    states = [state for state in country["states"] if {"aliases", "assetName"} & state.keys()]
    if not states and "aliases" not in country:
        return None
    slim = {key: value for key, value in country.items() if key != "states"}
    return {**slim, "states": states} if states else slim


# A comment above the serial number, where letters were put in front of digits.
_WHY_LETTERS = "      # With SN- in front: the server takes digits alone for a number."


def _models(sheets: Sequence[tuple[Spreadsheet, Choices]]) -> dict[str, str]:
    """Return the models of all tables: what cells say, and the key that the manifest has for it."""
    found: dict[str, str] = {}
    for sheet, choices in sheets:
        column = choices["model"].column
        for cell in dict.fromkeys(row[column] for row in sheet.table.rows) if column is not None else ():
            if cell and cell not in found:
                found[cell] = cell if _MODEL.fullmatch(cell) else _key(cell, set(found.values()))
    return found


def _key(cell: str, taken: set[str]) -> str:
    plain = plain_name(cell) or "model"
    plain = plain if plain[0].isalpha() else f"model-{plain}"
    numbered = (f"{plain}-{number}" for number in range(2, len(taken) + 3))
    return next(one for one in (plain, *numbered) if one not in taken)


def _country(place: SpelledPlace, countries: dict[str, SpelledPlace]) -> dict[str, Any]:
    states = Counter(key for country in countries.values() for key in country.states)
    written = _place(place)
    written["states"] = [
        # Names of places are those of assets, of which a tenant has each once.
        _place(state, f"{state.name} ({place.name})" if states[key] > 1 else "")
        for key, state in place.states.items()
    ]
    return written


def _place(place: SpelledPlace, asset_name: str = "") -> dict[str, Any]:
    written: dict[str, Any] = {"name": place.name}
    if asset_name:
        written["assetName"] = asset_name
    if place.aliases:
        written["aliases"] = list(place.aliases)
    if place.center is not None:
        written["location"] = {"latitude": place.center[0], "longitude": place.center[1]}
    return written


def _source(
    sheet: Spreadsheet, choices: Choices, models: dict[str, str], folder: Path, *, derives: bool
) -> str:
    table = sheet.table
    entry: dict[str, object] = {"csv": os.path.relpath(sheet.path, folder)}
    if sheet.sheet is not None:
        entry["sheet"] = sheet.sheet
    if sheet.encoding is not None:
        entry["encoding"] = sheet.encoding
    if table.decimal != ".":
        entry["decimal"] = table.decimal
    least = max(1, math.floor(_KEPT * len(table.rows)))
    each = dict(_each(sheet, choices, models))
    unused = [
        column
        for number, column in enumerate(table.columns)
        if number not in {choice.column for choice in choices.values()}
    ]
    lines = [
        *_entries(entry, 4),
        f"    minRows: {least}  # fewer rows are a fault: a truncated export deletes nothing",
        *(["    places: fromRows  # countries and states that the rows name"] if derives else []),
        "    each:",
        *(
            commented
            for line in _entries(each, 6)
            # Above the line: a value that is long goes on below it.
            for commented in ((_WHY_LETTERS, line) if _has_letters(line) else (line,))
        ),
    ]
    if unused:
        examples = ", ".join(
            f"{_attribute(column)}: {json.dumps(f'{{{{ {_column(column)} }}}}', ensure_ascii=False)}"
            for column in unused[:3]
        )
        named = ", ".join(map(one_line, unused))
        lines += [
            f"      # Columns that are not used: {named}. As attributes of the devices:",
            f"      # attributes: {{{examples}}}",
        ]
    lines[0] = "  - " + lines[0][4:]
    return "\n".join(lines) + "\n"


def _has_letters(line: str) -> bool:
    return line.startswith("      serial: ") and "SN-" in line


def _each(sheet: Spreadsheet, choices: Choices, models: dict[str, str]) -> Iterator[tuple[str, object]]:
    table = sheet.table
    for field in ("country", "state"):
        yield field, _value(choices[field], sheet, or_else=UNKNOWN)
    yield "name", _value(choices["name"], sheet)
    for field in ("label", "serial", "model"):
        choice = choices[field]
        if not choice.is_found:
            continue
        if field == "serial" and choice.column is not None:
            cells = [row[choice.column] for row in table.rows]
            # Digits alone would be a number to the server.
            before = "SN-" if any(is_cast_to_number(cell) for cell in cells if cell) else ""
            yield field, _text(table.columns[choice.column], before, has_empty="" in cells)
        elif field == "model" and choice.column is not None:
            yield field, _model(table.columns[choice.column], models, sheet, choice.column)
        else:
            yield field, _value(choice, sheet)
    if choices["latitude"].column is not None and choices["longitude"].column is not None:
        yield "location", {one: _value(choices[one], sheet) for one in ("latitude", "longitude")}
    elif choices["position"].column is not None:
        column = _column(table.columns[choices["position"].column])
        parts = f"{column}.replace(';', ',').replace(' ', ',').split(',') | reject('eq', '') | list"
        ends = (("latitude", "first"), ("longitude", "last"))
        yield "location", {field: f"{{{{ {parts} | {end} }}}}" for field, end in ends}


def _value(choice: Choice, sheet: Spreadsheet, or_else: str = "") -> str:
    if choice.text is not None:
        return choice.text
    if choice.column is None:
        return or_else
    column = _column(sheet.table.columns[choice.column])
    has_empty = any(not row[choice.column] for row in sheet.table.rows)
    return f"{{{{ {column} or '{or_else}' }}}}" if or_else and has_empty else f"{{{{ {column} }}}}"


def _text(column: str, before: str, *, has_empty: bool) -> str:
    expression = _column(column)
    if before and has_empty:
        return f"{{{{ '{before}' ~ {expression} if {expression} else '' }}}}"
    return f"{before}{{{{ {expression} }}}}"


def _model(column: str, models: dict[str, str], sheet: Spreadsheet, number: int) -> str:
    cells = dict.fromkeys(row[number] for row in sheet.table.rows if row[number])
    if all(models[cell] == cell for cell in cells):
        return f"{{{{ {_column(column)} }}}}"
    pairs = ", ".join(f"{_quoted(cell)}: {_quoted(models[cell])}" for cell in cells)
    return f"{{{{ {{{pairs}}}.get({_column(column)}, '') }}}}"


def _column(name: str) -> str:
    """Return a column in an expression: its name, or `row['Haus-Nr.']` where that is no name for Jinja2."""
    return name if _IDENTIFIER.fullmatch(name) and name.lower() not in _RESERVED else f"row[{_quoted(name)}]"


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    # A line break would be another one in the expression: Jinja2 makes \\n of all of them.
    escaped = (sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in plain)
    return "'" + "".join(escaped) + "'"


def _attribute(column: str) -> str:
    words = [word for word in re.split(r"[\W_]+", column) if word]
    key = "".join(word[:1].upper() + word[1:] for word in words)
    return (key[:1].lower() + key[1:]) or "attribute"


def _entries(values: Mapping[str, object], width: int) -> Iterator[str]:
    """Yield the lines of a mapping, an entry in each: in one line it would take no more keys."""
    for key, value in values.items():
        written = to_yaml([value]).strip()
        # A list of one plain value is written in brackets, one of a mapping behind a hyphen.
        own = written[1:-1] if written.startswith("[") else written[2:]
        yield from (" " * width + line for line in f"{key}: {own}".split("\n"))
