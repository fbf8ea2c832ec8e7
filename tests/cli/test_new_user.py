"""A new user with a spreadsheet: from the export of a German office to an applied fleet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.cli.person import Terminal
from tests.unit.sandbox.client import Client

HEADER = "Kennung;Seriennummer;Land;Bundesland;Straße;Haus-Nr.;Typ;Breitengrad;Längengrad"
STATES = {"Bayern": (48.1, 11.6), "Berlin": (52.5, 13.4), "Thüringen": (50.9, 11.0)}
IN_SUITE, IN_SOAK = 40, 2500


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Serve an empty tenant to somebody in an empty folder."""
    monkeypatch.chdir(tmp_path)
    with Sandbox() as running:
        for name, value in (
            ("URL", running.url),
            ("USERNAME", running.username),
            ("PASSWORD", running.password),
        ):
            monkeypatch.setenv(f"PAPAYA_{name}", value)
        yield running


def write(count: int) -> None:
    """Write a table as a German spreadsheet does: semicolons, cp1252, decimal commas."""
    lines = [HEADER]
    for number in range(count):
        state, (latitude, longitude) = list(STATES.items())[number % 3]
        where = f"{latitude + number % 10 / 100:.4f};{longitude:.4f}".replace(".", ",")
        lines.append(
            f"PSA-{number:05};{700_000 + number};Deutschland;{state};Hauptstraße;{number};Typ A 200;{where}"
        )
    Path("geraete.csv").write_bytes("\r\n".join(lines).encode("cp1252"))


def check(sandbox: Sandbox, count: int) -> None:
    """Insist that every row is a device of the fleet, and that nothing is left to do."""
    with Client(sandbox) as client:
        device = client.get("/api/tenant/devices", deviceName="PSA-00001")
        attributes = client.attributes(device)
        assert (attributes["latitude"], attributes["serial"]) == (52.51, "SN-700001")
        assert client.get("/api/tenant/devices", pageSize=1, page=0)["totalElements"] == count
        assert client.get("/api/tenant/assets", pageSize=1, page=0)["totalElements"] == 4
    assert main(["plan", "--detailed-exitcode"]) == 0


def by_hand(sandbox: Sandbox, count: int) -> None:
    write(count)
    start = Terminal("init", "--from-csv", "geraete.csv")
    start.answer("Which column has the names of the devices?", "")
    assert start.finish() == 0, start.shown
    plan = Terminal("plan")
    assert plan.finish() == 0, plan.shown
    assert f"{count:,} devices" in plan.shown
    apply = Terminal("apply")
    apply.answer("Answer:", "yes")
    assert apply.finish() == 0, apply.shown
    for terminal in (start, plan, apply):
        # What moves the cursor is a progress bar.
        told = [
            line for line in re.split(r"\r?\n", terminal.shown) if "\x1b" not in line and "\r" not in line
        ]
        assert [line for line in told if len(line) > 80] == []
    check(sandbox, count)


def unattended(sandbox: Sandbox, count: int) -> None:
    write(count)
    assert main(["init", "--from-csv", "geraete.csv", "--map", "name=Kennung"]) == 0
    assert main(["plan"]) == 0
    assert main(["apply", "--yes"]) == 0
    check(sandbox, count)


def test_three_commands_and_two_answers_lead_to_an_applied_fleet(sandbox: Sandbox) -> None:
    by_hand(sandbox, IN_SUITE)


def test_three_commands_lead_there_without_a_person(sandbox: Sandbox) -> None:
    unattended(sandbox, IN_SUITE)


@pytest.mark.soak
def test_a_person_gets_there_with_2500_devices(sandbox: Sandbox) -> None:
    by_hand(sandbox, IN_SOAK)


@pytest.mark.soak
def test_a_script_gets_there_with_2500_devices(sandbox: Sandbox) -> None:
    unattended(sandbox, IN_SOAK)
