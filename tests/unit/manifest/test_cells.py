"""What spreadsheets and people do to cells, and how it is told: by column and cause."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from papaya.engine.address import Address
from papaya.engine.scope import matches
from papaya.manifest.load import Loaded
from papaya.manifest.model import Fleet, Location

Valid = Callable[..., Fleet]
Faults = Callable[..., list[str]]

PLACES = "countries: [{name: C, states: [{name: S}]}]\n"
LOCATION = 'location: {latitude: "{{ lat | float }}", longitude: "{{ lon | float }}"}'


def each(fields: str, head: str = "") -> str:
    """Return the body of a manifest whose rows are in a.csv."""
    return PLACES + f"devicesFrom: {{csv: a.csv, {head}each: {{country: C, state: S, {fields}}}}}\n"


def headers(text: str, head: str = "") -> tuple[str, dict[str, str]]:
    """Return the body of a manifest whose headers are field paths, and its CSV text."""
    body = f"countries: [{{name: C, states: [{{name: S, devicesFrom: {{csv: a.csv{head}}}}}]}}]\n"
    return body, {"a.csv": text}


def test_numbers_that_are_none_are_one_fault_for_each_column(loaded: Callable[..., Loaded]) -> None:
    """With their number, an example and the way out, not one error for each cell."""
    rows = "".join(f'M{number},"11,5{number}","48,1{number}"\n' for number in range(500))
    result = loaded(each(f'name: "{{{{ n }}}}", {LOCATION}'), csv={"a.csv": f"n,lat,lon\n{rows}"})
    assert [(fault.summary, fault.places) for fault in result.diagnostics] == [
        ('lat: 500 cells such as "11,50" are not numbers', 500),
        ('lon: 500 cells such as "48,10" are not numbers', 500),
    ]
    assert {fault.remedy for fault in result.diagnostics} == {
        'decimal comma? Write `decimal: ","` beside `csv` in the manifest'
    }


def test_all_causes_are_told_at_once(faults: Faults) -> None:
    """Whoever mends one of them does not find the next one afterwards."""
    rows = "".join(f"M{number};8,60E+14;48,1;#N/A\n" for number in range(50))
    body = each(f'name: "{{{{ n }}}}", serial: "SN-{{{{ s }}}}", {LOCATION}')
    assert faults(body, csv={"a.csv": f"n;s;lat;lon\n{rows}"}) == [
        'a.csv:2:2: s: 50 cells such as "8,60E+14" are numbers that a spreadsheet has rounded',
        'a.csv:2:3: lat: 50 cells such as "48,1" are not numbers',
        'a.csv:2:4: lon: 50 cells such as "#N/A" are errors of a spreadsheet\'s formulas',
    ]


def test_a_cell_that_several_fields_read_counts_once(loaded: Callable[..., Loaded]) -> None:
    """Three fields of one row do not make three cells of it."""
    fields = 'attributes: {a: "{{ v | float }}", b: "{{ v | int }}", c: "{{ v | float + 1 }}"}'
    result = loaded(each(f'name: "{{{{ n }}}}", {fields}'), csv={"a.csv": "n,v\nA,x\nB,1\nC,y\n"})
    (fault,) = result.diagnostics
    assert (fault.summary, fault.places) == ('v: 2 cells such as "x" are not numbers', 2)
    (fault,) = loaded(each(f'name: "{{{{ n }}}}", {fields}'), csv={"a.csv": "n,v\nA,x\n"}).diagnostics
    assert fault.summary == 'v: "x" is not a number'
    assert "float(0)" in fault.remedy


def test_a_fault_is_told_at_the_column_it_comes_from(faults: Faults) -> None:
    """An expression over two columns: the second one has the bad cell."""
    body = each('name: "{{ n }}", attributes: {sum: "{{ (a | float) + (b | float) }}"}')
    assert faults(body, csv={"a.csv": "n,a,b\nA,1,nan\nB,x,2\n"}) == [
        'a.csv:2:3: b: "nan" is not a number',
        'a.csv:3:2: a: "x" is not a number',
    ]


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("12.97°", "write plain degrees"),
        ("12°58'N", "write plain degrees"),
        ("12.97 N", "write plain degrees"),
        ("−12.97", "the minus sign is U+2212 (MINUS SIGN)"),
        ('"12,97"', "decimal comma?"),
        ("nan", ""),
        ("1e999", ""),
        ("inf", ""),
    ],
)
@pytest.mark.parametrize("with_each", [True, False])
def test_a_bad_cell_is_one_fault(
    loaded: Callable[..., Loaded], cell: str, remedy: str, *, with_each: bool
) -> None:
    """And says how a number is written; the other half of the location is not called missing."""
    if with_each:
        body, csv = each(f'name: "{{{{ n }}}}", {LOCATION}'), {"a.csv": f"n,lat,lon\nD,{cell},1\n"}
    else:
        body, csv = headers(f"name,location.latitude,location.longitude\nD,{cell},1\n")
    (fault,) = loaded(body, csv=csv).diagnostics
    assert str(fault.mark) == "a.csv:2:2"
    assert fault.remedy.startswith(remedy)


def test_decimal_commas_are_read_where_the_source_says_so(fleet: Valid) -> None:
    """In expressions, in fields for numbers and in attributes; texts keep theirs."""
    rows = 'n,lat,lon,note\nD,"-11,5",48,"1,5"\n'
    fields = f'name: "{{{{ n }}}}", label: "{{{{ note }}}}", {LOCATION}'
    (device,) = fleet(each(fields, 'decimal: ",", '), csv={"a.csv": rows}).devices()
    assert (device.location, device.label) == (Location(-11.5, 48.0), "1,5")
    body, csv = headers(
        "name;label;location.latitude;location.longitude;attributes.a;attributes.v\nD;1,5;1,5;2;11,50;1.5\n",
        ', decimal: ","',
    )
    (device,) = fleet(body, csv=csv).devices()
    assert (device.location, device.label) == (Location(1.5, 2.0), "1,5")
    assert device.attributes == {"a": 11.5, "v": "1.5"}


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("8.60E+14", "is a number that a spreadsheet has rounded"),
        ('"8,60E+14"', "is a number that a spreadsheet has rounded"),
        ("#N/A", "is an error of a spreadsheet's formula"),
        ("#BEZUG!", "is an error of a spreadsheet's formula"),
        ("########", "is what a spreadsheet shows in a narrow column"),
    ],
)
@pytest.mark.parametrize("column", ["name", "serial"])
def test_damaged_names_and_serials_are_refused_by_column(
    faults: Faults, cell: str, fault: str, column: str
) -> None:
    """Alone: the row has no other fault because of that."""
    values = {"name": "D", "serial": "SN-1", column: cell}
    body, csv = headers(f"name,serial\n{values['name']},{values['serial']}\n")
    number = 1 if column == "name" else 2
    assert faults(body, csv=csv) == [f'a.csv:2:{number}: {column}: "{cell.strip(chr(34))}" {fault}']


def test_a_rounded_number_in_an_attribute_is_a_warning(warnings: Faults, faults: Faults) -> None:
    """An error of a formula is a fault wherever it is used."""
    body, csv = headers("name,attributes.imei\nD,8.60E+14\nE,8.61E+14\n")
    assert warnings(body, csv=csv) == [
        'a.csv:2:2: attributes.imei: 2 cells such as "8.60E+14" are numbers that a spreadsheet has rounded'
    ]
    body, csv = headers("name,attributes.imei\nD,#REF!\n")
    assert faults(body, csv=csv) == [
        'a.csv:2:2: attributes.imei: "#REF!" is an error of a spreadsheet\'s formula'
    ]


def test_what_spreadsheets_put_around_cells_is_cleaned(fleet: Valid) -> None:
    """Quotes that keep zeros, blanks of any kind, columns at the end without anything in them."""
    body, csv = headers('name,serial,label,,\n"=""00042""",SN-1\xa0,MG\xa0Road,,\n=“x”,SN-2\u3000 ,,,\n')
    first, second = fleet(body, csv=csv).devices()
    assert (first.name, first.serial, first.label) == ("00042", "SN-1", "MG Road")
    assert second.serial == "SN-2"


