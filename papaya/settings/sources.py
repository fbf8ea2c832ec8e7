"""Everything that settings may come from, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from papaya.errors import SettingsError
from papaya.manifest.model import Server
from papaya.settings.model import Given, Options
from papaya.settings.properties import Properties


@dataclass(frozen=True, slots=True)
class Sources:
    """Command line, environment, `config.properties`, the manifest's server, the store of `papaya login`."""

    options: Options
    environment: Mapping[str, str] = field(repr=False)
    server: Server
    manifest_folder: Path
    store_path: Path
    config_path: Path | None = None
    properties: Properties | None = None

    def given(self, name: str) -> Given | None:
        """Return an option: from the command line, else from its variable `PAPAYA_<NAME>`."""
        value = getattr(self.options, name)
        if value is not None:
            return Given(str(value), f"--{name.replace('_', '-')}")
        return self.variable(f"PAPAYA_{name.upper()}")

    def variable(self, *names: str) -> Given | None:
        """Return the first of these environment variables that is not empty, without line breaks at its ends.

        A mounted secret often has one there. Raises `SettingsError` if there are more lines.
        """
        for name in names:
            if value := self.environment.get(name, "").strip("\r\n"):
                if "\n" in value or "\r" in value:
                    raise SettingsError(f"{name} has more than one line", remedy=f"Set {name} to one line.")
                return Given(value, name)
        return None

    @property
    def manifest_origin(self) -> str:
        """Return where the manifest names its server."""
        return str(self.server.mark) if self.server.mark is not None else "the manifest"
