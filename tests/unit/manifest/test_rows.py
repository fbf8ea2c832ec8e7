"""Devices from CSV files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from papaya.manifest.model import Fleet, Location, MissingCells
from papaya.manifest.table import detect_delimiter
from tests.unit.manifest.conftest import Load

Valid = Callable[..., Fleet]
Faults = Callable[..., list[str]]

PLACES = "countries: [{name: C, aliases: [CC], states: [{name: S, aliases: [SS]}, {name: T}]}]\n"


def each(fields: str, head: str = "") -> str:
    """Return the body of a manifest whose rows are in a.csv."""
    return PLACES + f"devicesFrom: {{csv: a.csv, {head}each: {{country: C, state: S, {fields}}}}}\n"


def headers(text: str) -> tuple[str, dict[str, str]]:
    """Return the body of a manifest whose headers are field paths, and its CSV text."""
    return "countries: [{name: C, states: [{name: S, devicesFrom: {csv: a.csv}}]}]\n", {"a.csv": text}


def test_values_of_one_expression_keep_their_type(fleet: Valid) -> None:
    """All others are text."""
    body = each(
        'name: "{{ n }}", attributes: {i: "{{ b | int }}", t: "v{{ b }}", s: "{{ b }}", l: "{{ [b, 1] }}"}'
    )
    (device,) = fleet(body, csv={"a.csv": "n,b\nD,2\n"}).devices()
    assert device.attributes == {"i": 2, "t": "v2", "s": "2", "l": ["2", 1]}


def test_an_empty_cell_is_an_absent_field(fleet: Valid) -> None:
    """Unless the expression itself says what then."""
    body = each(
        """name: "{{ n }}", label: "{{ x }}", serial: "SN-{{ x }}",
        model: "{{ 'm' if x.startswith('1') else 'n' }}",
        description: "{{ x or 'none' }}", customer: "{{ x | default('c') }}",
        attributes: {a: "{{ x | int }}", b: "{{ x == '' }}", c: "{{ 1 if x else 2 }}"}"""
    )
    (device,) = fleet("models: {m: {}, n: {}}\n" + body, csv={"a.csv": "n,x\nD,\n"}).devices()
    assert (device.label, device.serial, device.model) == (None, None, None)
    assert (device.description, device.customer) == ("none", "c")
    assert device.attributes == {"b": True, "c": 2}


def test_rows_without_coordinates_are_noted_and_loaded(fleet: Valid) -> None:
    """The location stays unmanaged, and the plan says so."""
    body = each('name: "{{ n }}", location: {latitude: "{{ lat | float }}", longitude: "{{ lon | float }}"}')
    found = fleet(body, csv={"a.csv": "n,lat,lon\nA,1.5,2\nB,,\nD,,\n"})
    assert [device.location for device in found.devices()] == [Location(1.5, 2.0), None, None]
    assert found.missing_cells == (MissingCells("a.csv", ("lat", "lon"), "location", 2, 3),)


def test_half_a_location_is_a_fault(faults: Faults) -> None:
    """One coordinate is no place."""
    body = each('name: "{{ n }}", location: {latitude: "{{ lat | float }}", longitude: "{{ lon | float }}"}')
    assert faults(body, csv={"a.csv": "n,lat,lon\nA,1.5,\n"}) == ['a.csv:2:2: location has no "longitude"']


def test_plain_placeholders_of_number_fields_are_numbers(fleet: Valid) -> None:
    """Where nothing but a number may stand, nobody has to say so."""
    body = each(
        'name: "{{ n }}", protect: "{{ p }}", location: {latitude: "{{ lat }}", longitude: "{{ lat }}"}'
    )
    (device,) = fleet(body, csv={"a.csv": "n,lat,p\nA,1.5,true\n"}).devices()
    assert (device.location, device.protect) == (Location(1.5, 1.5), True)


def test_rows_stand_where_they_say(fleet: Valid) -> None:
    """By name or alias; the Country may be left out where the State says enough."""
    body = PLACES + (
        'devicesFrom: [{csv: a.csv, each: {country: "{{ c }}", state: "{{ s }}", name: "{{ n }}"}},\n'
        '  {csv: b.csv, each: {state: T, name: "{{ n }}"}}]\n'
    )
    found = fleet(body, csv={"a.csv": "n,c,s\nA,CC,SS\nB,C,T\n", "b.csv": "n\nX\n"})
    assert [(device.name, device.state) for device in found.devices()] == [("A", "S"), ("B", "T"), ("X", "T")]


def test_an_unknown_place_is_a_fault_once_with_its_number(faults: Faults) -> None:
    """Never created, and not told a thousand times."""
    body = PLACES + 'devicesFrom: {csv: a.csv, each: {country: C, state: "{{ s }}", name: "{{ n }}"}}\n'
    assert faults(body, csv={"a.csv": "n,s\nA,Karnatak\nB,Karnatak\nD,Bayern\n"}) == [
        "a.csv:2:2: there is no State in C named Karnatak (and 1 more like it)",
        "a.csv:4:2: there is no State in C named Bayern",
    ]


def test_headers_are_field_paths_without_each(fleet: Valid) -> None:
    """Cells are numbers only where they are written like one."""
    body, csv = headers(
        "name,label,location.latitude,location.longitude,attributes.bays,attributes.fw,attributes.a.b,"
        "sharedAttributes.on,protect,sensors,credentials.accessToken.env,tunnel.remotePort\n"
        'D,"MG Road, 1",1.5,2,4,1.10,x,true,true,s t,TOKEN,22000\n'
        "E,,,,,,,,,,,auto\n"
    )
    extra = "sensorSets: {s: [{key: a}], t: [{key: b}]}\ntunnel: {host: h, remotePorts: {from: 1, to: 9}}\n"
    first, second = fleet(extra + body, csv=csv).devices()
    assert (first.label, first.location, first.protect) == ("MG Road, 1", Location(1.5, 2.0), True)
    assert first.attributes == {"bays": 4, "fw": "1.10", "a.b": "x"}
    assert (first.shared_attributes, first.sensor_sets) == ({"on": True}, ("s", "t"))
    assert first.access_token is not None
    assert first.access_token.env == "TOKEN"
    assert first.tunnel is not None
    assert first.tunnel.remote_port == 22000
    assert (second.attributes, second.label, second.tunnel and second.tunnel.remote_port) == (
        {},
        None,
        "auto",
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "a.csv: the file is empty"),
        ("name,nam\nA,B\n", 'a.csv:1:2: no field of a device is called "nam"'),
        ("name,name\nA,B\n", 'a.csv:1:2: the column "name" is there twice'),
        ("name,\nA,B\n", "a.csv:1:2: a column has no name"),
        ("label\nA\n", 'a.csv:1:1: no column is called "name"'),
        ("name,state\nA,S\n", 'a.csv:1:2: no field of a device is called "state"'),
        ("name,label\nA\n", "a.csv:2: the row has 1 cell, the header has 2"),
        ("name,label\nA,b,c\n", "a.csv:2: the row has 3 cells, the header has 2"),
        ('name,label\nA,"b\n', "a.csv:2: the row cannot be read: unexpected end of data"),
        ("name,location.latitude,location.longitude\nA,x,1\n", "a.csv:2:2: latitude must be a number"),
        (
            "name,location.latitude,location.longitude\nA,91,1\n",
            "a.csv:2:2: latitude must be at most 90, not 91",
        ),
        (
            "name,location,location.latitude\nA,auto,1\n",
            'a.csv:1:3: "location.latitude" says the same as another',
        ),
        ("name,label\n,x\n", 'a.csv:2: this device has no "name"'),
        ("name,sensors\nA,nope\n", "a.csv:2:2: there is no sensor set nope"),
        ("name,label\nA,<b>\n", "a.csv:2:2: label holds markup"),
        ("name\n\x00\n", "a.csv:2: this is no text"),
    ],
)
def test_faulty_tables_are_told_by_file_row_and_column(faults: Faults, text: str, fault: str) -> None:
    """Each with its place."""
    body, csv = headers(text)
    found = faults(body, csv=csv)
    assert [one[: len(fault)] for one in found] == [fault]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_byte_order_marks_are_detected(fleet: Valid, delimiter: str) -> None:
    """Spreadsheets of different countries write different ones."""
    rows = [("name", "label"), ("A", "x")]
    text = "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"
    body, csv = headers(text)
    (device,) = fleet(body, csv=csv).devices()
    assert (device.name, device.label) == ("A", "x")


def test_the_delimiter_may_be_declared(fleet: Valid) -> None:
    """As one spreadsheet does; the lines still count from the top."""
    body, csv = headers("sep=;\nname;label\nA;b,c\n")
    (device,) = fleet(body, csv=csv).devices()
    assert (device.label, str(device.mark)) == ("b,c", "a.csv:3")


def test_line_breaks_inside_quotes_keep_the_line_numbers_right(faults: Faults) -> None:
    """A row is told by the line on which it starts."""
    body, csv = headers('name,label\nA,"x\ny"\n\nB,<b>\n')
    assert faults(body, csv=csv) == ["a.csv:5:2: label holds markup, which the server refuses"]


def test_a_truncated_export_is_a_fault(faults: Faults) -> None:
    """Not a thousand removals."""
    body = each('name: "{{ n }}"', "minRows: 3, ")
    assert faults(body, csv={"a.csv": "n\nA\n,\nB\n".replace(",", "")}) == [
        "fleet.yaml:5:36: a.csv has 2 rows, at least 3 are expected"
    ]


@pytest.mark.parametrize("text", ["n,s\n", "n,s\n\n,\n", "Devices,\n\nn,s,x\n", "n,s,x,y\nTotal,,,0\n"])
def test_a_table_without_rows_is_a_warning_at_the_table(loaded: Load, text: str) -> None:
    """An export that failed looks like this, and its devices would leave the fleet."""
    found = loaded(each('name: "{{ n }}"'), csv={"a.csv": text})
    assert found.fleet is not None and found.fleet.empty_tables
    warning = found.diagnostics[0]
    assert (warning.mark.file, warning.severity) == ("a.csv", "warning")
    assert "has a header and no rows" in warning.summary and "minRows: 0" in warning.remedy


def test_a_table_may_be_empty_where_the_manifest_says_so(loaded: Load) -> None:
    found = loaded(each('name: "{{ n }}"', "minRows: 0, "), csv={"a.csv": "n\n"})
    assert found.fleet is not None and found.fleet.empty_tables == ()
    assert found.diagnostics == ()


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("12.97", 'decimal point? Remove `decimal: ","` beside `csv` in the manifest'),
        ("-12.97", "decimal point?"),
        ("1.234,5", "write it without separators between thousands: 1234,5"),
    ],
)
@pytest.mark.parametrize("read", ["{{ x | float }}", "{{ x }}"])
def test_a_number_that_is_not_written_as_decimal_says_is_told_so(
    loaded: Load, cell: str, remedy: str, read: str
) -> None:
    body = each(f'name: "{{{{ n }}}}", location: {{latitude: "{read}", longitude: 1}}', 'decimal: ",", ')
    found = loaded(body, csv={"a.csv": f'n;x\nD;"{cell}"\n'})
    (fault,) = found.diagnostics
    assert fault.mark.line == 2
    assert fault.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{ nope }}", 'there is no column "nope"'),
        ("{{ nope | int }}", 'there is no column "nope"'),
        ("{{ n", "this is no Jinja2 expression"),
        ("{{ n | nofilter }}", "this is no Jinja2 expression"),
    ],
)
def test_a_wrong_expression_is_told_once_where_it_is_written(faults: Faults, text: str, fault: str) -> None:
    """Not in each of its rows."""
    (found,) = faults(each(f'name: "{{{{ n }}}}", label: "{text}"'), csv={"a.csv": "n\nA\nB\n"})
    assert found.startswith(f"fleet.yaml:5:80: {fault}")


def test_an_expression_that_fails_is_told_at_the_first_row(faults: Faults) -> None:
    """With the number of the others."""
    body = each('name: "{{ n }}", label: "{{ 1 // (v | int) }}"')
    (found,) = faults(body, csv={"a.csv": "n,v\nA,0\nB,0\n"})
    assert found == "a.csv:2:2: the expression fails: integer division or modulo by zero (and 1 more like it)"


@pytest.mark.parametrize("filter_", ["int", "float"])
def test_text_that_is_no_number_is_a_fault_and_not_zero(faults: Faults, filter_: str) -> None:
    """A latitude of "n/a" is not the equator; who wants a default says so."""
    body = each(f'name: "{{{{ n }}}}", attributes: {{a: "{{{{ v | {filter_} }}}}"}}')
    (found,) = faults(body, csv={"a.csv": "n,v\nA,1\nB,n/a\nC,\n"})
    assert found == 'a.csv:3:2: v: "n/a" is not a number'
    body = each(f'name: "{{{{ n }}}}", attributes: {{a: "{{{{ v | {filter_}(7) }}}}"}}')
    assert faults(body, csv={"a.csv": "n,v\nA,1\nB,n/a\n"}) == []


def test_the_sandbox_keeps_expressions_from_python(faults: Faults) -> None:
    """No attribute of Python's own can be reached."""
    body = each("""name: "{{ n }}", label: "{{ n.__class__.__mro__ }}" """)
    (found,) = faults(body, csv={"a.csv": "n\nA\n"})
    assert "unsafe" in found


