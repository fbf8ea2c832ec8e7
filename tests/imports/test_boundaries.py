"""Foreign text, files and answers come in through the boundary modules; what else may read them, and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imports.boundaries import DIGITS, Use, uses_in

ROOT = Path(__file__).parents[2]
BOUNDARIES = {
    "papaya.foreign": "makes numbers and documents of foreign text, within bounds",
    "papaya.bounded_file": "opens every file that somebody else wrote",
    "papaya.whole_file": "writes files",
    "papaya.settings.private_file": "writes files for their owner alone",
}
# It imports nothing of papaya, so that no shared mistake can hide; it has boundaries of its own.
OUTSIDE = ("papaya.sandbox",)
# Whoever reads numbers that a pattern has found may still open and parse nothing.
NUMERALS = {"int", "float"}
# Where numbers come from numpy and Qt, not from text.
_DRAWING = ("papaya_gui.models", "papaya_gui.plots", "papaya_gui.views", "papaya_gui.theme")
ALLOWED: dict[tuple[str, str], str] = {
    # Which makes no number of it.
    ("papaya.engine.canonical", "_number"): "what a pattern of digits has matched",
    ("papaya.kinds.device_profiles", "DeviceProfiles.exported_fields"): "whether a name begins with a digit",
    ("papaya.manifest.numerals", "hint_for"): "whether a text has a digit somewhere",
    ("papaya_gui.application", "_answers"): "the number of a display as part of a path",
    ("papaya_gui.models.table", "natural"): "at most 300 digits of what is sorted",
    # What ships with papaya, or what papaya has just written itself.
    ("papaya.commands.schema", "command"): "a schema that ships with papaya",
    ("papaya.manifest.schema", "schema"): "the schema that ships with papaya",
    ("papaya.render.saved", "schema"): "the schema that ships with papaya",
    ("papaya.resources", "copy_folder"): "files that ship with papaya",
    ("papaya.systemd_unit", "render_unit"): "a template that ships with papaya",
    ("papaya_gui.models.base_map", "base_map"): "a map that ships with papaya",
    ("papaya_gui.icons", "_data"): "icons that ship with papaya",
    ("papaya_gui.desktop", "icon_svg"): "a picture that ships with papaya",
    ("papaya_gui.views.help", "Documentation.show_page"): "a page that ships with papaya",
    ("papaya_gui.desktop", "install_desktop"): "compares with what papaya itself writes there",
    ("papaya.commands.tunnel.keygen", "make_key"): "the public key that ssh-keygen has just written",
    ("papaya.workspace.written", "write_if_changed"): "compares with what is about to be written",
    (
        "papaya.tunnel.passage",
        "Passage._open",
    ): "writes the log of papaya's own child",
    ("papaya.api.packed", "Packer.unpack"): "what papaya has packed itself",
    # The text has been read within a bound, and CSV takes little more memory than its text.
    ("papaya.manifest.table", "_records"): "a bounded text, row by row",
    ("papaya.workspace.scanned_names", "_column"): "a bounded text, row by row",
    ("papaya.sensors.columns", "found_in_csv"): "two lines of a bounded text",
    ("papaya_gui.sources.fleet_csv", "_row_at"): "a bounded text, row by row",
    ("papaya_gui.sources.fleet_csv", "_lenient"): "one line of a bounded text",
    ("papaya.runs.saved_plan", "_differences"): "a round trip of a plan through text",
    ("papaya.workspace.child", "main"): "the task of the parent process, which is papaya",
    ("papaya.workspace.child", "_limit"): "seconds that the parent process has checked",
    ("papaya.workspace.limited", "_answers"): "lines of papaya's own child, which is bounded",
    ("papaya.workspace.limited", "render_limited"): "line numbers that a pattern found",
    ("papaya.workspace.limited", "evaluate_limited"): "indices that a pattern found",
    ("papaya_gui.faults", "_PrivateFile._open"): "appends to a regular file of its owner",
    ("papaya.apply.journal", "FileJournal.__init__"): "appends to a file that nobody else can write",
    ("papaya.apply.journal", "is_abandoned"): "opens without waiting, for its lock",
    ("papaya.tunnel.record", "Record.held"): "the lock of the tunnel's service",
    ("papaya.tunnel.record", "Record.read"): "looks whether the lock is held, and reads nothing",
    ("papaya.command_line.streams", "drop_output"): "the null device",
    ("papaya.command_line.streams", "open_streams"): "the null device",
    # Depth and numbers are caught, and the document is checked member by member afterwards.
    ("papaya.apply.rotation", "from_text"): "every fault of the text means that it is no rotation",
    ("papaya.render.saved", "read_saved"): "names line and column; a schema checks what was read",
    ("papaya.tunnel.record", "Record._parsed"): "every fault of the text means that there is no record",
    ("papaya_gui.models.layout", "layout_from"): "names line and column; each member is checked",
    # What the kernel and the system's own files say.
    ("papaya.provision.hardware", "_boot_time"): "digits of the kernel that a pattern found",
    (
        "papaya.provision.hardware",
        "as_text",
    ): "asks whether a server makes a number of it",
    ("papaya.services.systemd", "systemd_version"): "digits of systemd that a pattern found",
    ("papaya.tunnel.unit_condition", "is_connected"): "digits of the kernel's own tables",
    ("papaya.tunnel.bastion", "_version"): "digits of ssh that a pattern found",
    ("papaya.tunnel.neighbors", "_neighbors"): "ports that a pattern of five digits found",
    ("papaya.tunnel.passage", "refusals_in"): "ports that a pattern found",
    ("papaya.tunnel.leashed", "main"): "the process id that papaya itself passes",
    ("papaya.sensors.file", "read_text"): "opens without waiting, and reads within a bound",
}
# What else makes numbers in the sandbox, which has boundaries of its own for what clients send.
SANDBOX: dict[str, str] = {
    "papaya.sandbox.devices.fields": "decimals that a pattern has matched; what a script made",
    "papaya.sandbox.devices.predicates": "values of a device, with what is no finite number left out",
    "papaya.sandbox.devices.tbel": "scripts, whose faults are caught at one place",
    "papaya.sandbox.lenient": "digits that a pattern has matched, no more than Python reads",
    "papaya.sandbox.mqtt": "topics whose digits a pattern has matched, packets of a library, ports",
    "papaya.sandbox.query.entities": "a number of SQLite",
    "papaya.sandbox.rest.api_keys": "a number of SQLite",
    "papaya.sandbox.store": "numbers of SQLite; `values` and `series` have the server's own rules",
    "papaya.sandbox.websocket.alarms": "a total that the sandbox has counted",
}
SANDBOX_BOUNDARIES = ("papaya.sandbox.wire", "papaya.sandbox.numbers")
# Modules that make numbers of text that their own patterns have matched, or of what a schema has checked.
NUMBERS: dict[str, str] = {
    "papaya.agent": "numbers that papaya.foreign has checked, SQLite's own and paho's",
    "papaya.api.latest": "digits that a pattern has matched",
    "papaya.commands.options.numbers": "what papaya.foreign returned",
    "papaya.kinds": "numbers of a manifest, and digits that a pattern has matched",
    "papaya.engine": "numbers of a manifest, and digits that a pattern has matched",
    "papaya.manifest": "digits that a pattern has matched, and numbers that the schema has checked",
    "papaya.provision.geolocation": "what papaya.foreign returned",
    "papaya.provision.live_device": "what papaya.foreign returned",
    "papaya.server_version": "digits that a pattern has matched, of a version that the session has checked",
    "papaya.render": "numbers of a plan",
    "papaya.sensors": "what papaya.foreign returned, and digits that a pattern has matched",
    "papaya.settings": "what papaya.foreign returned, and digits that a pattern has matched",
    "papaya.workspace": "what papaya.foreign returned, and cells that a library made numbers of",
    "papaya_gui.sources": "numbers that papaya.foreign has checked",
}


def found() -> list[Use]:
    """Return every call in papaya and its window that belongs into a boundary module."""
    return sorted({Use(use.module, use.function, use.call) for use in _everywhere()})


def _everywhere() -> Iterator[Use]:
    for folder, package in ((ROOT, "papaya"), (ROOT / "gui", "papaya_gui")):
        for path in sorted((folder / package).rglob("*.py")):
            module = ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
            if not module.startswith(OUTSIDE) and module not in BOUNDARIES:
                yield from uses_in(path, module)


def is_allowed(use: Use) -> bool:
    """Return whether a call stands in one of the lists."""
    if (use.module, use.function) in ALLOWED:
        return True
    if use.call not in NUMERALS:
        return False
    return use.module.startswith((*NUMBERS, *_DRAWING))


def test_foreign_text_is_read_at_the_boundaries_only() -> None:
    outside = [f"{use.module}.{use.function}: {use.call}" for use in found() if not is_allowed(use)]
    assert outside == [], (
        "use papaya.foreign, papaya.bounded_file or papaya.api; else add it here with a reason"
    )


def test_the_sandbox_makes_numbers_of_what_clients_send_at_its_own_boundaries_only() -> None:
    uses = [
        use
        for path in sorted((ROOT / "papaya" / "sandbox").rglob("*.py"))
        for use in uses_in(path, ".".join(path.relative_to(ROOT).with_suffix("").parts))
        if use.call in NUMERALS | DIGITS and use.module not in SANDBOX_BOUNDARIES
    ]
    outside = [
        f"{use.module}.{use.function}: {use.call}" for use in uses if not use.module.startswith((*SANDBOX,))
    ]
    assert outside == [], "use papaya.sandbox.numbers or papaya.sandbox.wire; else add it here with a reason"
    assert [name for name in SANDBOX if not any(use.module.startswith(name) for use in uses)] == []


def test_nothing_is_allowed_that_is_not_there() -> None:
    there = {(use.module, use.function) for use in found()}
    assert sorted(set(ALLOWED) - there) == []


@pytest.mark.parametrize(
    ("code", "calls"),
    [
        ("json.loads(text)", ["json.loads"]),
        ("json.load(file)", ["json.load"]),
        ("open(path)", ["open"]),
        ("path.open('rb')", ["open"]),
        ("os.open(path, 0)", ["open"]),
        ("Path(name).read_text()", ["read_text"]),
        ("path.read_bytes()", ["read_bytes"]),
        ("response.content", ["answer.content"]),
        ("self._response.text", ["answer.text"]),
        ("requests.get(url).content", ["answer.content", "requests.get"]),
        ("requests.Session()", ["requests.Session"]),
        ("urllib.request.urlopen(url)", ["request.urlopen"]),
        ("from urllib.request import urlopen", ["request.urlopen"]),
        ("from json import loads as read", ["json.loads"]),
        ("decode = json.JSONDecoder(parse_constant=float).decode", ["json.JSONDecoder"]),
        ("decoder.raw_decode(text)", ["raw_decode"]),
        ("yaml.safe_load(text)", ["yaml.safe_load"]),
        ("csv.reader(file)", ["csv.reader"]),
        ("csv.DictReader(file)", ["csv.DictReader"]),
        ("pickle.loads(data)", ["pickle.loads"]),
        ("tomllib.load(file)", ["tomllib.load"]),
        ("np.load(file)", ["np.load"]),
        ("Path(name).open()", ["open"]),
        ("path.open()", ["open"]),
        ("path.open(encoding='utf-8')", ["open"]),
        ("(folder / name).open(mode='rb')", ["open"]),
        ("answer.json()", ["answer.json"]),
        ("text.isdigit()", ["isdigit"]),
        ("float(text)", ["float"]),
        ("int(row['port'])", ["int"]),
        ("def f():\n    return lambda text: int(text)", ["int"]),
        ("int(5) + round(x) + int(len(rows)) + int(a / b)", []),
        ("dialog.open()", []),
        ("breaker.open()", []),
        ("json.dumps(value)", []),
        ("found.text", []),
    ],
)
def test_a_call_is_found_wherever_it_stands(tmp_path: Path, code: str, calls: list[str]) -> None:
    module = tmp_path / "module.py"
    module.write_text(code, encoding="utf-8")
    assert [use.call for use in uses_in(module, "module")] == calls
