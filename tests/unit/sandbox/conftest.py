"""A sandbox for a test, and a client that says little."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import Device


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


@pytest.fixture
def meter(client: Client) -> dict[str, Any]:
    """A device of the server."""
    return client.device("PM-1")


@pytest.fixture
def device(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> Iterator[Device]:
    """The device, connected."""
    with Device(sandbox, client.token_of(meter)) as connected:
        yield connected
