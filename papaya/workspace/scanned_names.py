"""Names in the text of manifests and their tables, found without understanding them: for a shell, at once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from papaya.bounded_file import read_text

_KEY: Final = re.compile(r"^(\s*)(?:- )*(\w[\w.]*):(?=\s|$)")
_NAME: Final = re.compile(r"(?:^|[{,\s])name:\s*(?:\"([^\"]*)\"|'([^']*)'|([^,}\n#\[]+))")
_TABLE: Final = re.compile(r"(?:^|[{,\s])csv:\s*(?:\"([^\"]*)\"|'([^']*)'|([^,}\n#\[]+))")
_EXPRESSION: Final = re.compile(r"\{\{\s*(?:row\[['\"](.+?)['\"]\]|(\w+))\s*(?:\|\s*(?:trim|string)\s*)?\}\}")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*$")
_BRACES: Final = re.compile(r"([{}])")
_KEY_IN_BRACES: Final = re.compile(r"([\w.-]+)[\"']?:(?=\s|$)")
_DELIMITERS: Final = ";,\t|"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a fleet: devices and environments as they are, places as paths (`INDIA/Karnataka`)."""

    devices: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


def scanned_names(files: Iterable[Path]) -> Names:
    """Return the names that stand in manifests and in the tables that these name; a few may be missing."""
    devices: list[str] = []
    places: list[str] = []
    environments: list[str] = []
    for file in files:
        country = ""
        table = ""
        for kind, name in _found(_text(file)):
            if kind == "device":
                devices.append(name)
            elif kind == "country":
                country = name
                places.append(name)
            elif kind == "state":
                places.append(f"{country}/{name}" if country else name)
            elif kind == "environment":
                environments.append(name)
            elif kind == "csv":
                devices += _column(file.parent / table, "{{ name }}") if table else ()
                table = name
            elif kind == "each" and table:
                devices += _column(file.parent / table, name)
                table = ""
        devices += _column(file.parent / table, "{{ name }}") if table else ()
    # What a template still has to fill in is no name.
    found = ([name for name in names if "{" not in name] for names in (devices, places, environments))
    return Names(*(tuple(dict.fromkeys(names)) for names in found))


def tables_of(files: Iterable[Path]) -> tuple[Path, ...]:
    """Return the tables that manifests name."""
    return tuple(file.parent / name for file in files for kind, name in _found(_text(file)) if kind == "csv")


def _found(text: str) -> Iterator[tuple[str, str]]:
    """Yield what kind of name each line has: the key of the list that it stands in says so."""
    above: list[tuple[int, str]] = []
    for line in text.splitlines():
        line = _COMMENT.sub("", line)
        stripped = line.lstrip()
        if not stripped:
            continue
        if stripped.startswith("kind: Country"):
            above = [(-1, "countries")]
        indent = len(line) - len(stripped) + (1 if stripped.startswith("- ") else 0)
        while above and above[-1][0] >= indent:
            above.pop()
        key = _KEY.match(line)
        inside = above[-1][1] if above else ""
        if key is not None and inside == "environments" and key[2] != "environments":
            yield "environment", key[2]
        if key is not None and key[2] == "environments":
            yield from (("environment", name) for name in _keys_in_braces(line.partition(":")[2]))
        table = _TABLE.search(line)
        if table is not None:
            yield "csv", _said(table)
        if "name:" in line:
            yield from _named(line, [one for _, one in above])
        if key is not None and stripped.rstrip().endswith((":", "]")) and not stripped.startswith("- {"):
            above.append((indent, key[2]))


def _named(line: str, above: Sequence[str]) -> Iterator[tuple[str, str]]:
    inline = next((word for word in ("devices", "states", "countries") if f"{word}: [" in line), None)
    inside = inline or (above[-1] if above else "")
    kinds = {"devices": "device", "states": "state", "countries": "country", "each": "each"}
    if "each:" in line and "name:" in line.partition("each:")[2]:
        kind: str | None = "each"
        line = line.partition("each:")[2]
    else:
        kind = kinds.get(inside)
        if inside == "metadata" and "countries" in above:
            kind = "country"
    if kind is not None:
        if inline is None and kind != "each" and not line.lstrip().startswith(("- ", "name:")):
            # The name of something inside a device, as of a sensor.
            return
        for found in _NAME.finditer(line):
            yield kind, _said(found)
            if inline is None:
                return


def _keys_in_braces(text: str) -> Iterator[str]:
    """Yield the keys of a map on one line, `{staging: {…}}`, without those of the maps in it."""
    depth = 0
    for part in _BRACES.split(text):
        if depth == 1 and part not in "{}":
            yield from _KEY_IN_BRACES.findall(part)
        depth += (part == "{") - (part == "}")


def _said(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None).strip()


def _column(path: Path, template: str) -> Iterator[str]:
    """Yield what a simple template makes of each row of a table; nothing where it is not simple."""
    text = _text(path)
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    header = next(_rows(rows), [])
    columns = {name.strip().lstrip("\ufeff"): number for number, name in enumerate(header)}
    parts: list[str | int] = []
    end = 0
    for found in _EXPRESSION.finditer(template):
        number = columns.get(found[1] or found[2])
        if number is None:
            return
        parts += [template[end : found.start()], number]
        end = found.end()
    parts.append(template[end:])
    if any(isinstance(part, str) and "{" in part for part in parts):
        return
    for row in _rows(rows):
        if row and all(isinstance(part, str) or part < len(row) for part in parts):
            yield "".join(part if isinstance(part, str) else row[part].strip() for part in parts)


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:
        return


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, ValueError):
        return ""