def test_a_missing_file_is_told_where_it_is_named(faults: Faults) -> None:
    """With what the caller says about it."""
    assert faults(PLACES + "devicesFrom: {csv: b.csv}\n") == ["fleet.yaml:5:20: there is no file b.csv"]


def test_numeric_text_in_rows_is_one_warning(warnings: Faults) -> None:
    """Told at the first row, with the number of the others."""
    body = each('name: "{{ n }}", attributes: {fw: "{{ f }}"}')
    assert warnings(body, csv={"a.csv": "n,f\nA,1.10\nB,1.9\nD,x\n"}) == [
        'a.csv:2:2: fw is the text "1.10", which servers from 4.2 on store as a number (and 1 more like it)'
    ]


def test_a_table_with_a_column_of_secrets_is_never_quoted(loaded: Callable[..., object]) -> None:
    """A fault in such a row shows its place only."""
    from papaya.manifest.load import Loaded

    body = each('name: "{{ n }}", label: "{{ l }}"')
    result = loaded(body, csv={"a.csv": "n,l,token\nA,<b>,hunter2\n"})
    assert isinstance(result, Loaded)
    (fault,) = result.diagnostics
    assert (str(fault.mark), fault.snippet) == ("a.csv:2:2", "")


def test_a_source_may_be_limited_to_environments(fleet: Valid) -> None:
    """In the others its file is not even read."""
    body = "environments: {a: {}, b: {}}\n" + PLACES + "devicesFrom: {csv: gone.csv, only: [a]}\n"
    assert list(fleet(body, environment="b").devices()) == []


