"""Numbers agree with their nouns and verbs, wherever they are told."""

from __future__ import annotations

import pytest
from papaya_gui.sources.left_out import LeftOut

from papaya.agent.limits import Limits
from papaya.agent.words import waiting_words
from papaya.counting import are, counted, counted_are, first_of, have, plural
from papaya.diagnostics import Diagnostic, Mark
from papaya.errors import ManifestError, PapayaError
from papaya.manifest.load import load
from papaya.manifest.source import Source
from papaya.provision.one_device import one_of
from papaya.render.diagnostics import count
from tests.unit.engine.fleets import device, karnataka

HEAD = "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: m}\n"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, ("0 readings", "0 readings are", "are", "have")),
        (1, ("1 reading", "1 reading is", "is", "has")),
        (2, ("2 readings", "2 readings are", "are", "have")),
        (1_000, ("1,000 readings", "1,000 readings are", "are", "have")),
    ],
)
def test_a_number_agrees_with_its_noun_and_its_verb(number: int, told: tuple[str, ...]) -> None:
    assert (counted(number, "reading"), counted_are(number, "reading"), are(number), have(number)) == told


@pytest.mark.parametrize(
    ("noun", "several"),
    [
        ("device", "devices"),
        ("country", "countries"),
        ("live entity", "live entities"),
        ("reply", "replies"),
        ("day", "days"),
        ("destroy", "destroys"),
        ("address", "addresses"),
        ("match", "matches"),
    ],
)
def test_a_noun_has_its_plural(noun: str, several: str) -> None:
    assert plural(noun) == several


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "0 readings are waiting"), (1, "1 reading is waiting"), (2, "2 readings are waiting")],
)
def test_the_agent_says_how_many_readings_wait(number: int, told: str) -> None:
    assert waiting_words(number) == told


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(1, 1.0), "1 reading a message and 1 a second"),
        (Limits(2, None), "2 readings a message"),
        (Limits(None, 0.5), "0.5 a second"),
    ],
)
def test_the_agent_says_what_the_server_takes(limits: Limits, told: str) -> None:
    assert limits.words == told


@pytest.mark.parametrize(
    ("number", "told"),
    [(1, "1 entry cannot be used: x"), (2, "2 entries cannot be used, the last: x"), (0, "")],
)
def test_the_window_says_how_many_entries_it_leaves_out(number: int, told: str) -> None:
    left_out = LeftOut()
    if number:
        left_out.add("x", number)
    assert left_out.words == told


@pytest.mark.parametrize(("number", "told"), [(1, "1 fault"), (2, "2 faults")])
def test_faults_of_a_manifest_are_counted(number: int, told: str) -> None:
    faults = [Diagnostic("wrong", Mark("fleet.yaml", 1, 1), "error")] * number
    assert ManifestError(faults).message == f"the manifest has {told}"
    assert count(faults) == told.replace("fault", "error")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), "the fleet meters has no devices"),
        (("A", "B"), "which of the 2 devices of the fleet meters is this?"),
    ],
)
def test_devices_to_choose_from_are_counted(names: tuple[str, ...], told: str) -> None:
    with pytest.raises(PapayaError) as caught:
        one_of(karnataka(*(device(name) for name in names)), None, None)
    assert caught.value.message == told


@pytest.mark.parametrize(
    ("rows", "least", "told"),
    [
        (0, 1, "d.csv has 0 rows, at least 1 is expected"),
        (1, 2, "d.csv has 1 row, at least 2 are expected"),
        (2, 3, "d.csv has 2 rows, at least 3 are expected"),
    ],
)
def test_rows_of_a_table_are_counted(rows: int, least: int, told: str) -> None:
    source = f"{{csv: d.csv, minRows: {least}}}"
    text = f"{HEAD}countries:\n- {{name: I, states: [{{name: K, devicesFrom: {source}}}]}}\n"
    table = "name\n" + "".join(f"D-{number}\n" for number in range(rows))
    result = load([Source("fleet.yaml", text)], read_csv=lambda asking, name: Source(name, table, "csv"))
    assert told in [diagnostic.summary for diagnostic in result.diagnostics]


def test_a_list_of_names_says_that_it_has_more_of_them() -> None:
    assert first_of(["a", "b", "c"]) == "a, b, c"
    assert first_of(["a", "b", "c", "d"]) == "a, b, c, …"
    assert (first_of(["a", "b"], 1), first_of([])) == ("a, …", "")
