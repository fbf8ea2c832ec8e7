"""A server, somebody who runs papaya against it, and nothing left over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.sandbox import Sandbox
from tests.e2e.operator import Operator
from tests.faults.server import PASSWORD, USERNAME


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Serve a tenant in memory, with an administrator for papaya."""
    with Sandbox() as server:
        server.add_tenant_administrator(USERNAME, PASSWORD)
        yield server


@pytest.fixture
def operator(sandbox: Sandbox, tmp_path: Path) -> Iterator[Operator]:
    """Return somebody with a folder of manifests; nothing that they saw or kept holds a secret."""
    somebody = Operator(tmp_path, sandbox.url)
    try:
        yield somebody
    finally:
        somebody.close()
    somebody.check_secrecy()
