"""A sandbox of each version for a test, who speaks to it, and a device of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


@pytest.fixture(params=["4.0.1", "4.3.1.3"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A server in memory, of both versions."""
    with Sandbox(emulate=request.param, rpc_timeout_floor=0.2) as running:
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
