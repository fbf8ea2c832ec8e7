"""A sandbox of each version, and who works on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from papaya.sandbox import Sandbox
from tests.unit.apply.hand import Person
from tests.unit.apply.run import VERSIONS, Operator


@pytest.fixture(params=VERSIONS)
def operator(request: pytest.FixtureRequest) -> Iterator[Operator]:
    """Return an operator of a fresh server."""
    with Sandbox(emulate=request.param) as sandbox:
        one = Operator(sandbox)
        yield one
        one.session.close()


@pytest.fixture
def person(operator: Operator) -> Person:
    """Return somebody who works on the same server by hand."""
    return Person(operator.session)
