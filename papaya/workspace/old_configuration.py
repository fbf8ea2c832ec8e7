"""What a config.properties says about its one device, for `papaya init --from-config`."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from papaya.errors import SettingsError
from papaya.foreign import ForeignValue, number_in
from papaya.manifest.model import AUTO
from papaya.server_url import shown_url, without_page
from papaya.settings.url import normalized
from papaya.workspace.files import read_file

_LARGEST_PORT = 65_535
# What no name, path or address holds, but the next line does.
_SWALLOWED = re.compile(r"[=\n]")
_IS_SECRET = re.compile(r"(?:password|token|secret|api_?key)$", re.I)
_SHORTEST_SECRET = 6
_TRUE = ("1", "true", "yes", "on")
_SECRETS = ("password", "token", "refresh_token")
_PROFILES = {
    "country": "country_profile_name",
    "state": "state_profile_name",
    "device": "device_profile_name",
}


@dataclass
class OldConfiguration:
    """The parts of a config.properties that belong into a manifest; `notes` say what became of the others."""

    name: str
    url: str | None = None
    profiles: dict[str, Any] = field(default_factory=dict)
    country: str = "COUNTRY"
    state: str = "STATE"
    device_name: str | None = None
    serial: str | None = None
    location: dict[str, float] | None = None
    tunnel: dict[str, Any] | None = None
    device_tunnel: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)


def read_old_configuration(path: Path) -> OldConfiguration:
    """Return what a config.properties says; what it says wrongly is left out and noted.

    It is read more tolerantly than where its values are used: a person starts over from it.
    """
    text = read_file(path)
    if not isinstance(text, str):
        raise SettingsError(f"{path}: {text.summary}", remedy=text.remedy)
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text.removeprefix("\ufeff"))
    except (configparser.Error, AttributeError) as error:
        # Its messages quote lines, which may hold secrets. Where a line without a value goes on, it raises
        # AttributeError by a fault of its own.
        line = getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else str(path)
        raise SettingsError(
            f"{where}: the file has lines that are no `key = value` in a [section]",
            remedy="mend them, or start without --from-config",
        ) from None
    return _Reading(path, parser).result()


class _Reading:
    """Takes the values of one file over, one section after the other."""

    def __init__(self, path: Path, parser: configparser.ConfigParser) -> None:
        self.parser = parser
        self.old = OldConfiguration(path.name)
        self.secrets = {
            value
            for section in parser.sections()
            for key in parser.options(section)
            if _IS_SECRET.search(key)
            and (value := self.written(section, key))
            and len(value) >= _SHORTEST_SECRET
        }

    def result(self) -> OldConfiguration:
        """Return everything that was understood."""
        old = self.old
        old.url = self.url()
        old.profiles = {
            key: value for key, name in _PROFILES.items() if (value := self.text("profiles", name))
        }
        self.take_assets()
        old.location = self.location()
        self.take_tunnel()
        kept = [name for name in _SECRETS if self.written("thingsboard", name)]
        if kept:
            old.notes.append(
                f"Not copied: {' and '.join(kept)}. They stay in {old.name}, where papaya finds them; "
                "elsewhere write `server: {username: …, password: {env: TB_PASSWORD}}`."
            )
        return old

    def url(self) -> str | None:
        """Return the server's URL without the user, password or query in it: a manifest is shared."""
        written = self.written("thingsboard", "url")
        if written is None:
            return None
        url = shown_url(without_page(written)).rstrip("/")
        if shown_url(written) != written:
            self.old.notes.append(
                "Not copied: the user, password or query in [thingsboard] url. Sign in with papaya login."
            )
        try:
            normalized(url, self.old.name)
        except SettingsError:
            # Where a line break is missing, it holds what the next line says, a password perhaps.
            self.old.notes.append("Not copied: [thingsboard] url, which is not the address of a server.")
            return None
        return None if self.has_swallowed("thingsboard", "url", url) else url

    def take_assets(self) -> None:
        """Take over the names of the places and of the device."""
        old = self.old
        old.device_name = self.text("assets", "device_name")
        old.serial = self.text("assets", "serial_number")
        if old.device_name is None:
            old.device_name = old.serial or "DEVICE"
            old.notes.append(f"[assets] names no device_name: the device is called {old.device_name}.")
        for field_name, key in (("country", "country_name"), ("state", "state_name")):
            name = self.text("assets", key)
            if name is None:
                old.notes.append(f"[assets] names no {key}: write one instead of {getattr(old, field_name)}.")
            else:
                setattr(old, field_name, name)

    def location(self) -> dict[str, float] | None:
        """Return the location, if there is one on Earth; 0, 0 is what was never filled in."""
        latitude, longitude = (self.number("location", key) for key in ("latitude", "longitude"))
        if latitude is None or longitude is None or latitude == longitude == 0:
            return None
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            self.old.notes.append("[location] lies outside of the Earth: the device finds its place itself.")
            return None
        return {"latitude": latitude, "longitude": longitude}

    def take_tunnel(self) -> None:
        """Take over the reverse SSH tunnel."""
        host = self.text("ssh", "host")
        if host is None:
            return
        user, key = self.text("ssh", "user"), self.text("ssh", "key_path")
        self.old.tunnel = {"host": host, **({"user": user} if user else {})}
        if key and key.startswith("/"):
            self.old.tunnel["identityFile"] = key
        elif key:
            self.old.notes.append(
                f"[ssh] key_path {key} is no whole path: a service has no home. It is left out; "
                "write the whole path as identityFile of the tunnel, or make a key: papaya tunnel keygen"
            )
        if (self.text("ssh", "remote_port") or "").lower() == AUTO:
            self.old.tunnel["remotePorts"] = {"from": 20000, "to": 32767}
            self.old.device_tunnel = {"remotePort": AUTO}
        else:
            port = self.number("ssh", "remote_port")
            is_port = port is not None and 1 <= port <= _LARGEST_PORT and port == int(port)
            self.old.device_tunnel = {"remotePort": int(port)} if is_port and port is not None else {}
            if port is not None and not is_port:
                self.old.notes.append(f"[ssh] remote_port {port:g} is no port and was left out.")
        if (self.text("ssh", "enabled") or "").lower() not in _TRUE:
            self.old.device_tunnel["enabled"] = False

    def text(self, section: str, key: str) -> str | None:
        """Return a value to copy, None where it is empty or may hold a secret."""
        value = self.written(section, key)
        return None if value is None or self.has_swallowed(section, key, value) else value

    def has_swallowed(self, section: str, key: str, value: str) -> bool:
        """Note and return whether a value may hold another one: where a line break is missing, a password."""
        if not _SWALLOWED.search(value) and not any(secret in value for secret in self.secrets):
            return False
        note = f"Not copied: [{section}] {key}, which holds a = or a secret: is a line break missing?"
        if note not in self.old.notes:
            self.old.notes.append(note)
        return True

    def written(self, section: str, key: str) -> str | None:
        """Return a value without blanks and quotes around it, None where it is empty."""
        value = self.parser.get(section, key, fallback=None)
        stripped = (value or "").strip().strip("\"'").strip()
        return stripped or None

    def number(self, section: str, key: str) -> float | None:
        """Return a number, None where there is none."""
        value = self.text(section, key)
        if value is None:
            return None
        try:
            return float(number_in(value))
        except ForeignValue:
            self.old.notes.append(f"[{section}] {key} is no number and was left out.")
            return None
