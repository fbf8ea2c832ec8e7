"""What people hear of a window: its tree in Qt's accessibility, read over D-Bus as screen readers do.

Qt tells it only on a real screen, so the window is a process of its own. Session bus, accessibility bus and
registry are started for a test, and end with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.e2e.meter import PATIENCE

_ACCESSIBLE, _ACTION = "org.a11y.atspi.Accessible", "org.a11y.atspi.Action"
_ROOT = "org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"
# Of what has as many parts as there are devices or readings, the first are looked at.
_LARGE, _MOST_PARTS = frozenset({"table", "tree", "tree table", "list", "list box"}), 8
_STATE_SHOWING = 25
# The error for an object that is no longer there.
_UNKNOWN = "org.freedesktop.DBus.Error.UnknownObject"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One thing of a window: what it is, what it is called, whether it can be seen, and what is inside."""

    bus: str
    path: str
    role: str
    name: str
    is_shown: bool
    parts: tuple[Spoken, ...]

    def all(self) -> Iterator[Spoken]:
        """Return it with everything inside."""
        yield self
        for part in self.parts:
            yield from part.all()


class Gone(Exception):
    """What was asked about has been closed since it was listed."""


class Reader:
    """Reads windows over the accessibility bus."""

    def __init__(self, address: str) -> None:
        self._bus: DBusConnection = open_dbus_connection(address)

    def close(self) -> None:
        """Hang up."""
        self._bus.close()

    def window(self) -> Spoken:
        """Return the only program that tells of itself, once there is one."""
        until = time.monotonic() + PATIENCE
        while not (found := self._ask(_ROOT, "GetChildren")):
            assert time.monotonic() < until, "no program tells of its window"
            time.sleep(0.05)
        return self.read(tuple(found[0]))

    def read(self, place: tuple[str, ...]) -> Spoken:
        """Return one thing with all that is inside."""
        bus, path = place
        role = self._ask(place, "GetRoleName")
        if role in _LARGE:
            parts = [self._ask(place, "GetChildAtIndex", "i", (number,)) for number in range(_MOST_PARTS)]
        else:
            parts = self._ask(place, "GetChildren")
        inside = [tuple(one) for one in parts if not one[1].endswith("/null")]
        shown, name = self._is_shown(place), self._property(place, "Name")
        return Spoken(bus, path, role, name, shown, tuple(self.read(one) for one in inside))

    def _is_shown(self, place: tuple[str, ...]) -> bool:
        low, _ = self._ask(place, "GetState")
        return bool(low >> _STATE_SHOWING & 1)

    def push(self, one: Spoken) -> None:
        """Do what a click on a button or an entry does, and wait for nothing: dialogs wait for a person."""
        there = DBusAddress(one.path, bus_name=one.bus, interface=_ACTION)
        self._bus.send(new_method_call(there, "DoAction", "i", (0,)))

    def dialog(self, is_open: bool = True) -> Spoken | None:
        """Wait until a dialog is open, or none is; return it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(Gone):
                programs = self._ask(_ROOT, "GetChildren")
                tops = [tuple(one) for one in self._ask(tuple(programs[0]), "GetChildren")]
                # One that is used again stays a part of its program while it is closed.
                found = [
                    one for one in tops
                    if self._ask(one, "GetRoleName") == "dialog" and self._is_shown(one)
                ]  # fmt: skip
                if bool(found) is is_open:
                    return self.read(found[0]) if found else None
            time.sleep(0.02)
        raise AssertionError("a dialog is awaited")

    def press(self, one: Spoken, part: int) -> None:
        """Do what a click on a part does; Qt makes parts anew, so that each is asked for just before."""
        place = tuple(self._ask((one.bus, one.path), "GetChildAtIndex", "i", (part,)))
        assert self._call(place, _ACTION, "DoAction", "i", (0,))

    def _ask(
        self, place: tuple[str, ...], name: str, form: str | None = None, told: tuple[Any, ...] = ()
    ) -> Any:
        return self._call(place, _ACCESSIBLE, name, form, told)

    def _call(
        self, place: tuple[str, ...], interface: str, name: str, form: str | None, told: tuple[Any, ...]
    ) -> Any:
        there = DBusAddress(place[1], bus_name=place[0], interface=interface)
        return self._send(new_method_call(there, name, form, told))

    def _property(self, place: tuple[str, ...], name: str) -> str:
        there = DBusAddress(place[1], bus_name=place[0], interface=_ACCESSIBLE)
        return str(self._send(Properties(there).get(name))[1])

    def _send(self, message: Any) -> Any:
        answer = self._bus.send_and_get_reply(message, timeout=PATIENCE)
        if answer.header.fields.get(HeaderFields.error_name) == _UNKNOWN:
            raise Gone(answer.body)
        assert answer.header.message_type is MessageType.method_return, answer.body
        return answer.body[0]


@contextlib.contextmanager
def accessibility(folder: Path, display: str) -> Iterator[tuple[str, Reader]]:
    """Run the buses; give the address for DBUS_SESSION_BUS_ADDRESS, and a reader."""
    program = shutil.which("dbus-daemon")
    assert program is not None, "dbus-daemon is missing: run .ci/packages"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    with (folder / "bus.log").open("wb") as said:
        daemon = subprocess.Popen(
            [program, "--session", "--nofork", "--nopidfile", "--print-address=1"],
            env={**environment, "DISPLAY": display},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
    try:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        assert address, (folder / "bus.log").read_text(encoding="utf-8", errors="replace")
        launcher = DBusAddress("/org/a11y/bus", bus_name="org.a11y.Bus", interface="org.a11y.Bus")
        with open_dbus_connection(address) as session:
            asked = new_method_call(launcher, "GetAddress")
            reader = Reader(session.send_and_get_reply(asked, timeout=PATIENCE).body[0])
        with contextlib.closing(reader):
            yield address, reader
    finally:
        # The launcher and its own bus end with it.
        daemon.terminate()
        daemon.wait(PATIENCE)
        if daemon.stdout is not None:
            daemon.stdout.close()
