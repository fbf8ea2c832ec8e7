"""The settings of one run, each with where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from papaya.api.credentials import Credentials
from papaya.diagnostics import Diagnostic
from papaya.settings.properties import Properties


@dataclass(frozen=True, slots=True)
class Given:
    """A value and where it was given: `--url`, `PAPAYA_URL`, `config.properties:3`, `fleet.yaml:5:9`."""

    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says in so many words; None is what it leaves out."""

    url: str | None = None
    username: str | None = None
    config: str | None = None
    ca_file: str | None = None
    insecure: bool | None = None
    timeout: str | None = None
    retry_for: str | None = None
    concurrency: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Which server, who we are there, and how to talk to it.

    `origins` says for the name of every field where its value came from. `credentials_source` is one of the
    names in `candidates`. `notes` explains credentials that were found and not used, because they belong to
    another server or another user. `store_path` is where `papaya login` keeps tokens.
    """

    url: str
    credentials: Credentials = Credentials()
    credentials_source: str = ""
    ca_file: Path | None = None
    insecure: bool = False
    timeout: float = 30.0
    retry_for: float = 60.0
    concurrency: int = 100
    config_path: Path | None = None
    properties: Properties | None = field(default=None, repr=False)
    tenant: str | None = None
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    store_path: Path | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()

    def origin(self, name: str) -> str:
        """Return where the value of a field came from."""
        return self.origins.get(name, "default")
