"""`config.properties`: an INI file with what one device needs, from the server to its tunnel.

Read with ConfigUpdater, which also writes it: what the one accepts, the other keeps.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from dataclasses import dataclass, field

from configupdater import ConfigUpdater

from papaya.diagnostics import Diagnostic, Mark, has_errors, in_order
from papaya.manifest.model import Location
from papaya.settings.ini import faults_of, lines_of
from papaya.settings.values import Values

BYTE_ORDER_MARK = "\ufeff"
KNOWN: Mapping[str, tuple[str, ...]] = {
    "thingsboard": ("url", "username", "password", "token", "refresh_token"),
    "profiles": ("country_profile_name", "state_profile_name", "device_profile_name"),
    "assets": ("country_name", "state_name", "serial_number", "device_name"),
    "location": ("latitude", "longitude"),
    "ssh": ("enabled", "host", "user", "key_path", "remote_port"),
}


@dataclass(frozen=True, slots=True)
class Properties:
    """What a `config.properties` says; None is what it leaves out or leaves empty."""

    name: str
    url: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    country_profile_name: str | None = None
    state_profile_name: str | None = None
    device_profile_name: str | None = None
    country_name: str | None = None
    state_name: str | None = None
    serial_number: str | None = None
    device_name: str | None = None
    location: Location | None = None
    ssh_enabled: bool | None = None
    ssh_host: str | None = None
    ssh_user: str | None = None
    ssh_key_path: str | None = None
    ssh_remote_port: int | None = None
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict, repr=False)
    warnings: tuple[Diagnostic, ...] = ()

    def mark(self, section: str, key: str) -> Mark:
        """Return where a key stands."""
        return Mark(self.name, self.lines.get((section, key), 0))


def read_properties(text: str, name: str) -> Properties | tuple[Diagnostic, ...]:
    """Return what the text says, or every fault that keeps it from being understood."""
    found: list[Diagnostic] = []
    if text.startswith(BYTE_ORDER_MARK):
        text = text.removeprefix(BYTE_ORDER_MARK)
        found.append(
            Diagnostic(
                "the file begins with a byte-order mark",
                Mark(name, 1, 1),
                "warning",
                "Save it as UTF-8 without one: other programs may not find its first section.",
            )
        )
    updater = ConfigUpdater()
    try:
        updater.read_string(text, source=name)
    except configparser.Error as error:
        return in_order([*found, *faults_of(error, name, text)])
    values = Values(
        name,
        {
            (section.name, option.key): (option.value or "").strip()
            for section in updater.iter_sections()
            for option in section.iter_options()
        },
        lines_of(updater),
        found,
    )
    values.report_unknown([section.name for section in updater.iter_sections()], KNOWN)
    properties = _properties(values)
    return in_order(found) if has_errors(found) else properties


def _properties(values: Values) -> Properties:
    latitude = values.number("location", "latitude", 90)
    longitude = values.number("location", "longitude", 180)
    location = None
    if latitude is not None and longitude is not None:
        location = Location(latitude, longitude)
    elif (latitude is None) != (longitude is None):
        missing, given = ("latitude", "longitude") if latitude is None else ("longitude", "latitude")
        if not values.text("location", missing):
            values.complain("location", given, f"there is no {missing} beside it", "Give both or neither.")
    return Properties(
        name=values.name,
        url=values.word("thingsboard", "url"),
        username=values.text("thingsboard", "username"),
        password=values.line("thingsboard", "password"),
        token=values.word("thingsboard", "token"),
        refresh_token=values.word("thingsboard", "refresh_token"),
        country_profile_name=values.text("profiles", "country_profile_name"),
        state_profile_name=values.text("profiles", "state_profile_name"),
        device_profile_name=values.text("profiles", "device_profile_name"),
        country_name=values.text("assets", "country_name"),
        state_name=values.text("assets", "state_name"),
        serial_number=values.text("assets", "serial_number"),
        device_name=values.text("assets", "device_name"),
        location=location,
        ssh_enabled=values.switch("ssh", "enabled"),
        ssh_host=values.text("ssh", "host"),
        ssh_user=values.text("ssh", "user"),
        ssh_key_path=values.text("ssh", "key_path"),
        ssh_remote_port=values.port("ssh", "remote_port"),
        lines=values.lines,
        warnings=in_order(values.found),
    )
