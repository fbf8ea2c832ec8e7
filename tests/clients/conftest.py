"""A sandbox for the clients of a file, and the administrator's client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from papaya.sandbox import Sandbox
from tests.clients.robot import install
from tests.unit.sandbox.client import Client


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    """The pinned clients are there."""
    install()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A server in memory that answers as 4.3.1.3."""
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[Client]:
    """The tenant administrator's client of it."""
    with Client(sandbox) as logged_in:
        yield logged_in
