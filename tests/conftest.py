"""What every test stands on: a clean environment, a home of its own, and no way out of this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.examples import is_soak

# Seeded, so that the same examples run everywhere; `make soak` looks further.
settings.register_profile("suite", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("soak", deadline=None, max_examples=5000, print_blob=True)
settings.load_profile("suite")

FOREIGN = ("PAPAYA_", "TB_", "_PAPAYA_", "XDG_")
FOREIGN_NAMES = {
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "http_proxy",
    "https_proxy",
    "all_proxy",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let `make soak` try properties again that the suite has time for a few examples of."""
    for item in items if is_soak() else ():
        if getattr(getattr(item, "obj", None), "is_tried_in_soak", False):
            item.add_marker(pytest.mark.soak)


class NetworkForbidden(RuntimeError):
    """A test tried to leave this machine."""


@pytest.fixture(autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the developer's own settings, credentials and terminal from a test."""
    for name in list(os.environ):
        if name.startswith(FOREIGN) or name.upper() in FOREIGN_NAMES:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for variable, folder in {
        "XDG_CONFIG_HOME": ".config",
        "XDG_CACHE_HOME": ".cache",
        "XDG_DATA_HOME": ".local/share",
        "XDG_STATE_HOME": ".local/state",
        "XDG_RUNTIME_DIR": ".run",
        "XDG_CONFIG_DIRS": ".system/config",
        "XDG_DATA_DIRS": ".system/share",
    }.items():
        monkeypatch.setenv(variable, str(home / folder))
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(autouse=True)
def no_way_out(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse connections and name look-ups beyond this machine, except for tests marked `network`."""
    if request.node.get_closest_marker("network"):
        yield
        return
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse_foreign(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        refuse_foreign(self.family, address)
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        refuse_foreign_host(host)
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield


def refuse_foreign(family: int, address: Any) -> None:
    """Raise unless the address belongs to this machine."""
    if family in {socket.AF_INET, socket.AF_INET6}:
        refuse_foreign_host(address[0])


def refuse_foreign_host(host: Any) -> None:
    """Raise unless the host is this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return
    try:
        local = ipaddress.ip_address(name).is_loopback or ipaddress.ip_address(name).is_unspecified
    except ValueError:
        local = False
    if not local:
        raise NetworkForbidden(f"a test wants to reach {name}; mark it `network` if it must")
