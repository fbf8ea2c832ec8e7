"""What tests of the window's sources share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.gui.ear import Ear


@pytest.fixture
def ears() -> Iterator[list[Ear]]:
    """What listens in a test, ended with it."""
    made: list[Ear] = []
    yield made
    for ear in made:
        ear.close()
