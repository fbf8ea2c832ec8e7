"""Tenants for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real.targets import EVERYWHERE, fresh
from tests.real.tenants import Tenant


@pytest.fixture(params=EVERYWHERE)
def tenant(request: pytest.FixtureRequest) -> Iterator[Tenant]:
    """Have an empty tenant at each target."""
    with fresh(request.param) as tenant:
        yield tenant
