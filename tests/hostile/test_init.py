"""`papaya init` with tables and settings of any kind: a manifest, or a fault that is told."""

from __future__ import annotations

import contextlib
import csv
import io
import random
import time
from pathlib import Path

import openpyxl
import pytest

from papaya.cli import main
from tests.hostile.test_files import PIECES, SECRET, mangled

# No table here takes so long, on a machine that is five times slower.
LONGEST = 60.0
COLUMNS = (
    "name", "Geräte-Nr.", "serial", "Seriennummer", "country", "Land", "state", "Bundesland", "latitude",
    "lat", "Längengrad", "longitude", "location", "type", "Typ", "label", "token", "accessToken", "password",
    "", " ", "name", "{{ name }}", "=1+1", "x" * 300, "\u202ename", "a\nb", "customer", "firmware", "#",
)  # fmt: skip
CELLS = (
    "PM-0001", "PM-0002", "Deutschland", "Bayern", "48,1", "11.6", "48.1, 11.6", "INDIA", "Karnataka", "",
    "0", "2026-11-29", "TRUE", SECRET, "\x1b[2J", "{{ self }}", "{% for %}", "@SUM(1)", "\ufffd", *PIECES,
)  # fmt: skip
SETTINGS = """[thingsboard]
url = https://admin:{secret}@tb.example.com/?token={secret}
username = operator@example.com
password = {secret}
[assets]
country_name = INDIA
state_name = Karnataka
device_name = PM-0001
device_token = {secret}
[location]
latitude = 12.97
longitude = 77.59
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder within a folder, so that what leaves it is seen."""
    made = tmp_path / "work"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


def rows_of(chance: random.Random) -> list[list[str]]:
    """Return a table with any names and any cells; rows have as many as they like."""
    names = chance.sample(COLUMNS, chance.randint(1, 8))
    count = chance.choice((0, 1, 3, 40))
    rows = [[chance.choice(CELLS) for _ in names] for _ in range(count)]
    for row in rows:
        if chance.random() < 0.1:
            row.extend(chance.choice(CELLS) for _ in range(3))
        elif chance.random() < 0.1:
            del row[1:]
    return [names, *rows]


def write_table(path: Path, rows: list[list[str]], chance: random.Random) -> None:
    """Write a table as CSV or as a workbook, damaged now and then."""
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in rows:
            with contextlib.suppress(openpyxl.utils.exceptions.IllegalCharacterError):
                sheet.append(row)
        book.save(path)
        data = bytearray(path.read_bytes())
        for _ in range(chance.choice((0, 0, 1, 9))):
            data[chance.randrange(len(data))] = chance.randrange(256)
    else:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=chance.choice(",;\t|")).writerows(rows)
        data = bytearray(mangled(text.getvalue() or ",", chance))
        if chance.random() < 0.5:
            data = bytearray(text.getvalue().encode("utf-8", "surrogatepass"))
    path.write_bytes(data)


def run(*arguments: str) -> tuple[int, str]:
    """Run a command; return its exit code, and what it said in time and without a traceback."""
    said, began = io.StringIO(), time.monotonic()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(list(arguments))
    text = said.getvalue()
    assert code in (0, 1, 2), (code, text)
    assert time.monotonic() - began < LONGEST
    assert "Traceback" not in text
    assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(text), "a terminal would obey"
    return code, text


def expect_started(folder: Path, seed: int) -> None:
    """Start a manifest of a table, which is valid where init says so."""
    chance = random.Random(seed)
    table = folder / chance.choice(("rows.csv", "rows.csv", "rows.xlsx"))
    write_table(table, rows_of(chance), chance)
    before = set(folder.parent.rglob("*"))
    code, _ = run("init", "--from-csv", table.name, "--yes", "--url", "http://tb.example.com")
    made = set(folder.parent.rglob("*")) - before
    assert made <= {folder / "fleet.yaml"}
    if code == 0:
        assert run("validate")[0] == 0
        run("render")


@pytest.mark.parametrize("seed", range(12))
def test_a_manifest_is_started_of_any_table_or_the_table_is_refused(folder: Path, seed: int) -> None:
    expect_started(folder, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 700))
def test_manifests_are_started_of_hundreds_of_tables_or_they_are_refused(folder: Path, seed: int) -> None:
    expect_started(folder, seed)


def expect_no_secret(folder: Path, seed: int) -> None:
    """Start a manifest of mangled settings, and find the secret nowhere."""
    chance = random.Random(seed)
    data = (
        mangled(SETTINGS.format(secret=SECRET), chance) if seed else SETTINGS.format(secret=SECRET).encode()
    )
    Path("config.properties").write_bytes(data)
    _, said = run("init", "--from-config", "config.properties")
    assert SECRET not in said
    for path in folder.iterdir():
        if path.name != "config.properties":
            assert SECRET not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", range(10))
def test_settings_of_any_kind_bring_no_secret_into_a_manifest(folder: Path, seed: int) -> None:
    expect_no_secret(folder, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 700))
def test_hundreds_of_settings_bring_no_secret_into_a_manifest(folder: Path, seed: int) -> None:
    expect_no_secret(folder, seed)
