"""Where the tests of this folder run: on sandboxes, and on the servers of `THINGSBOARD_URLS` where it is set.

The variable holds addresses with spaces between them. Each test makes tenants of its own there as the
system administrator and deletes them:

    THINGSBOARD_URLS='http://127.0.0.1:8080 http://127.0.0.1:8081' python -m pytest -m network tests/real
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.real.tenants import Tenant, sandbox_tenant, tenant_of

VERSIONS = ("4.0.1", "4.3.1.3")
URLS = tuple(os.environ.get("THINGSBOARD_URLS", "").split())
_MARKS = (pytest.mark.network, pytest.mark.soak, pytest.mark.timeout(3600))
REAL = [pytest.param(url, marks=_MARKS) for url in URLS]
EVERYWHERE = [*VERSIONS, *REAL]
PAIRS = [
    ("4.0.1", "4.0.1"),
    ("4.3.1.3", "4.3.1.3"),
    ("4.0.1", "4.3.1.3"),
    *(pytest.param((first, second), marks=_MARKS) for at, first in enumerate(URLS) for second in URLS[at:]),
]


@contextmanager
def fresh(target: str) -> Iterator[Tenant]:
    """Have an empty tenant at a target: the version of a sandbox, or the address of a server."""
    with tenant_of(target) if "://" in target else sandbox_tenant(target) as tenant:
        yield tenant