@pytest.mark.parametrize("total", ["Summe,,,12", "TOTAL:,,,", ",Gesamt,,", "Total", "Anzahl: 2 Devices,,,"])
def test_a_row_that_is_a_total_is_left_out_with_a_warning(loaded: Load, total: str) -> None:
    """It is no device, and not counted as a row."""
    body = each('name: "{{ n }}", serial: "SN-{{ s }}"', head="minRows: 2, ")
    found = loaded(body, csv={"a.csv": f"n,s,x,y\nA,1,,\n{total}\nB,2,,\n"})
    assert found.fleet is not None
    assert [device.name for device in found.fleet.devices()] == ["A", "B"]
    (warning,) = found.diagnostics
    assert (warning.summary, warning.mark.line) == ("the row is a total, not a device: it is left out", 3)


@pytest.mark.parametrize("row", ["Total,1,x,", "Total,1,2,", "Total Oil,,,", "Summerfield,,,"])
def test_a_device_that_is_called_total_is_a_device(loaded: Load, row: str) -> None:
    """It says more than its name and a number, or is called only nearly so."""
    found = loaded(each('name: "{{ n }}", label: "{{ s }}"'), csv={"a.csv": f"n,s,x,y\n{row}\n"})
    assert found.fleet is not None
    assert len(list(found.fleet.devices())) == 1
    assert not found.diagnostics