def test_a_column_without_a_name_that_holds_something_is_a_fault(faults: Faults) -> None:
    """Nobody knows what it says."""
    body, csv = headers("name,label,\nA,x,\nB,y,z\n")
    assert faults(body, csv=csv) == ["a.csv:1:3: a column has no name"]


def test_names_are_compared_in_one_normal_form(fleet: Valid) -> None:
    """In YAML, in CSV and between both."""
    body = (
        "countries: [{name: Co\u0302te, states: [{name: S}]}]\n"
        'devicesFrom: {csv: a.csv, each: {country: "{{ c }}", state: S, name: "{{ n }}"}}\n'
    )
    found = fleet(body, csv={"a.csv": "n,c\nZu\u0308rich,C\xf4te\n"})
    assert [(device.country, device.name) for device in found.devices()] == [("C\xf4te", "Z\xfcrich")]
    assert found.device("Zu\u0308rich") is found.device("Z\xfcrich") is not None
    address = Address("device", "Z\xfcrich")
    assert matches("Co\u0302te/S/Zu*", ("C\xf4te", "S", "Z\xfcrich"), address) is False
    assert matches("Co\u0302te/S/Zu\u0308*", ("C\xf4te", "S", "Z\xfcrich"), address)


@pytest.mark.parametrize(
    ("character", "told"),
    [
        ("\u200b", "U+200B (ZERO WIDTH SPACE)"),
        ("\u200d", "U+200D (ZERO WIDTH JOINER)"),
        ("\xad", "U+00AD (SOFT HYPHEN)"),
        ("\ufeff", "U+FEFF (ZERO WIDTH NO-BREAK SPACE)"),
        ("\u202e", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("\u2028", "U+2028 (LINE SEPARATOR)"),
        ("\u3164", "U+3164 (HANGUL FILLER)"),
    ],
)
@pytest.mark.parametrize("field", ["name", "serial", "label", "profile"])
def test_invisible_characters_are_refused_with_their_code_point(
    faults: Faults, character: str, told: str, field: str
) -> None:
    """In YAML and in CSV."""
    values = {"name": "D", "serial": "SN-1", "label": "x", "profile": "P"} | {field: f"A{character}B"}
    written = ", ".join(f'{key}: "{value}"' for key, value in values.items())
    expected = f"{field} holds the invisible character {told}"
    (found,) = faults(f"countries: [{{name: C, states: [{{name: S, devices: [{{{written}}}]}}]}}]\n")
    assert found.endswith(expected)
    body, csv = headers(f"{','.join(values)}\n{','.join(values.values())}\n")
    (found,) = faults(body, csv=csv)
    assert found.endswith(expected)


def test_vertical_tabs_and_their_like_are_refused(faults: Faults) -> None:
    """As `\\v` in a quoted text."""
    (found,) = faults('countries: [{name: "A\\vB"}]\n')
    assert found.endswith("name holds the invisible character U+000B (VERTICAL TAB)")


def test_joiners_stay_where_scripts_need_them(fleet: Valid) -> None:
    """In Malayalam, Kannada and Persian they change what is read."""
    assert fleet('countries: [{name: "കേ\u0d30\u0d4d\u200dളം"}]\n').countries[0].name.endswith("ളം")


def test_a_long_number_stays_text_and_is_not_called_a_number(loaded: Callable[..., Loaded]) -> None:
    """An ICCID has 20 digits: as text every server keeps it (4.0.1 any, 4.3.1.3 more than 64 bits)."""
    iccid = "89490200001234567890"
    body, csv = headers(f"name,attributes.iccid\nD,{iccid}\n")
    result = loaded(body, csv=csv)
    assert result.fleet is not None
    assert result.diagnostics == ()
    assert next(result.fleet.devices()).attributes == {"iccid": iccid}
    quoted = f'countries: [{{name: C, attributes: {{iccid: "{iccid}"}}}}]\n'
    assert loaded(quoted).diagnostics == ()
    (fault,) = loaded(quoted.replace('"', "")).diagnostics
    assert fault.remedy == f'quote it: "{iccid}"; as text, every server keeps it as it is'


def test_a_column_may_be_declared_to_be_text(fleet: Valid, faults: Faults) -> None:
    """Whatever its cells look like."""
    body, csv = headers("name,attributes.v\nD,15\n", ", text: [attributes.v]")
    assert next(fleet(body, csv=csv).devices()).attributes == {"v": "15"}
    body, csv = headers("name,attributes.v\nD,15\n", ", text: attributes.w")
    assert faults(body, csv=csv) == ['fleet.yaml:4:74: there is no column "attributes.w"']


@pytest.mark.parametrize("written", ["1.10", "12e5", "0x1F", "2.50"])
def test_a_number_that_is_stored_in_another_spelling_is_a_warning(warnings: Faults, written: str) -> None:
    """It may be a version or a code; a coordinate is none."""
    body = (
        f"countries: [{{name: C, location: {{latitude: 12.50, longitude: 1.0}}, "
        f"attributes: {{fw: {written}, gain: 1.0, b: [{{c: {written}}}]}}}}]\n"
    )
    found = warnings(body)
    assert len(found) == 2
    assert all(f": {written} is the number " in one for one in found)


def test_a_cell_that_an_open_quotation_mark_joined_with_a_secret_is_not_shown(
    loaded: Callable[..., Loaded],
) -> None:
    body = each('name: "{{ n }}", location: {latitude: "{{ lat }}", longitude: "{{ lon }}"}')
    result = loaded(body, csv={"a.csv": 'n,lat,lon,token\nD,"12,5,hunter2\nE,13,4,hunter3",1,x\n'})
    said = [f"{fault.summary} {fault.remedy} {fault.snippet}" for fault in result.diagnostics]
    assert any("lat: the cell is not a number" in one for one in said)
    assert not [one for one in said if "hunter" in one]


def test_no_cell_of_a_secret_column_is_ever_shown(loaded: Callable[..., Loaded]) -> None:
    """Whatever is wrong with it, and in whatever field it was used."""
    for field in (
        'attributes: {a: "{{ token | int }}"}',
        'location: {latitude: "{{ token }}", longitude: "1"}',
        'protect: "{{ token }}"',
    ):
        for secret in ("hunter2", "8.60E+14", "#N/A", "hunter2\xad"):
            result = loaded(
                each(f'name: "{{{{ n }}}}", {field}'), csv={"a.csv": f"n,token\nD,{secret}\nE,{secret}\n"}
            )
            said = [f"{fault.summary} {fault.remedy} {fault.snippet}" for fault in result.diagnostics]
            assert not [one for one in said if secret in one or "hunter2" in one]


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ('name: "A\\tB"', "name holds the invisible character U+0009 (TAB)"),
        ('name: "A\\nB"', "name holds the invisible character U+000A (LINE FEED)"),
        ('name: D, serial: "1\\t2x"', "serial holds the invisible character U+0009 (TAB)"),
        (
            'name: D, sensors: [{key: "t\\u200b"}]',
            "key holds the invisible character U+200B",
        ),
        ('name: D, sensors: [{key: t, name: "T\\u00ad"}]', "name holds the invisible character U+00AD"),
        (
            'name: D, sensors: [{key: t, unit: "m\\v"}]',
            "unit holds the invisible character U+000B",
        ),
    ],
)
def test_nothing_unseen_is_in_a_name(faults: Faults, written: str, fault: str) -> None:
    """Two sensors or devices that look the same would be two."""
    (found,) = faults(f"countries: [{{name: C, states: [{{name: S, devices: [{{{written}}}]}}]}}]\n")
    assert fault in found


def test_a_number_that_is_none_is_one_fault(faults: Faults) -> None:
    """Nothing else is said about its place, such as that it is too small."""
    body = "sensorSets: {s: [{key: t, every: .nan, source: {type: simulated, factor: 1e999}}]}\n"
    found = faults(body + PLACES)
    assert [fault.partition(": ")[2] for fault in found] == [
        "every must be a finite number, not .nan",
        "factor must be a finite number, not 1e999",
    ]
