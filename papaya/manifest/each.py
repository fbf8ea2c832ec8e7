"""How a row of a CSV text becomes a device: by `each`, or by headers that are field paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from papaya.foreign import ForeignValue, number_in
from papaya.manifest.explain import did_you_mean
from papaya.manifest.expressions import (
    ABSENT,
    Filler,
    NumberCell,
    Problem,
    filler,
    is_expression,
    named_columns,
    number_cell,
)
from papaya.manifest.numerals import hint_for
from papaya.manifest.report import Report
from papaya.manifest.scalars import read_cell, resolve
from papaya.manifest.secrets import WRITE_OUT, strays_from
from papaya.manifest.table import Table
from papaya.manifest.tree import CellList, List, Map, Path, Row, Value
from papaya.path_component import path_component

PLACE_FIELDS: Final = ("country", "state")
NOT_A_NUMBER: Final = ("is not a number", "are not numbers")
_GIVE_A_DEFAULT: Final = "correct the cell, or give a default: `{{ column | float(0) }}`"
_REFERENCES: Final = frozenset({"accessToken", "x509", "password"})
_IDENTITY: Final = frozenset({"name", *PLACE_FIELDS})
_TEXT_FIELDS = (
    *("name", "model", "serial", "profile", "label", "description", "customer", "firmware", "software"),
    "formerly",
)
_NUMBERS = frozenset({("location", "latitude"), ("location", "longitude")})
_NUMBERS_OR_WORDS = frozenset({("tunnel", "remotePort"), ("tunnel", "port"), ("tunnel", "localPort")})
_TRUTH_VALUES = frozenset({("protect",), ("gateway",), ("tunnel", "enabled")})
_LISTS = frozenset({("sensors",), ("only",)})
_OPEN = ("attributes", "sharedAttributes")
_OTHER_PATHS = (
    "location",
    "location.latitude",
    "location.longitude",
    "sensors",
    "only",
    "protect",
    "gateway",
    "credentials.accessToken.env",
    "credentials.accessToken.file",
    "credentials.x509.file",
    "credentials.mqttBasic.clientId",
    "credentials.mqttBasic.username",
    "credentials.mqttBasic.password.env",
    "credentials.mqttBasic.password.file",
    *(
        f"tunnel.{name}"
        for name in (
            "remotePort",
            "enabled",
            "host",
            "user",
            "port",
            "identityFile",
            "knownHosts",
            "localPort",
        )
    ),
)


@dataclass(frozen=True)
class Leaf:
    """One value of the device: a constant, a filled-in text, a number, or that text among `texts`."""

    path: Path
    value: Filler | NumberCell | int | Value
    columns: tuple[int, ...] = ()
    is_header: bool = False

    @cached_property
    def is_reference(self) -> bool:
        """Whether the value says where a secret is found."""
        return _is_reference(self.path, "file", "env")

    @cached_property
    def is_path(self) -> bool:
        """Whether the value is a path of which cells are a part."""
        is_filled = isinstance(self.value, Filler) and self.value.constants != ("", "")
        return is_filled and _is_reference(self.path, "file")


@dataclass(frozen=True)
class Branch:
    """A mapping or list of the device; `columns` tells for each key the column that it is told at."""

    path: Path
    children: tuple[tuple[str | int, Branch | Leaf], ...]
    is_list: bool = False
    columns: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """What each row of a table becomes, and the texts that an evaluator has to evaluate for it."""

    root: Branch
    texts: tuple[str, ...] = ()
    text_paths: tuple[Path, ...] = ()


def recipe_of_each(each: Map, table: Table) -> Recipe:
    """Return the recipe that `each` writes down."""
    texts: list[str] = []
    paths: list[Path] = []

    def compile_value(value: Value, path: Path) -> Branch | Leaf:
        if isinstance(value, dict):
            return _branch(path, [(key, compile_value(item, (*path, key))) for key, item in value.items()])
        if isinstance(value, list):
            items = [(index, compile_value(item, (*path, index))) for index, item in enumerate(value)]
            return _branch(path, items, is_list=True)
        if not isinstance(value, str) or not is_expression(value):
            return Leaf(path, value)
        columns = named_columns(value, table.columns)
        simple = filler(value, table.columns) or number_cell(value, table.columns)
        if simple is not None:
            return Leaf(path, simple, columns)
        texts.append(value)
        paths.append(path)
        return Leaf(path, _Text(len(texts) - 1), columns)

    root = compile_value(each, ())
    return Recipe(root if isinstance(root, Branch) else Branch((), ()), tuple(texts), tuple(paths))


class _Text(int):
    """The number of a text; a class of its own, since constants may be numbers, too."""


def recipe_of_headers(table: Table, *, with_place: bool, report: Report) -> Recipe | None:
    """Return the recipe of a table whose headers are field paths, or None where one of them is none."""
    known = [*_TEXT_FIELDS, *(PLACE_FIELDS if with_place else ()), *_OTHER_PATHS]
    children: dict[str, Any] = {}
    good = True
    for index, header in enumerate(table.columns):
        scope, _, key = header.partition(".")
        if scope in _OPEN and key:
            path: tuple[str, ...] = (scope, key)
        elif header in known:
            path = tuple(header.split("."))
        else:
            good = False
            remedy = did_you_mean(header, [*known, "attributes.…"], otherwise=False)
            if header in PLACE_FIELDS:
                remedy = "this source stands in a State; move it to the fleet, or drop the column"
            report.add(
                (table.source, table.header_line, index),
                f'no field of a device is called "{header}"',
                remedy
                or "name a field, such as label or attributes.bays, or say with `each` what the columns mean",
            )
            continue
        owner: dict[str, Any] | Leaf = children
        for name in path[:-1]:
            owner = owner if isinstance(owner, Leaf) else owner.setdefault(name, {})
        if isinstance(owner, Leaf) or path[-1] in owner:
            good = False
            summary = f'"{header}" says the same as another column'
            report.add((table.source, table.header_line, index), summary, "keep one of them")
            continue
        owner[path[-1]] = Leaf(path, Filler(("", ""), (index,)), (index,), is_header=True)
    if "name" not in table.columns and good:
        report.add(
            (table.source, table.header_line, 0),
            'no column is called "name"',
            "name the column with the devices' names so, or say with `each` what the columns mean",
        )
        return None
    return Recipe(_nested((), children)) if good else None


def make(
    recipe: Recipe,
    table: Table,
    number: int,
    evaluated: Sequence[Sequence[Any]],
    report: Report,
    damaged: Set[int] = frozenset(),
) -> Row | None:
    """Return the device of a row; None where what says which device it is, and where, has no value.

    A field of which one part has no value is left out whole: its cell was told, and what is missing because
    of that is no other fault. `damaged` are the columns whose cells were told already.
    """
    cells, line = table.rows[number], table.lines[number]
    broken: set[str] = set()

    def value_of(part: Branch | Leaf) -> Value:
        if isinstance(part, Leaf):
            found = part.value
            if damaged and not damaged.isdisjoint(part.columns):
                broken.add(str(part.path[0]) if part.path else "")
                return ABSENT
            if isinstance(found, Filler):
                found = found.fill([path_component(cell) for cell in cells] if part.is_path else cells)
            elif isinstance(found, NumberCell):
                found = found.read(cells, table.decimal)
            elif isinstance(found, _Text):
                found = evaluated[found][number]
            if isinstance(found, Problem):
                _tell_problem(found, part, table, number, report)
                broken.add(str(part.path[0]) if part.path else "")
                return ABSENT
            if not isinstance(found, str):
                return found
            if part.is_reference and part.columns and _strays(part, found, recipe, table, number, report):
                return ABSENT
            return _read(part, found, table)
        if part.is_list:
            items = CellList((table.source, line, next(iter(part.columns.values()), -1)))
            items.extend(item for _, child in part.children if (item := value_of(child)) is not ABSENT)
            return items
        mapping = Row(table.source, line, part.columns)
        for key, child in part.children:
            item = value_of(child)
            if item is not ABSENT:
                mapping[str(key)] = _with_places(item, mapping, str(key))
        # A mapping of nothing but empty cells is itself absent.
        return ABSENT if part.children and not mapping and part.path else mapping

    made = value_of(recipe.root)
    if broken & _IDENTITY:
        return None
    if not isinstance(made, Row):
        return Row(table.source, line, {})
    if "location" in broken:
        made.pop("location", None)
    return made


def _is_reference(path: Path, *members: str) -> bool:
    """Return whether a value says where a secret or a certificate is found, by one of these members."""
    return len(path) > 1 and path[-2] in _REFERENCES and path[-1] in members


def _strays(leaf: Leaf, named: str, recipe: Recipe, table: Table, number: int, report: Report) -> bool:
    """Return whether cells of a row lead its reference to a secret out of the folder, and say so."""
    # A column that is called after the field names the variable by itself: that is what it is for.
    written = "{{"
    if isinstance(leaf.value, _Text):
        written = recipe.texts[leaf.value]
    elif isinstance(leaf.value, Filler) and not leaf.is_header:
        written = "{{ }}".join(leaf.value.constants)
    strays = strays_from(str(leaf.path[-1]), written, named)
    if strays is not None:
        summary = f"the secret reference of the row {strays}"
        report.add_once(summary, table.place(number, leaf.columns[0]), summary, WRITE_OUT, path=leaf.path)
    return strays is not None


def _tell_problem(problem: Problem, leaf: Leaf, table: Table, number: int, report: Report) -> None:
    column = _culprit(problem, leaf, table.rows[number])
    place = table.place(number, column)
    hides = any(table.hides(one, table.rows[number][one]) for one in leaf.columns)
    if problem.number is None or column < 0:
        summary = "the expression fails" if hides else problem.summary
        report.add_once(summary, place, summary, problem.remedy, path=leaf.path)
        return
    report.add_cell(
        place,
        table.columns[column],
        "" if hides else problem.number[:40],
        NOT_A_NUMBER,
        hint_for(problem.number, in_table=True, decimal=table.decimal) or _GIVE_A_DEFAULT,
        path=leaf.path,
    )


def _culprit(problem: Problem, leaf: Leaf, row: Sequence[str]) -> int:
    """Return the column that a problem comes from: the one whose cell is no number, else the first one."""
    for column in leaf.columns:
        if problem.number is not None and row[column].strip() == problem.number.strip():
            return column
    return leaf.columns[0] if leaf.columns else -1


def leaves(part: Branch | Leaf) -> Iterator[Leaf]:
    """Yield every leaf of a recipe."""
    if isinstance(part, Leaf):
        yield part
        return
    for _, child in part.children:
        yield from leaves(child)


def _read(leaf: Leaf, text: str, table: Table) -> Value:
    """Return the value of a text, where the field it stands in is not one for text."""
    path = leaf.path
    decimal = table.decimal
    if path in _NUMBERS or path in _NUMBERS_OR_WORDS or path in _TRUTH_VALUES:
        value = resolve(text)
        if path in _TRUTH_VALUES:
            return value if isinstance(value, bool) else text
        try:
            return number_in(text, decimal=decimal)
        except ForeignValue:
            return text
    if not leaf.is_header:
        return text
    if path[0] in _OPEN:
        return text if leaf.columns[0] in table.texts else read_cell(text, decimal)
    if path in _LISTS:
        return [name for name in re.split(r"[\s,;|]+", text) if name]
    return text


def _with_places(value: Value, owner: Row, key: str) -> Value:
    """Give a mapping or list that an expression made the place of its cell."""
    if isinstance(value, list) and not isinstance(value, List):
        items = CellList(owner.place_of(key))
        items.extend(_with_places(item, owner, key) for item in value)
        return items
    if isinstance(value, dict) and not isinstance(value, Map):
        column = owner.columns.get(key, -1)
        made = Row(owner.source, owner.line, dict.fromkeys(value, column))
        for name, item in value.items():
            made[name] = _with_places(item, made, name)
        return made
    return value


def _branch(
    path: Path, children: Sequence[tuple[str | int, Branch | Leaf]], *, is_list: bool = False
) -> Branch:
    columns = {}
    for key, child in children:
        first = next((leaf.columns[0] for leaf in leaves(child) if leaf.columns), None)
        if first is not None:
            columns[str(key)] = first
    return Branch(path, tuple(children), is_list, columns)


def _nested(path: Path, children: dict[str, Any]) -> Branch:
    parts = [
        (key, child if isinstance(child, Leaf) else _nested((*path, key), child))
        for key, child in children.items()
    ]
    return _branch(path, parts)
