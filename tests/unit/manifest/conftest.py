"""How tests of the loader say what they load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import pytest

from papaya.diagnostics import Diagnostic
from papaya.manifest.load import Loaded, Source, load
from papaya.manifest.model import Fleet

HEAD = "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: test}\n"


class Load(Protocol):
    """Loads one Fleet document, given without its first three lines, and the CSV texts that it names."""

    def __call__(
        self, body: str, *, csv: Mapping[str, str] | None = None, environment: str | None = None
    ) -> Loaded: ...


@pytest.fixture
def loaded() -> Load:
    """Return what loads a manifest from the body of its Fleet document."""

    def load_body(
        body: str, *, csv: Mapping[str, str] | None = None, environment: str | None = None
    ) -> Loaded:
        def read_csv(asking: Source, name: str) -> Source | str:
            text = (csv or {}).get(name)
            return f"there is no file {name}" if text is None else Source(name, text, "csv")

        return load([Source("fleet.yaml", HEAD + body)], environment=environment, read_csv=read_csv)

    return load_body


@pytest.fixture
def fleet(loaded: Load) -> Callable[..., Fleet]:
    """Return what loads a manifest that has to be valid."""

    def load_valid(body: str, **options: object) -> Fleet:
        result = loaded(body, **options)  # type: ignore[arg-type]
        assert result.fleet is not None, [str(fault) for fault in result.diagnostics]
        return result.fleet

    return load_valid


@pytest.fixture
def faults(loaded: Load) -> Callable[..., list[str]]:
    """Return what loads a manifest and returns place and summary of each error."""

    def load_faulty(body: str, **options: object) -> list[str]:
        result = loaded(body, **options)  # type: ignore[arg-type]
        return [_told(fault) for fault in result.diagnostics if fault.severity == "error"]

    return load_faulty


@pytest.fixture
def warnings(loaded: Load) -> Callable[..., list[str]]:
    """Return what loads a manifest and returns place and summary of each warning."""

    def load_warned(body: str, **options: object) -> list[str]:
        result = loaded(body, **options)  # type: ignore[arg-type]
        return [_told(fault) for fault in result.diagnostics if fault.severity == "warning"]

    return load_warned


def _told(fault: Diagnostic) -> str:
    return f"{fault.mark}: {fault.summary}"
