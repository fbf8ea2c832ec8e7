"""Tables as people have them: sheets of Excel, encodings of other years, and both with other damage."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from papaya.manifest.model import Location
from papaya.observer import Observer
from papaya.workspace.fleet import load_fleet, read_fleet

HEAD = "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: test}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_manifest(source: str) -> None:
    """Write a manifest whose devices come from a source with headers that are field paths."""
    Path("fleet.yaml").write_text(
        HEAD + f"countries: [{{name: C, states: [{{name: S, devicesFrom: {{{source}}}}}]}}]\n",
        encoding="utf-8",
    )


def write_sheet(rows: Sequence[Sequence[Any]], *others: str, title: str = "Meters") -> openpyxl.Workbook:
    """Write a workbook, and return it for what else is to be done to it."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for other in others:
        book.create_sheet(other)
    book.save("a.xlsx")
    return book


def faults() -> list[str]:
    """Return what is wrong with the manifest of the working folder, and what to do."""
    loaded = read_fleet()
    return [f"{fault.mark}: {fault.summary} | {fault.remedy}" for fault in loaded.diagnostics]


def test_a_sheet_is_read_as_a_person_sees_it(folder: Path) -> None:
    """Numbers, texts, dates, truth values, and zeros that a format shows."""
    columns = ["name", "serial", "location.latitude", "location.longitude", "protect", "attributes.since"]
    book = write_sheet([columns, [42, "SN-0", 11.5, 48, True, datetime(2024, 5, 1)], [], ["E", "SN-1"]])
    book.active.cell(2, 1).number_format = "00000"
    book.save("a.xlsx")
    write_manifest("csv: a.xlsx")
    first, second = load_fleet().devices()
    assert (first.name, first.location, first.protect) == ("00042", Location(11.5, 48.0), True)
    assert first.attributes == {"since": "2024-05-01"}
    assert (second.name, str(second.mark)) == ("E", "a.xlsx:4")


@pytest.mark.parametrize("latitude", [11.5, "11,5"])
def test_a_sheet_with_decimal_commas_has_numbers_and_texts(folder: Path, latitude: object) -> None:
    """Whichever the cell is."""
    write_sheet(
        [["name", "location.latitude", "location.longitude", "attributes.a"], ["D", latitude, 48, 2.5]]
    )
    write_manifest('csv: a.xlsx, decimal: ","')
    (device,) = load_fleet().devices()
    assert (device.location, device.attributes) == (Location(11.5, 48.0), {"a": 2.5})


def test_numbers_that_excel_has_rounded_are_told(folder: Path) -> None:
    """A serial of 20 digits has lost five of them."""
    write_sheet([["name", "serial"], ["D", 89490200001234567890]])
    write_manifest("csv: a.xlsx")
    (fault,) = faults()
    assert fault.startswith('a.xlsx:2:2: serial: "8.94902E+19" is a number that a spreadsheet has rounded')


def test_of_several_sheets_one_is_named(folder: Path) -> None:
    """And the others are listed."""
    write_sheet([["name"], ["D"]], "Notes")
    write_manifest("csv: a.xlsx")
    assert "the workbook has several sheets: Meters, Notes | name one: `sheet: NAME`" in faults()[0]
    write_manifest("csv: a.xlsx, sheet: Metres")
    assert 'there is no sheet "Metres" | its sheets are: Meters, Notes' in faults()[0]
    write_manifest("csv: a.xlsx, sheet: Meters")
    assert [device.name for device in load_fleet().devices()] == ["D"]


