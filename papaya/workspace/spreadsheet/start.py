"""Starts a manifest from tables: guesses, hears what a person says, and tells what was chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from papaya.errors import PapayaError
from papaya.workspace.spreadsheet.columns import NEEDED, Choice, Choices, choice_of, guess, is_device, told
from papaya.workspace.spreadsheet.reading import Spreadsheet, read_spreadsheet
from papaya.workspace.spreadsheet.words import one_line

Ask = Callable[[str, str], str]
Shown = tuple[str, str, Sequence[str], str]
_SAMPLES = 3
_QUESTIONS = {
    "name": "Which column has the names of the devices?",
    "country": "Which column has the countries? (=TEXT: all devices are in this country)",
    "state": "Which column has the states or regions? (=TEXT: all devices are in this one)",
}
# What unattended runs take where a table says nothing.
_FALLBACKS = {"country": "Country", "state": "State"}


def read_tables(
    files: Sequence[Path], said: Sequence[str], sheet: str | None
) -> list[tuple[Spreadsheet, dict[str, Choice]]]:
    """Return the tables with what their columns probably are, and with what a person has said of them."""
    found = []
    for file in files:
        spreadsheet = read_spreadsheet(file, sheet)
        table = spreadsheet.table
        if not said and is_device(table.columns, table.rows):
            raise PapayaError(
                f"{file}:{table.header_line + 1}: this line is a device, not a header",
                remedy="write a line above it that names the columns, such as name,country,state",
            )
        choices = told(guess(table.columns, table.rows, table.decimal), said, table.columns)
        found.append((spreadsheet, choices))
    return found


def settled(
    spreadsheet: Spreadsheet, choices: Choices, ask: Ask | None, *, takes_guesses: bool
) -> dict[str, Choice]:
    """Return choices in which each device has a name, a Country and a State.

    `ask(question, default)` is answered with a column, or with `=` and a text. Without it, guesses are taken
    where `takes_guesses` says so; else what is unsure raises a `PapayaError`, which says what to write.
    """
    found = dict(choices)
    columns = spreadsheet.table.columns
    for field in NEEDED:
        choice = found[field]
        if choice.is_sure and choice.is_found:
            continue
        default = columns[choice.column] if choice.column is not None else ""
        default = default or (f"={_FALLBACKS[field]}" if field in _FALLBACKS else "")
        if takes_guesses and default:
            answer = default
        elif ask is not None and not takes_guesses:
            answer = ask(_QUESTIONS[field], default)
        else:
            raise _unsure(spreadsheet, field, choice, default)
        found[field] = choice_of(field, answer, columns)
    return found


def _unsure(spreadsheet: Spreadsheet, field: str, choice: Choice, default: str) -> PapayaError:
    note = f": {choice.note}" if choice.note else ""
    example = f"--map {field}={default}" if default and not choice.note else f"--map {field}=COLUMN"
    either = ", or --yes to take what was found" if default else ""
    first = "Correct the table, or name another column" if choice.note else "Say which"
    named = ", ".join(map(one_line, spreadsheet.table.columns))
    return PapayaError(
        f"{spreadsheet.path}: no column is surely the {field} of the devices{note}",
        remedy=f'{first}: "{example}"{either}. The columns are: {named}',
    )


def shown(spreadsheet: Spreadsheet, choices: Choices) -> list[Shown]:
    """Return for each field that was found its column or text, what the first rows have, and a note."""
    table = spreadsheet.table
    found: list[Shown] = []
    for choice in choices.values():
        if choice.column is not None:
            samples = [table.shown(row[choice.column], choice.column) for row in table.rows[:_SAMPLES]]
            found.append((choice.field, one_line(table.columns[choice.column]), samples, choice.note))
        elif choice.text is not None:
            found.append((choice.field, f'"{choice.text}" for all', [], choice.note))
        elif choice.note:
            found.append((choice.field, "not found", [], choice.note))
    return found
