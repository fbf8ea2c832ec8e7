"""What a run asks at its start goes out at once, and a user without the rights is told of all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from papaya.api.credentials import Credentials
from papaya.errors import Forbidden
from papaya.runs.run import open_run
from papaya.sandbox import Fault, Sandbox
from papaya.settings import Options
from tests.unit.engine.fleets import device, karnataka

FLEET = karnataka(device("PM-1"))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def person(sandbox: Sandbox) -> Credentials:
    return Credentials(username=sandbox.username, password=sandbox.password)


def test_user_version_profiles_and_counts_are_asked_for_at_once(sandbox: Sandbox) -> None:
    under_way: list[str] = []
    all_here = threading.Event()

    def hook(method: str, path: str) -> Fault | None:
        if path.startswith("/api/auth/login") or all_here.is_set():
            return None
        under_way.append(path.split("?")[0])
        if len(under_way) == 6:
            all_here.set()
        return Fault(held=lambda: not all_here.is_set())

    sandbox.before_reply = hook
    with open_run(FLEET, Options(url=sandbox.url), credentials=person(sandbox)) as run:
        assert len(run.plan().changes) == 3
    assert sorted(under_way) == [
        "/api/assetProfile/names",
        "/api/auth/user",
        "/api/deviceProfile/names",
        "/api/entitiesQuery/count",
        "/api/entitiesQuery/count",
        "/api/system/info",
    ]


def test_a_user_without_the_rights_is_told_so_whatever_the_lists_say(sandbox: Sandbox) -> None:
    sysadmin = Credentials(username="sysadmin@thingsboard.org", password="sysadmin")
    with (
        pytest.raises(Forbidden, match="needs a TENANT_ADMIN"),
        open_run(FLEET, Options(url=sandbox.url), credentials=sysadmin),
    ):
        pass