def bomb() -> bytes:
    """Return a workbook of a megabyte that has three hundred when it is unpacked."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (300 * 1024 * 1024))
    return data.getvalue()


def test_a_workbook_that_is_none_is_told(folder: Path) -> None:
    """Old, encrypted, damaged, or made to fill the memory."""
    write_manifest("csv: a.xlsx")
    assert "there is no such file or folder" in faults()[0]
    for data, told in (
        (b"", "this is no .xlsx file"),
        (b"name\nD\n", "this is no .xlsx file"),
        (b"PK\x03\x04broken", "this is no .xlsx file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old or an encrypted Excel file"),
        (bomb(), "more than 256 MiB when it is unpacked"),
    ):
        Path("a.xlsx").write_bytes(data)
        (fault,) = faults()
        assert told in fault
    write_sheet([["name"], ["D"]])
    damaged = bytearray(Path("a.xlsx").read_bytes())
    damaged[200:260] = b"x" * 60
    Path("a.xlsx").write_bytes(damaged)
    assert len(faults()) == 1
    Path("a.xlsx").unlink()
    os.mkfifo("a.xlsx")
    assert "it is a named pipe (FIFO), not a file" in faults()[0]
    write_manifest("csv: a.ods")
    assert "papaya reads CSV and .xlsx, not .ods" in faults()[0]


def test_without_the_extra_the_package_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the way without it."""
    import sys

    write_sheet([["name"], ["D"]])
    write_manifest("csv: a.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (fault,) = faults()
    assert "pip install 'papayameter[excel]', or save the sheet as CSV UTF-8" in fault


def test_another_encoding_is_offered_and_read_where_it_is_declared(folder: Path) -> None:
    """Excel's default in Western Europe is none that anybody has chosen."""
    Path("a.csv").write_bytes("name;label\nD;Länge 5 €\n".encode("cp1252"))
    write_manifest("csv: a.csv")
    (fault,) = faults()
    assert "a.csv: byte 15 of the file is no UTF-8 text (line 2)" in fault
    assert "it reads as cp1252: write `encoding: cp1252`" in fault
    write_manifest("csv: a.csv, encoding: cp1252")
    (device,) = load_fleet().devices()
    assert device.label == "Länge 5 €"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1250", "shift_jis", "utf-8-sig"])
def test_any_encoding_may_be_declared(folder: Path, encoding: str) -> None:
    """With its byte-order mark or without."""
    label = "度" if encoding == "shift_jis" else "Ő"
    Path("a.csv").write_bytes(f"name,label\nD,{label}\n".encode(encoding))
    write_manifest(f"csv: a.csv, encoding: {encoding}")
    (device,) = load_fleet().devices()
    assert device.label == label


@pytest.mark.parametrize("encoding", ["rot13", "zip", "nonsense", "cp1252 ", "../x"])
def test_an_unknown_encoding_is_told(folder: Path, encoding: str) -> None:
    """As one fault."""
    Path("a.csv").write_text("name\nD\n")
    write_manifest(f'csv: a.csv, encoding: "{encoding}"')
    assert len(faults()) == (0 if encoding == "cp1252 " else 1)


def test_a_merge_conflict_is_found_in_any_encoding(folder: Path) -> None:
    """Before anything else is said."""
    Path("a.csv").write_bytes("name\n<<<<<<< HEAD\nÄ\n=======\nÖ\n>>>>>>> b\n".encode("cp1252"))
    write_manifest("csv: a.csv, encoding: cp1252")
    assert [fault for fault in faults() if "unresolved merge conflict" in fault] == faults()
    assert len(faults()) == 1


def test_a_file_is_found_in_another_normal_form(folder: Path) -> None:
    """macOS and editors write names differently."""
    Path("Za\u0308hler.csv").write_text("name\nD\n")
    write_manifest("csv: Z\xe4hler.csv")
    assert [device.name for device in load_fleet().devices()] == ["D"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("declared", ["", ", encoding: cp1252"])
def test_a_merge_conflict_is_the_one_fault_in_any_encoding(
    folder: Path, encoding: str, declared: str
) -> None:
    """Whoever mends the encoding first would find the conflict afterwards."""
    write_manifest(f"csv: d.csv{declared}")
    text = "name;label\nA;Straße\n<<<<<<< HEAD\nB;x\n=======\nB;ü\n>>>>>>> other\n"
    Path("d.csv").write_bytes(text.encode(encoding))
    (fault,) = faults()
    assert "d.csv: unresolved merge conflict (line 3)" in fault


@pytest.mark.parametrize(
    ("start", "fault"),
    [
        (b"PK\x03\x04\0\0", "d.csv: this is an Excel workbook, not text | name it *.xlsx"),
        (b"\xd0\xcf\x11\xe0\0", "d.csv: this is an old Excel workbook, not text | save it as .xlsx"),
    ],
)
def test_a_workbook_that_is_called_csv_is_told_as_one(folder: Path, start: bytes, fault: str) -> None:
    """With what to call it."""
    write_manifest("csv: d.csv")
    Path("d.csv").write_bytes(start)
    (found,) = faults()
    assert fault in found


class Told(Observer):
    """Keeps what it hears of steps."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def began(self, step: str, total: int | None) -> None:
        """Hear that a step begins."""
        self.heard.append(step)

    def progressed(self, step: str, done: int, total: int | None) -> None:
        """Hear how many rows of how many are done."""
        self.heard.append((done, total))

    def ended(self, step: str) -> None:
        """Hear that a step is over."""
        self.heard.append(f"{step} ended")


def test_an_observer_hears_how_many_rows_of_large_tables_are_done(tmp_path: Path) -> None:
    head = (
        "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: f}\ndevicesFrom: [{csv: a.csv}, {csv: b.csv}]\n"
    )
    places = "countries: [{name: INDIA, states: [{name: Goa}]}]\n"
    (tmp_path / "fleet.yaml").write_text(head + places)
    for name in "ab":
        rows = "".join(f"{name}-{number},INDIA,Goa\n" for number in range(1_500))
        (tmp_path / f"{name}.csv").write_text(f"name,country,state\n{rows}")
    told = Told()
    fleet = load_fleet([tmp_path], observer=told)
    assert sum(1 for _ in fleet.devices()) == 3_000
    assert told.heard == ["loading", (1_000, 3_000), (2_000, 3_000), (3_000, 3_000), "loading ended"]


def test_a_table_beside_the_folder_is_named_by_its_short_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless a link leads elsewhere: then the short path is another file."""
    monkeypatch.chdir(tmp_path)
    text = (
        "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: f}\n"
        "countries: [{name: C, states: [{name: S}]}]\n"
        "devicesFrom: {csv: ../m.csv, each: {country: C, state: S, name: '{{ n }}'}}\n"
    )
    for folder in ("city", "far/city"):
        Path(folder).mkdir(parents=True)
        Path(folder, "fleet.yaml").write_text(text, encoding="utf-8")
    Path("m.csv").write_text("n\n", encoding="utf-8")
    Path("far/m.csv").write_text("n\n", encoding="utf-8")
    Path("link").symlink_to("far/city")
    assert [one.mark.file for one in read_fleet(["city"]).diagnostics] == ["m.csv"]
    assert [one.mark.file for one in read_fleet(["link"]).diagnostics] == ["link/../m.csv"]
