"""`papaya init --from-csv`: from somebody's export to a manifest that validates at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.manifest.model import Fleet, Location
from papaya.settings.token_store import StoredTokens, TokenStore
from papaya.workspace.fleet import load_fleet

GERMAN = ("Geräte-Nr.", "Seriennummer", "Land", "Bundesland", "Straße", "Haus-Nr.", "Typ", "Breitengrad",
          "Längengrad")  # fmt: skip
STATES = {"Bayern": (48.1, 11.6), "Berlin": (52.5, 13.4), "Thüringen": (50.9, 11.0)}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of its own."""
    made = tmp_path / "city-meters"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


def write(
    name: str,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> None:
    """Write a table as spreadsheets do."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(rows)
    Path(name).write_bytes(text.getvalue().encode(encoding))


def german(count: int) -> list[list[object]]:
    """Return rows of a German export: decimal commas, serial numbers of digits alone."""
    rows: list[list[object]] = []
    for number in range(count):
        state, (latitude, longitude) = list(STATES.items())[number % 3]
        degrees = (f"{one + (number % 10) / 100:.4f}".replace(".", ",") for one in (latitude, longitude))
        rows.append([
            f"PSA-{number:05}", 700_000 + number, "Deutschland", state, "Hauptstraße", number,
            "Typ A 200" if number % 2 else "Typ B", *degrees,
        ])  # fmt: skip
    return rows


def fleet(capsys: pytest.CaptureFixture[str], *arguments: str) -> Fleet:
    """Return the fleet that init writes, unattended and without a fault or a warning of its manifest."""
    assert main(["init", "--from-csv", *arguments]) == 0, capsys.readouterr().err
    captured = capsys.readouterr()
    assert captured.err == ""
    return load_fleet()


def test_a_german_export_in_cp1252_with_decimal_commas_needs_no_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("geraete.csv", GERMAN, german(2500), delimiter=";", encoding="cp1252")
    assert main(["init", "--from-csv", "geraete.csv"]) == 0
    told = capsys.readouterr().out
    assert "geraete.csv: 2,500 rows (cp1252, decimal comma)" in told
    assert all(len(line) <= 80 for line in told.splitlines())
    assert "name       Geräte-Nr.    PSA-00000    PSA-00001    PSA-00002" in told
    made = load_fleet()
    assert made.name == "city-meters"
    devices = {device.name: device for device in made.devices()}
    assert len(devices) == 2500
    device = devices["PSA-00001"]
    assert (device.state, device.serial, device.label) == ("Berlin", "SN-700001", "Hauptstraße")
    assert (device.model, device.location) == ("Typ-A-200", Location(52.51, 13.41))
    (country,) = made.countries
    assert country.name == "Deutschland" and country.location is not None
    assert {state.name for state in country.states} == set(STATES)
    berlin = next(state for state in country.states if state.name == "Berlin")
    assert berlin.location is not None and abs(berlin.location.latitude - 52.545) < 0.01
    text = Path("fleet.yaml").read_text(encoding="utf-8")
    assert "minRows: 2250" in text and "row['Haus-Nr.']" in text


@pytest.mark.parametrize(
    "header",
    [
        "device name,country,state,lat,lng",
        "Nom,Pays,Région,Latitude,Longitude",
        "Nombre,País,Provincia,Latitud,Longitud",
        "Nome,Paese,Regione,Latitudine,Longitudine",
        "Naam,Land,Provincie,Breedtegraad,Lengtegraad",
        "Meter ID,Country,City,GPS",
    ],
)
def test_columns_are_found_in_several_languages(header: str, capsys: pytest.CaptureFixture[str]) -> None:
    columns = header.split(",")
    position = ("15.49, 73.82",) if len(columns) == 4 else ("15.49", "73.82")
    write("table.csv", columns, [("M-1", "INDIA", "Goa", *position)])
    (device,) = fleet(capsys, "table.csv").devices()
    assert (device.name, device.country, device.state) == ("M-1", "INDIA", "Goa")
    assert device.location == Location(15.49, 73.82)


def test_what_is_unsure_is_refused_unattended_and_said_with_map(capsys: pytest.CaptureFixture[str]) -> None:
    write("table.csv", ("Code", "Where", "Region"), [("M-1", "x", "Goa"), ("M-2", "x", "Kerala")])
    assert main(["init", "--from-csv", "table.csv"]) == 1
    told = capsys.readouterr().err
    assert "no column is surely the name of the devices" in told
    assert '"--map name=Code", or --yes' in told
    assert not Path("fleet.yaml").exists()
    made = fleet(capsys, "table.csv", "--map", "name=code", "--map", "country==INDIA")
    assert [(device.name, device.country, device.state) for device in made.devices()] == [
        ("M-1", "INDIA", "Goa"),
        ("M-2", "INDIA", "Kerala"),
    ]


def test_yes_takes_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    write("table.csv", ("Code", "Region"), [("M-1", "Goa"), ("M-2", "Kerala")])
    made = fleet(capsys, "table.csv", "--yes")
    assert [(device.name, device.country) for device in made.devices()] == [
        ("M-1", "Country"),
        ("M-2", "Country"),
    ]


def test_names_that_are_there_twice_are_no_names(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("Meter", "S-1", "INDIA", "Goa"), ("Meter", "S-2", "INDIA", "Goa")]
    write("table.csv", ("Name", "Code", "Country", "State"), rows)
    assert main(["init", "--from-csv", "table.csv"]) == 1
    told = capsys.readouterr().err
    assert "1 name is there twice" in told
    made = fleet(capsys, "table.csv", "--map", "name=Code")
    assert [device.name for device in made.devices()] == ["S-1", "S-2"]


def test_an_unknown_column_or_field_is_told_with_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    write("table.csv", ("Name", "Country", "State"), [("M-1", "INDIA", "Goa")])
    assert main(["init", "--from-csv", "table.csv", "--map", "name=Nme"]) == 1
    assert 'there is no column "Nme"' in (told := capsys.readouterr().err) and '"Name"' in told
    assert main(["init", "--from-csv", "table.csv", "--map", "colour=Name"]) == 1
    assert "the fields are: name, country" in capsys.readouterr().err


def test_spellings_of_one_place_are_one_place(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("M-1", "INDIA", "Goa"), ("M-2", "India", "GOA"), ("M-3", "INDIA", "Goa"), ("M-4", "INDIA", "")]
    write("table.csv", ("Name", "Country", "State"), rows)
    made = fleet(capsys, "table.csv")
    (country,) = made.countries
    assert country.aliases == ("India",)
    assert {state.name: len(state.devices) for state in country.states} == {"Goa": 3, "Unknown": 1}


def test_a_state_of_two_countries_is_two_places(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("M-1", "INDIA", "North"), ("M-2", "NEPAL", "North")]
    write("table.csv", ("Name", "Country", "State"), rows)
    assert {(device.name, device.country) for device in fleet(capsys, "table.csv").devices()} == {
        ("M-1", "INDIA"),
        ("M-2", "NEPAL"),
    }


def test_several_tables_are_one_fleet(capsys: pytest.CaptureFixture[str]) -> None:
    write("one.csv", ("Name", "Country", "State"), [("M-1", "INDIA", "Goa")])
    write("two.csv", GERMAN, german(3), delimiter=";", encoding="cp1252")
    made = fleet(capsys, "one.csv", "two.csv")
    assert {device.name for device in made.devices()} == {"M-1", "PSA-00000", "PSA-00001", "PSA-00002"}


def test_no_cell_of_a_column_of_secrets_is_shown_or_taken(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("M-1", "INDIA", "Goa", "hunter2"), ("M-2", "INDIA", "Goa", "hunter3")]
    write("table.csv", ("Name", "Country", "State", "access token"), rows)
    main(["init", "--from-csv", "table.csv"])
    captured = capsys.readouterr()
    assert "hunter" not in captured.out + captured.err
    assert "hunter" not in Path("fleet.yaml").read_text(encoding="utf-8")


def test_an_excel_workbook_is_read_with_its_own_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Geräte-Nr.", "Land", "Ort", "Latitude", "Longitude", "Model", "Haus-Nr."])
    book.active.append(["M-1", "INDIA", "Goa", 15.49, 73.82, "mk1", 12])
    book.save("table.xlsx")
    (device,) = fleet(capsys, "table.xlsx").devices()
    assert (device.name, device.state) == ("M-1", "Goa")
    assert (device.location, device.model) == (Location(15.49, 73.82), "mk1")
    assert "row['Haus-Nr.']" in Path("fleet.yaml").read_text(encoding="utf-8")


def test_numbers_that_a_workbook_has_as_text_keep_their_decimal_comma(
    capsys: pytest.CaptureFixture[str],
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Geräte-Nr.", "Land", "Ort", "Breite", "Länge"])
    book.active.append(["M-1", "INDIA", "Goa", "15,49", "73,82"])
    book.active.append(["M-2", "INDIA", "Goa", "15,5", 73.25])
    book.active.append(["M-3", "INDIA", "Goa", 15.25, 73.5])
    book.save("table.xlsx")
    devices = list(fleet(capsys, "table.xlsx").devices())
    assert [device.location for device in devices] == [
        Location(15.49, 73.82), Location(15.5, 73.25), Location(15.25, 73.5),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "Name,Country,State\n", "Name,,State\nA,B,C\n"])
def test_a_table_without_devices_or_header_is_told(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("table.csv").write_text(text, encoding="utf-8")
    assert main(["init", "--from-csv", "table.csv", "--yes"]) == 1
    assert "table.csv" in capsys.readouterr().err
    assert not Path("fleet.yaml").exists()


def test_the_manifest_names_the_server_that_is_configured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPAYA_URL", "https://tb.example.com/")
    write("table.csv", ("Name", "Country", "State"), [("M-1", "INDIA", "Goa")])
    assert fleet(capsys, "table.csv").server.url == "https://tb.example.com"


def test_the_manifest_names_the_one_server_that_a_person_is_signed_in_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("meters.csv", ["name", "country", "state"], [["A", "INDIA", "Goa"]])
    TokenStore().keep("https://tb.example.com", StoredTokens("me@example.com", "token"))
    assert fleet(capsys, "meters.csv").server.url == "https://tb.example.com"
    TokenStore().keep("https://other.example.com", StoredTokens("me@example.com", "token"))
    assert fleet(capsys, "meters.csv", "--force").server.url == "http://127.0.0.1:8080"


def test_the_manifest_may_stand_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    write("table.csv", ("Name", "Country", "State"), [("M-1", "INDIA", "Goa")])
    assert main(["init", "--from-csv", "table.csv", "-o", "deep/fleet.yaml"]) == 0
    assert [device.name for device in load_fleet(["deep"]).devices()] == ["M-1"]
    assert load_fleet(["deep"]).name == "deep"


def test_rows_name_places_where_they_are_many(capsys: pytest.CaptureFixture[str]) -> None:
    header = ("Name", "Country", "State", "Lat", "Lon")
    rows = [(f"M-{number}", "INDIA", f"District {number % 70}", 15, 74 + number % 2) for number in range(280)]
    rows += [("N-1", "India", "district 1", 15, 74), ("N-2", "NEPAL", "District 2", 28, 84)]
    write("table.csv", header, rows)
    made = fleet(capsys, "table.csv")
    text = Path("fleet.yaml").read_text(encoding="utf-8")
    assert "places: fromRows" in text and "District 3" not in text
    india, nepal = made.countries
    assert (india.name, india.aliases, len(india.states)) == ("INDIA", ("India",), 70)
    assert {len(state.devices) for state in india.states} == {4, 5}
    assert {state.name: state.location for state in india.states}["District 3"] == Location(15.0, 75.0)
    assert [state.asset_name for state in nepal.states] == ["District 2 (NEPAL)"]
    assert nepal.location == Location(28.0, 84.0)


def test_a_second_header_is_refused_before_it_becomes_a_device(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", ["Name", "Land", "Region"], [["Device", "Country", "State"], ["A-1", "DE", "BY"]])
    assert main(["init", "--from-csv", "a.csv"]) == 1
    told = capsys.readouterr().err
    assert "a.csv:2: this row looks like a second header" in told
    assert "remove one of the two header lines" in told
    assert not Path("fleet.yaml").exists()


def test_devices_named_like_a_field_are_no_header(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", ["Name", "Land", "Region"], [["Device", "DE", "BY"], ["A-1", "DE", "BY"]])
    assert {device.name for device in fleet(capsys, "a.csv").devices()} == {"Device", "A-1"}


def test_a_table_whose_rows_all_lack_cells_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.csv").write_text("Name,Land,Region\nA-1,DE\n", encoding="utf-8")
    assert main(["init", "--from-csv", "a.csv"]) == 1
    assert "the row has 2 cells, the header has 3" in capsys.readouterr().err


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028", "\x85"])
def test_headers_with_line_breaks_are_read(line_break: str, capsys: pytest.CaptureFixture[str]) -> None:
    header = [f"{one}{line_break}(export)" for one in ("Serial", "House no.", 'It\'s a "note"')]
    rows = [("M-1", "INDIA", "Goa", 12, 7, "x"), ("M-2", "INDIA", "Goa", 13, 8, "y")]
    write("table.csv", ("Name", "Country", "State", *header), rows)
    made = fleet(capsys, "table.csv", "--map", f"serial={header[0]}")
    assert [device.serial for device in made.devices()] == ["SN-12", "SN-13"]
    # The attributes that a comment proposes work as they are written.
    text = Path("fleet.yaml").read_text(encoding="utf-8")
    Path("fleet.yaml").write_text(text.replace("# attributes:", "attributes:"), encoding="utf-8")
    assert [list(device.attributes.values()) for device in load_fleet().devices()] == [["7", "x"], ["8", "y"]]


@pytest.mark.parametrize("name", ["Name", "Meter name (new)"])
def test_a_row_without_a_name_does_not_make_another_column_the_name(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        ("2026-01-01", "M-1", "DE", "BY"),
        ("2026-01-02", "", "DE", "BY"),
        ("2026-01-03", "M-3", "DE", "BY"),
    ]
    write("table.csv", ("Installed", name, "Country", "State"), rows)
    assert main(["init", "--from-csv", "table.csv"]) == 1
    told = capsys.readouterr().err
    assert f"{name}: 1 cell is empty (row 2)" in told and "Correct the table" in told
    assert not Path("fleet.yaml").exists()
    assert main(["init", "--from-csv", "table.csv", "--yes"]) == 1
    assert "table.csv:3" in capsys.readouterr().err


def test_a_date_is_never_taken_for_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "table.csv", ("Installed", "Code", "State"), [("01.02.2026", "x1", "BY"), ("02.02.2026", "y", "BY")]
    )
    assert [device.name for device in fleet(capsys, "table.csv", "--yes").devices()] == ["x1", "y"]


@pytest.mark.parametrize("bad", ["", "n/a", "91"])
def test_a_bad_coordinate_of_a_small_table_is_told(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("M-1", "DE", "BY", "48.1", "11.5"), ("M-2", "DE", "BY", "48.2" if bad else "", bad or "")]
    rows.append(("M-3", "DE", "BY", "48.3", "11.7"))
    write("table.csv", ("Name", "Country", "State", "Longitude", "Latitude"), rows)
    status = main(["init", "--from-csv", "table.csv"])
    captured = capsys.readouterr()
    assert "location:" in Path("fleet.yaml").read_text(encoding="utf-8")
    assert status == (1 if bad else 0)
    assert ("table.csv:3" in captured.err) is bool(bad)


def test_coordinates_that_are_left_out_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("M-1", "DE", "BY", "48.1", "east"), ("M-2", "DE", "BY", "48.2", "west")]
    write("table.csv", ("Name", "Country", "State", "Latitude", "Longitude"), rows)
    assert main(["init", "--from-csv", "table.csv"]) == 0
    assert "longitude: Longitude: 2 cells are not degrees (rows 1, 2)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "PM-1,INDIA,Goa,15.49,73.82\nPM-2,INDIA,Goa,15.5,73.9\n",
        "PM-1,INDIA,Goa\nPM-2,INDIA,Kerala\n",
        "PM-1;2026-01-01\nXX-2;2026-01-02\n",
        'PM-1;"15.49, 73.82"\nXX;"15.5, 73.9"\n',
    ],
)
def test_a_table_without_a_header_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its first device would be the header."""
    Path("table.csv").write_text(text, encoding="utf-8")
    assert main(["init", "--from-csv", "table.csv", "--yes"]) == 1
    told = capsys.readouterr().err
    assert "table.csv:1: this line is a device, not a header" in told
    assert "write a line above it" in told
    assert not Path("fleet.yaml").exists()
