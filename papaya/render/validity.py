"""What `papaya validate` says at the end: whether a manifest is valid, and what it holds."""

from __future__ import annotations

from papaya.counting import counted
from papaya.manifest.load import Loaded
from papaya.manifest.model import Fleet
from papaya.render.diagnostics import count

_NOUNS = {"countries": "country", "states": "state", "devices": "device"}


def verdict(loaded: Loaded) -> str:
    """Return whether the manifest is valid, in one line."""
    found = count(loaded.diagnostics)
    if loaded.fleet is None:
        return f"Not valid: {found}."
    things = ", ".join(counted(number, _NOUNS[key]) for key, number in _numbers(loaded.fleet).items())
    environment = f" in {loaded.fleet.environment}" if loaded.fleet.environment else ""
    return f"{loaded.fleet.name}{environment} is valid: {things}; {found}."


def fleet_counts(fleet: Fleet | None) -> dict[str, int | str | None] | None:
    """Return the fleet's name, its environment, and how many places and devices it has, for JSON."""
    if fleet is None:
        return None
    return {"name": fleet.name, "environment": fleet.environment, **_numbers(fleet)}


def _numbers(fleet: Fleet) -> dict[str, int]:
    return {
        "countries": len(fleet.countries),
        "states": sum(1 for _ in fleet.states()),
        "devices": sum(1 for _ in fleet.devices()),
    }
