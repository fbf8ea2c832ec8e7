"""Fleets as data, changed by chance: what a manifest says, and what a server must hold because of it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.e2e.tenant import NOT_OF_THE_MANIFEST, Held

Manifest = dict[str, Any]
NAME = "storm-proof"
SENSORS = [
    {"key": "temperature.celsius", "name": "Temperature", "unit": "°C", "warnAbove": 60, "alarmAbove": 75},
    {"key": "parking.distance_cm", "name": "LiDAR left", "unit": "cm", "minimum": 0, "maximum": 400},
]


@dataclass
class Fleet:
    """A manifest with the secrets that it refers to; `origin` leads from a device to its name before."""

    manifest: Manifest
    secrets: dict[str, str] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)

    def states(self) -> Iterator[tuple[Manifest, Manifest]]:
        """Yield every Country with each of its States."""
        for country in self.manifest["countries"]:
            for state in country["states"]:
                yield country, state

    def devices(self) -> Iterator[tuple[Manifest, Manifest]]:
        """Yield every State with each of its devices."""
        for _, state in self.states():
            for device in state.get("devices", []):
                yield state, device

    @property
    def size(self) -> int:
        """Return how many entities the fleet has."""
        return len(self.manifest["countries"]) + len(list(self.states())) + len(list(self.devices()))

    def secret(self, device: Manifest) -> str | None:
        """Return the access token that the manifest gives to a device."""
        reference = device.get("credentials", {}).get("accessToken")
        return self.secrets[reference["env"]] if reference else None


def small(*, devices: int = 3, name: str = NAME) -> Fleet:
    """Return one Country with two States, for runs that are repeated often."""
    return make(["INDIA"], ["Karnataka", "Kerala"], devices, name=name)


def make(
    countries: list[str], states: list[str], devices: int, *, name: str = NAME, tokens_every: int = 2
) -> Fleet:
    """Return a fleet with so many devices in each State."""
    fleet = Fleet({})
    fleet.manifest = {
        "apiVersion": "papaya/v1",
        "kind": "Fleet",
        "metadata": {"name": name},
        "safety": {"maxDestroy": 0, "maxChangePercent": 100},
        "sensorSets": {"meter": copy.deepcopy(SENSORS)},
        "countries": [{"name": country, "states": []} for country in countries],
    }
    number = 0
    for position, state in enumerate(states):
        country = fleet.manifest["countries"][position * len(countries) // len(states)]
        entries = []
        for _ in range(devices):
            number += 1
            entries.append(_device(fleet, number, with_token=number % tokens_every == 0))
        country["states"].append({"name": state, "attributes": {"region": "south"}, "devices": entries})
    return fleet


def _device(fleet: Fleet, number: int, *, with_token: bool) -> Manifest:
    device: Manifest = {
        "name": f"PM-{number:04}",
        "serial": f"SN-{number:04}",
        "label": f"Bay {number}",
        "attributes": {"bays": number, "zone": "A"},
        "sharedAttributes": {"reportEverySeconds": 5},
        "sensors": "meter",
    }
    if with_token:
        give_token(fleet, device, f"first-token-of-{number}")
    return device


def give_token(fleet: Fleet, device: Manifest, token: str) -> None:
    """Let the manifest give a device an access token."""
    variable = "TOKEN_" + device["serial"].replace("-", "_")
    fleet.secrets[variable] = token
    device["credentials"] = {"accessToken": {"env": variable}}


def changed(fleet: Fleet, seed: int) -> Fleet:
    """Return the fleet after a change of everything: moves, renames, a swap, thresholds, removals, tokens."""
    chance = Random(seed)
    after = copy.deepcopy(fleet)
    after.origin = {device["name"]: device["name"] for _, device in after.devices()}
    after.manifest["sensorSets"]["meter"][0]["warnAbove"] = chance.randint(30, 59)
    everyone = list(after.devices())
    chance.shuffle(everyone)
    share = max(1, len(everyone) // 8)
    chosen = iter(everyone)
    for _ in range(share):
        state, device = next(chosen)
        _move(after, state, device, chance)
    for _ in range(share):
        _rename(after, next(chosen)[1], chance)
    swap(after, next(chosen)[1], next(chosen)[1])
    for state, device in (next(chosen) for _ in range(share)):
        state["devices"].remove(device)
        after.origin.pop(device["name"])
    for _ in range(share):
        _, device = next(chosen)
        give_token(after, device, f"second-{device['serial']}-{seed}")
    for _, device in everyone:
        if chance.random() < 0.5:
            device["attributes"]["bays"] += 1
        if chance.random() < 0.3:
            del device["attributes"]["zone"]
    _, state = chance.choice(list(after.states()))
    state["attributes"]["region"] = "north"
    return after


def _move(fleet: Fleet, state: Manifest, device: Manifest, chance: Random) -> None:
    elsewhere = [other for _, other in fleet.states() if other is not state]
    state["devices"].remove(device)
    chance.choice(elsewhere)["devices"].append(device)


def _rename(fleet: Fleet, device: Manifest, chance: Random) -> None:
    old = device["name"]
    device["name"] = f"{old}-{chance.choice('XYZ')}"
    device["formerly"] = old
    fleet.origin[device["name"]] = fleet.origin.pop(old)


def swap(fleet: Fleet, one: Manifest, other: Manifest) -> None:
    """Let two devices exchange their names."""
    one["name"], other["name"] = other["name"], one["name"]
    one["formerly"], other["formerly"] = other["name"], one["name"]
    names = fleet.origin
    if names:
        names[one["name"]], names[other["name"]] = names[other["name"]], names[one["name"]]


def check(fleet: Fleet, now: Held, before: Held | None = None) -> None:
    """Insist that a server holds exactly this fleet: every entity once, in its place, with its values."""
    places: dict[str, list[str]] = {place["name"]: [] for place in fleet.manifest["countries"]}
    places |= {state["name"]: [country["name"]] for country, state in fleet.states()}
    owned = {
        named
        for named, values in now.attributes.items()
        if values.get(("server", "papaya.fleet")) == fleet.manifest["metadata"]["name"]
    }
    wanted = {("ASSET", name) for name in places}
    wanted |= {("DEVICE", device["name"]) for _, device in fleet.devices()}
    assert owned == wanted
    for name, parents in places.items():
        assert now.parents["ASSET", name] == parents
    for state, device in fleet.devices():
        _check_device(fleet, state, device, now, before)


def _check_device(fleet: Fleet, state: Manifest, device: Manifest, now: Held, before: Held | None) -> None:
    name = device["name"]
    values = now.attributes["DEVICE", name]
    assert now.parents["DEVICE", name] == [state["name"]], name
    assert now.bodies["DEVICE", name]["label"] == device["label"]
    server = {
        key: value
        for (scope, key), value in values.items()
        if scope == "server" and key not in NOT_OF_THE_MANIFEST
    }
    left_alone = {key: value for key, value in server.items() if key.startswith("note")}
    assert server == {"serial": device["serial"], **device["attributes"], **left_alone}, name
    assert {key for scope, key in values if scope == "shared"} == {"reportEverySeconds", "papaya.sensors"}
    warn = fleet.manifest["sensorSets"]["meter"][0]["warnAbove"]
    assert f'"warnAbove":{warn}' in values["shared", "papaya.sensors"].replace(" ", ""), name
    token = fleet.secret(device)
    if token is not None:
        assert now.tokens[name] == token, name
    if before is not None and name in fleet.origin:
        # The same entity as before, by whatever name: its history survives.
        old = fleet.origin[name]
        assert now.id("DEVICE", name) == before.id("DEVICE", old), f"{old} -> {name}"
        if token is None:
            assert now.tokens[name] == before.tokens[old], name
