"""A sandbox for a test, and a client that says little."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A server in memory that answers as 4.3.1.3."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    """The tenant administrator's client of it."""
    with Client(sandbox) as logged_in:
        yield logged_in
