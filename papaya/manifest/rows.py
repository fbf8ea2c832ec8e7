"""Devices from the rows of CSV files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from papaya.counting import are, counted
from papaya.diagnostics import Diagnostic, Mark
from papaya.manifest.damage import damaged_cells
from papaya.manifest.derived import Deriver, names_places, refuse_places
from papaya.manifest.each import (
    NOT_A_NUMBER,
    PLACE_FIELDS,
    Leaf,
    Recipe,
    leaves,
    make,
    recipe_of_each,
    recipe_of_headers,
)
from papaya.manifest.explain import did_you_mean, explain
from papaya.manifest.expressions import Evaluate, Job, Outcome, Problem
from papaya.manifest.fields import FieldRules
from papaya.manifest.layers import is_wanted
from papaya.manifest.model import MissingCells
from papaya.manifest.numerals import hint_for
from papaya.manifest.places import Places, WrittenState
from papaya.manifest.report import Report
from papaya.manifest.schema import Finding, find, prune
from papaya.manifest.source import Source
from papaya.manifest.table import Table, guarded_source, read_table
from papaya.manifest.tree import List, Map, Path, Row, mark_at

ReadCsv = Callable[..., Source | str | Diagnostic]
FindState = Callable[[Map, str | None, str | None], WrittenState | None]

_NO_ROWS: Final = "the table has a header and no rows: the fleet gets no devices from it"


@dataclass
class ReadTexts:
    """The CSV texts that were read, the cells that they lack, and the headers that no row follows."""

    read: tuple[Source, ...] = ()
    missing: tuple[MissingCells, ...] = ()
    empty: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class _Rows:
    """One source of devices: its entry in the manifest, its table, and what a row becomes."""

    entry: Map
    path: Path
    state: WrittenState | None
    table: Table
    recipe: Recipe
    derives: bool = False


@dataclass
class _Missing:
    columns: tuple[int, ...] = ()
    rows: list[int] = field(default_factory=list)


def no_files(asking: Source, name: str) -> str:
    """Refuse every file: the caller of `load` gave no way to read one."""
    return f"{name} cannot be read here"


def read_rows(
    document: Map,
    places: Places,
    environment: str | None,
    rules: FieldRules,
    read_csv: ReadCsv,
    evaluate: Evaluate,
) -> ReadTexts:
    """Put the devices of all CSV sources into their States."""
    report = rules.report
    known: dict[tuple[object, ...], Table | None] = {}
    sources = []
    for entry, path, state in _entries(document, places):
        if entry.get("only") is not None:
            rules.check_only(entry, path)
        if is_wanted(entry, environment):
            table = _table(entry, path, read_csv, known, report)
            recipe = _recipe(entry, table, state, report) if table is not None else None
            derives = refuse_places(entry, path, state, rules)
            if table is None or recipe is None or (derives and not names_places(entry, table, path, rules)):
                continue
            sources.append(_Rows(entry, path, state, table, recipe, derives))
    missing = []
    deriver = Deriver(places, rules)
    report.expect_rows(sum(len(rows.table.rows) for rows in sources))
    for rows, outcome in zip(sources, _evaluated(sources, evaluate), strict=True):
        if _tell_problems(rows, outcome, report):
            continue
        find_state = deriver.state_of if rows.derives else places.find
        missing.extend(_enter(rows, outcome, find_state, rules, environment))
    deriver.locate()
    read = tuple(table.source for table in known.values() if table is not None)
    return ReadTexts(read, tuple(missing), _empty(sources, report))


def _empty(sources: Sequence[_Rows], report: Report) -> tuple[Mark, ...]:
    """Warn of tables without rows, whose devices would leave the fleet, and return their headers.

    A source with `minRows: 0` may be empty.
    """
    found: dict[Mark, None] = {}
    for rows in sources:
        if not rows.table.rows and rows.entry.get("minRows") is None:
            place = (rows.table.source, rows.table.header_line, -1)
            mark = mark_at(place)
            if mark not in found:
                remedy = "export it again; if it is empty on purpose, write minRows: 0 beside csv"
                report.add(place, _NO_ROWS, remedy, path=(*rows.path, "csv"), severity="warning")
            found[mark] = None
    return tuple(found)


def _entries(document: Map, places: Places) -> Iterator[tuple[Map, Path, WrittenState | None]]:
    yield from ((entry, path, None) for entry, path in _listed(document, ()))
    for state in places.states():
        yield from ((entry, path, state) for entry, path in _listed(state.entry, state.path))


def _listed(owner: Map, path: Path) -> Iterator[tuple[Map, Path]]:
    written = owner.get("devicesFrom")
    if isinstance(written, Map):
        yield written, (*path, "devicesFrom")
    for index, entry in enumerate(written if isinstance(written, List) else ()):
        yield entry, (*path, "devicesFrom", index)


def _table(
    entry: Map, path: Path, read_csv: ReadCsv, known: dict[tuple[object, ...], Table | None], report: Report
) -> Table | None:
    name = entry["csv"]
    # Only what is said is passed on: most sources need none of it.
    asked = ("sheet", "decimal") if name.lower().endswith((".xlsx", ".xlsm")) else ("encoding",)
    how = {key: entry[key] for key in asked if entry.get(key) is not None}
    identity = (entry.source.name, name, *how.items())
    if identity not in known:
        known[identity] = _read_once(entry, path, read_csv, how, report)
    table = known[identity]
    if table is not None:
        texts = _text_columns(entry, path, table, report)
        table = replace(table, decimal=entry.get("decimal") or ".", texts=texts)
    least = entry.get("minRows")
    if table is not None and least is not None and len(table.rows) < least:
        report.add(
            entry.place_of("minRows"),
            f"{name} has {counted(len(table.rows), 'row')}, "
            f"at least {int(least):,} {are(int(least))} expected",
            "export it again; if it is complete, lower minRows",
            path=(*path, "minRows"),
        )
    return table


def _read_once(
    entry: Map, path: Path, read_csv: ReadCsv, how: dict[str, str], report: Report
) -> Table | None:
    source = read_csv(entry.source, entry["csv"], **how)
    if isinstance(source, Source):
        report.texts[source.name] = guarded_source(source)
        return read_table(source, report)
    summary, remedy = (
        (source, "check the path") if isinstance(source, str) else (source.summary, source.remedy)
    )
    report.add(entry.place_of("csv"), summary, remedy, path=(*path, "csv"))
    return None


def _text_columns(entry: Map, path: Path, table: Table, report: Report) -> frozenset[int]:
    """Return the numbers of the columns that `text` names."""
    found = set()
    written = entry.get("text")
    names: list[str] = [written] if isinstance(written, str) else list(written or ())
    for index, column in enumerate(names):
        if column in table.columns:
            found.add(table.columns.index(column))
            continue
        place = written.place_of(index) if isinstance(written, List) else entry.place_of("text")
        remedy = did_you_mean(column, table.columns)
        report.add(place, f'there is no column "{column}"', remedy, path=(*path, "text"))
    return frozenset(found)


def _recipe(entry: Map, table: Table, state: WrittenState | None, report: Report) -> Recipe | None:
    each = entry.get("each")
    if each is None:
        return recipe_of_headers(table, with_place=state is None, report=report)
    if state is None:
        return recipe_of_each(each, table)
    inside = Map(each.source, each.node)
    for key, value in each.items():
        if key not in PLACE_FIELDS:
            inside[key] = value
            continue
        report.add(
            each.place_of(key, of_key=True),
            f"the devices of this source stand in {state.entry['name']}, `{key}` cannot move them",
            "move the source to the fleet, or drop the field",
        )
    return recipe_of_each(inside, table)


def _evaluated(sources: Sequence[_Rows], evaluate: Evaluate) -> Sequence[Outcome]:
    """Return the values of all texts of all sources: one call, since it may start a process."""
    asked = [rows for rows in sources if rows.recipe.texts]
    outcomes = iter(
        evaluate(
            [
                Job(rows.recipe.texts, rows.table.columns, rows.table.rows, rows.table.decimal)
                for rows in asked
            ]
        )
        if asked
        else ()
    )
    return [next(outcomes) if rows.recipe.texts else Outcome() for rows in sources]


def _tell_problems(rows: _Rows, outcome: Outcome, report: Report) -> bool:
    """Tell which texts of `each` are wrong for all rows; return whether there are no values."""
    if not rows.recipe.texts:
        return False
    for path, result in zip(rows.recipe.text_paths, outcome.results, strict=False):
        if isinstance(result, Problem):
            container = rows.entry["each"]
            for key in path[:-1]:
                container = container[key]
            here = (*rows.path, "each", *path)
            report.add(container.place_of(path[-1]), result.summary, result.remedy, path=here)
    return not outcome.results or any(isinstance(result, Problem) for result in outcome.results)


def _enter(
    rows: _Rows, outcome: Outcome, find_state: FindState, rules: FieldRules, environment: str | None
) -> list[MissingCells]:
    table, report = rows.table, rules.report
    evaluated = [result for result in outcome.results if not isinstance(result, Problem)]
    devices = List(table.source)
    damaged = damaged_cells(rows.recipe, table, report)
    made = (
        make(rows.recipe, table, number, evaluated, report, damaged.get(number, frozenset()))
        for number in range(len(table.rows))
    )
    for device in made:
        report.note_row()
        if device is not None:
            devices.append(device)
    standing = [(row.pop("country", None), row.pop("state", None)) for row in devices]
    places_of = {id(row): place for row, place in zip(devices, standing, strict=True)}
    findings = find(devices, "device", each=True)
    if findings:
        for finding in findings:
            _tell(finding, devices, table, report)
        prune(devices, findings, "device", each=True)
    for row in devices:
        report.note_row()
        rules.check_device(row, ())
        country, state = places_of[id(row)]
        if rows.derives and not is_wanted(row, environment):
            # Its place may be one that this environment does not have.
            continue
        target = rows.state or find_state(row, _as_text(country), _as_text(state))
        if target is not None:
            target.rows.append(row)
    return _missing_locations(rows, devices)


def _tell(finding: Finding, devices: List, table: Table, report: Report) -> None:
    """Tell what the schema refuses in a row, by the cell that it came from."""
    found = explain(devices, finding)
    place = _cell(devices[int(finding.path[0])], finding.path[1:], finding.key)
    path = (*finding.path[1:], *(() if finding.key is None else (finding.key,)))
    column = place[2]
    value = finding.value
    hides = column >= 0 and table.hides(column, value if isinstance(value, str) else "")
    if column >= 0 and finding.keyword == "type" and "number" in finding.expected and isinstance(value, str):
        example = "" if hides else value[:40]
        hint = hint_for(value, in_table=True, decimal=table.decimal)
        remedy = hint or ("" if hides else _for_rows(found.remedy))
        one = "" if hides else found.summary
        report.add_cell(place, table.columns[column], example, NOT_A_NUMBER, remedy, path=path, one=one)
        return
    summary = f"{table.columns[column]}: the cell is not allowed here" if hides else found.summary
    kind = f"{finding.keyword} {finding.expected} {finding.key}"
    report.add_once(kind, place, summary, "" if hides else _for_rows(found.remedy), path=path)


def _cell(row: Row, path: Path, key: str | None) -> tuple[Source, int, int]:
    whole = path if key is None else (*path, key)
    value: object = row
    place = row.place()
    for part in whole:
        if not isinstance(value, Row):
            break
        place = value.place_of(part)
        value = value.get(str(part))
    return place


def _for_rows(remedy: str) -> str:
    if remedy.startswith("quote it"):
        return "make it text: `{{ column }}`, or `{{ … | string }}`"
    return remedy


def _as_text(value: object) -> str | None:
    return None if value is None else str(value)


def _missing_locations(rows: _Rows, devices: Sequence[Row]) -> list[MissingCells]:
    """Note the rows whose cells for the location are all empty."""
    asked: list[Leaf] = [
        leaf for leaf in leaves(rows.recipe.root) if leaf.path and leaf.path[0] == "location"
    ]
    columns = tuple(dict.fromkeys(column for leaf in asked for column in leaf.columns))
    if not columns:
        return []
    lacking = [row.line for row in devices if "location" not in row]
    if not lacking:
        return []
    named = tuple(rows.table.columns[column] for column in columns)
    return [MissingCells(rows.table.source.name, named, "location", len(lacking), lacking[0] + 1)]
