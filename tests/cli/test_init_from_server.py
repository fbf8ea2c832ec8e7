"""`papaya init --from-server`: from a tenant that somebody filled by hand to a manifest that adopts it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.manifest.model import Fleet, Location
from papaya.sandbox import Sandbox
from papaya.workspace.fleet import load_fleet
from tests.unit.sandbox.client import Client

CITIES = {"Panaji": (15.49, 73.82), "Mysuru": (12.3, 76.64), "Kochi": (9.93, 76.26)}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Return a client of an empty tenant, which commands in a folder of their own use, too."""
    folder = tmp_path / "city-meters"
    folder.mkdir()
    monkeypatch.chdir(folder)
    with Sandbox() as sandbox, Client(sandbox) as one:
        monkeypatch.setenv("PAPAYA_URL", sandbox.url)
        monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
        yield one


def fill(client: Client, count: int, **more: object) -> None:
    """Make devices that are in no place, with a city and coordinates each."""
    for number in range(count):
        city, (latitude, longitude) = list(CITIES.items())[number % 3]
        device = client.device(f"{city[:3].upper()}-{number:03}", type="Meter", label=f"Bay {number}")
        values = {"city": city, "latitude": latitude, "longitude": longitude, "bays": number % 7, **more}
        client.set_attributes(device, values)


def init(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[Fleet, str]:
    """Return the fleet that init writes without a fault, and everything that it tells."""
    code = main(["init", "--from-server", *arguments])
    told = capsys.readouterr()
    assert code == 0, told.out + told.err
    return load_fleet(), told.out + told.err


def tree(fleet: Fleet) -> dict[str, dict[str, int]]:
    """Return how many devices stand in each place."""
    return {one.name: {state.name: len(state.devices) for state in one.states} for one in fleet.countries}


def summary(capsys: pytest.CaptureFixture[str], arguments: Sequence[str] = ()) -> str:
    """Return what a plan comes to."""
    assert main(["plan", *arguments]) == 0
    (line,) = re.findall(r"^Plan: .*", capsys.readouterr().out, re.MULTILINE)
    return str(line)


def test_300_devices_in_no_tree_become_a_manifest_that_only_adopts_them(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(client, 300, country="INDIA")
    client.asset("Depot", "Building")
    fleet, told = init(capsys)
    assert tree(fleet) == {"INDIA": {"Kochi": 100, "Mysuru": 100, "Panaji": 100}}
    assert "300 devices, 300 in no place" in told and "Not managed: 1 asset in no country (Depot)" in told
    assert fleet.name == "city-meters"
    assert {one.name: one.location for one in fleet.countries[0].states}["Kochi"] == Location(9.93, 76.26)
    # Four places are new, and each device is put into one; nothing else about it changes.
    assert summary(capsys) == "Plan: 300 to adopt (300 of them changed), 4 to add, 0 to change, 0 to delete."
    before = client.attributes(client.get("/api/tenant/devices", deviceName="MYS-007"))
    assert main(["apply", "--yes", "--adopt"]) == 0
    capsys.readouterr()
    assert main(["plan", "--detailed-exitcode"]) == 0
    after = client.attributes(client.get("/api/tenant/devices", deviceName="MYS-007"))
    assert {key: after[key] for key in before} == before


def test_devices_are_grouped_by_what_a_person_names(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(client, 6)
    every = {"INDIA": {"Kochi": 2, "Mysuru": 2, "Panaji": 2}}
    cases = {
        "city": every,
        "profile": {"INDIA": {"Meter": 6}},
        "name:^([A-Z]+)-": {"INDIA": {"KOC": 2, "MYS": 2, "PAN": 2}},
        "=All": {"INDIA": {"All": 6}},
        "coordinates": {"INDIA": {"Goa": 2, "Karnataka": 2, "Kerala": 2}},
    }
    for column, expected in cases.items():
        fleet, _ = init(capsys, "--map", "country==INDIA", "--map", f"state={column}", "--force")
        assert tree(fleet) == expected, column


def test_coordinates_are_enough(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    for number, (latitude, longitude) in enumerate(CITIES.values()):
        client.set_attributes(client.device(f"M-{number}"), {"lat": latitude, "lon": longitude})
    fleet, told = init(capsys)
    assert tree(fleet) == {"India": {"Goa": 1, "Karnataka": 1, "Kerala": 1}}
    assert "coordinates: s" in told


def test_what_is_unsure_is_asked_for(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.device("M-1", type="Meter")
    assert main(["init", "--from-server"]) == 1
    told = capsys.readouterr().err
    assert "no column is surely the country of the devices" in told and "--map country==Country" in told
    assert not Path("fleet.yaml").exists()
    fleet, _ = init(capsys, "--yes")
    assert tree(fleet) == {"Country": {"Meter": 1}}


def test_what_stays_unmanaged_is_listed(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    fill(client, 3)
    client.device("Unplaced")
    client.set_attributes(client.device("No\u00a0break"), {"city": "Kochi"})
    client.asset("Lonely", "State")
    fleet, told = init(capsys, "--map", "country==INDIA", "--map", "state=city")
    assert tree(fleet) == {"INDIA": {"Kochi": 1, "Mysuru": 1, "Panaji": 1}}
    assert "Not managed, because they have no city: 1 device (Unplaced)" in told
    assert "Left out: device/No" in told
    assert "Left out: asset/Lonely, a State under no Country" in told


def test_a_tree_that_is_there_stays_and_takes_the_others(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    india, goa = client.asset("INDIA", "Country"), client.asset("Panaji", "State")
    client.contain(india, goa)
    client.contain(goa, client.device("Inside"))
    client.asset("Kochi", "Building")
    fill(client, 3)
    fleet, _ = init(capsys, "--map", "country==India", "--map", "state=city")
    assert tree(fleet) == {"INDIA": {"Kochi (State)": 1, "Mysuru": 1, "Panaji": 2}}
    assert summary(capsys) == "Plan: 6 to adopt (3 of them changed), 2 to add, 0 to change, 0 to delete."


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--map", "state=town"), 'there is no column "town"'),
        (("--map", "state=name:("), "this is no regular expression"),
        (("--map", "label=city"), "write country=COLUMN or state=COLUMN"),
    ],
)
def test_a_choice_that_is_none_is_refused(
    client: Client, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], told: str
) -> None:
    fill(client, 1)
    assert main(["init", "--from-server", *arguments]) == 1
    assert told in capsys.readouterr().err


def test_a_server_without_devices_is_told(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--from-server"]) == 1
    assert "has no devices" in capsys.readouterr().err
    assert main(["export"]) == 1
    assert "papaya init --from-server" in capsys.readouterr().err
