"""What tests with hostile surroundings share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.meter import Meter, witnesses


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[Meter]:
    """Return a meter whose agent is ended in the end."""
    folder = tmp_path / "meter"
    folder.mkdir()
    made = Meter(folder, "", witnesses(1))
    yield made
    made.kill()
