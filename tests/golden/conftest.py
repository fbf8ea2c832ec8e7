"""Lets golden plans be written again, to be looked at in the diff."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`; pytest knows it where `tests/golden` is named on the command line."""
    parser.addoption("--update-golden", action="store_true", help="write golden plans again")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden plans are written again."""
    return bool(request.config.getoption("--update-golden", default=False))