@pytest.mark.parametrize(
    "head",
    ["Devices of 2026;;\n", "Devices of 2026\n", "Devices;;\n\n;Berlin;\n", "sep=;\nDevices\n",
     "Devices, as of 29.11.2026\n", "Devices, Berlin\nPage 1, 2, 3\n", "Devices|2026\n"],
)  # fmt: skip
def test_titles_above_the_header_are_passed_over(fleet: Valid, head: str) -> None:
    """Lines are counted as the file has them."""
    found = fleet(each('name: "{{ n }}", label: "{{ s }}"'), csv={"a.csv": f"{head}n;s;x\nA;b;\n"})
    (device,) = found.devices()
    assert (device.name, device.label) == ("A", "b")
    assert device.mark is not None
    assert device.mark.line == head.count("\n") + 2


@pytest.mark.parametrize("text", ["n,s\nA,x;y;z\nB,x;y;z\n", "n,s\nA;1;2,b\nB;1;2,c\n"])
def test_a_header_is_no_title_because_rows_have_another_sign(text: str) -> None:
    assert detect_delimiter(text) == ","


def test_a_header_with_one_name_is_no_title(faults: Faults) -> None:
    """What follows has numbers, as devices have."""
    found = faults(each('name: "{{ n }}"'), csv={"a.csv": "n,,\nA,1,2\n"})
    assert found == ["a.csv:1:2: a column has no name"]
