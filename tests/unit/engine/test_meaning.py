"""A name without a path means the one entity that has it; several are told with the ways to write each."""

from __future__ import annotations

import pytest

from papaya.engine.inventory import Inventory
from papaya.engine.meaning import device_named, in_full
from papaya.engine.planner import known_names
from papaya.engine.reading import Reading
from papaya.engine.scope import RunScope
from papaya.errors import PapayaError
from papaya.manifest.model import Fleet
from tests.unit.engine.fleets import SERVER, country, device, fleet, state


def some_fleet() -> Fleet:
    """Return places that share names with each other and with devices."""
    return fleet(
        country(
            "INDIA",
            state("Karnataka", *(device(name, "Karnataka") for name in ("PM-1", "PM-20"))),
            state("C\u00f4te"),
        ),
        country(
            "GERMANY",
            state("Berlin", device("B-1", "Berlin", "GERMANY"), asset_name="Land Berlin"),
            state("Hessen"),
        ),
        country(
            "Berlin",
            state(
                "Mitte",
                device("Hessen", "Mitte", "Berlin"),
                *(device(name, "Mitte", "Berlin") for name in ("X/1*", "Q?", "QA")),
            ),
        ),
    )


def written_out(*patterns: str) -> tuple[str, ...]:
    """Return what patterns of a fleet that no server has mean."""
    reading = Reading(Inventory({}), SERVER, 0)
    return in_full(RunScope(targets=patterns), known_names(some_fleet(), reading)).targets


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("PM-1", "device/PM-1"),
        ("Karnataka", "INDIA/Karnataka"),
        ("INDIA", "INDIA"),
        ("/Berlin", "Berlin"),
        ("/INDIA/Karnataka", "INDIA/Karnataka"),
        ("INDIA/", "INDIA"),
        ("GERMANY/Berlin/", "GERMANY/Berlin"),
        ("device/Hessen", "device/Hessen"),
        ("PM-*", "device/PM-*"),
        ("PM-?", "device/PM-?"),
        ("Land Berlin", "GERMANY/Land Berlin"),
        ("Karn*", "*/Karn*"),
        ("IND*", "IND*"),
        ("*", "*"),
        (r"X\/1\*", r"device/X\/1\*"),
        ("*/*/PM-1", "*/*/PM-1"),
        # As the keyboard writes it, and as a file system does.
        ("C\u00f4te", "INDIA/C\u00f4te"),
        ("Co\u0302te", "INDIA/C\u00f4te"),
        ("INDIA/Co\u0302te", "INDIA/C\u00f4te"),
        ("Co\u0302t?", "*/C\u00f4t?"),
    ],
)
def test_a_name_is_what_it_names(pattern: str, meant: str) -> None:
    assert written_out(pattern) == (meant,)


@pytest.mark.parametrize(
    ("pattern", "ways"),
    [
        ("Berlin", ("GERMANY/Berlin", "/Berlin")),
        ("Hessen", ("GERMANY/Hessen", "device/Hessen")),
        ("B*", ("/B*", "*/B*", "device/B*")),
        ("H*", ("*/H*", "device/H*")),
        ("Q?", (r"device/Q\?", "device/Q?")),
    ],
)
def test_a_name_of_several_is_told_with_the_ways_to_write_each(pattern: str, ways: tuple[str, ...]) -> None:
    with pytest.raises(PapayaError) as caught:
        written_out(pattern)
    assert caught.value.message == f"{pattern} is ambiguous: it can mean {' or '.join(ways)}"
    for way in ways:
        assert written_out(way) == (way.removeprefix("/"),)


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("PM_1", "device/PM-1"),
        ("pm-20", "device/PM-20"),
        ("Karnatka", "INDIA/Karnataka"),
        ("INDIA/Karnatka", "INDIA/Karnataka"),
        ("GERMANY/Karnataka", "INDIA/Karnataka"),
        ("INDIA/Goa/PM-1", "device/PM-1"),
        ("device/PM_1", "device/PM-1"),
        ("india", "/INDIA"),
        ("X/1*", r"device/X\/1\*"),
    ],
)
def test_a_mistyped_name_is_told_with_what_was_probably_meant(pattern: str, hint: str) -> None:
    with pytest.raises(PapayaError) as caught:
        written_out(pattern)
    assert caught.value.message == f"no device or place matches {pattern}; did you mean {hint}?"
    assert written_out(hint)


@pytest.mark.parametrize("pattern", ["", "zzz", "a/b/c/d", "/", "asset/", "device/"])
def test_what_resembles_nothing_is_told_with_the_forms_of_a_path(pattern: str) -> None:
    with pytest.raises(PapayaError, match="no device or place matches") as caught:
        written_out(pattern)
    assert "INDIA/Karnataka/PM-0001" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    "text", ["PM-1", "device/PM-1", "INDIA/Karnataka/PM-1", "/INDIA/Karnataka/PM-1", "*/*/PM-1"]
)
def test_a_command_about_one_device_takes_its_path_and_address(text: str) -> None:
    found = device_named(some_fleet(), text)
    assert found is not None
    assert found.name == "PM-1"


@pytest.mark.parametrize(
    "text", ["INDIA", "INDIA/Karnataka", "GERMANY/Berlin", "device/PM-9", "device/PM-*", ""]
)
def test_a_place_is_no_device(text: str) -> None:
    assert device_named(some_fleet(), text) is None
