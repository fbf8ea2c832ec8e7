"""What tests with hostile surroundings share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.meter import Meter, witnesses
from tests.hostile.watched import Watched, watching


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[Meter]:
    """Return a meter whose agent is ended in the end."""
    folder = tmp_path / "meter"
    folder.mkdir()
    made = Meter(folder, "", witnesses(1))
    yield made
    made.kill()


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    """Return a sandbox of which everything that it logs is seen."""
    with watching() as found:
        yield found
