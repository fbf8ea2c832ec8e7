"""`papaya gui` as a process on a screen of its own: it opens, is silent, outlives its server, ends well."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.e2e.meter import PATIENCE, wait_for
from tests.faults.server import PASSWORD, USERNAME
from tests.gui.screen import screen
from tests.gui.spoken import Spoken, accessibility
from tests.tunnel.bastion import free_port

TITLE = "PapayaMeter - Sensor Monitor"
USABLE = re.compile(r"the window is usable after ([0-9.]+) s")


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a screen."""
    with screen(tmp_path_factory.mktemp("screen")) as found:
        yield found


class Window:
    """A window in a process of its own; what it says goes to a file."""

    def __init__(self, folder: Path, display: str, *arguments: str, environment: Mapping[str, str]) -> None:
        self.log = folder / "said.txt"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "PAPAYA_"))}
        with self.log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "papaya", "gui", "-v", *arguments],
                cwd=folder,
                env={**kept, "DISPLAY": display, "HOME": str(folder), "LC_ALL": "C.UTF-8", **environment},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        """Return everything that was said so far."""
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, words: str) -> None:
        """Wait until something is said."""
        wait_for(lambda: bool(re.search(words, self.said())), PATIENCE, self.said)

    def close(self) -> None:
        """End it, however it is."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def titles(display: str) -> str:
    """Return what windows there are."""
    asked = ["xwininfo", "-root", "-tree", "-display", display]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_it_opens_without_a_manifest_says_nothing_of_qt_and_ends_on_a_signal(
    number: signal.Signals, display: str, tmp_path: Path
) -> None:
    window = Window(tmp_path, display, environment={})
    try:
        window.wait_for(USABLE.pattern)
        wait_for(lambda: f'"{TITLE}"' in titles(display), PATIENCE, lambda: titles(display))
        assert window.end(number) == 0
    finally:
        window.close()
    lines = [line for line in window.said().splitlines() if " INFO " not in line]
    assert lines == ["There is no manifest here: this is papaya's demo fleet."]
    left = Path(os.environ["XDG_STATE_HOME"]) / "papaya" / "window-papaya-demo.json"
    assert '"papayaLayout": 1' in left.read_text(encoding="utf-8")


MANIFEST = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: window}
{server}
sensorSets: {basic: [{key: temperature, unit: °C, every: 1s}]}
countries:
  - {name: INDIA, states: [{name: Goa, devices: [{name: PM-1, sensors: basic}]}]}
"""


@pytest.mark.parametrize(
    ("server", "arguments", "environment", "source", "said"),
    [
        (
            "server: {url: http://127.0.0.1:9}",
            [],
            {},
            "thingsboard: authentication refused",
            "http://127.0.0.1:9",
        ),
        ("server: {url: http://127.0.0.1:9}", ["--source", "simulated"], {}, "simulated: live", ""),
        (
            "server: {url: http://127.0.0.1:9}",
            [],
            {"PAPAYA_URL": "http://127.0.0.1:8"},
            "thingsboard: authentication refused",
            "two servers are named",
        ),
        (
            "",
            ["--url", "http://127.0.0.1:8"],
            {},
            "thingsboard: authentication refused",
            "http://127.0.0.1:8",
        ),
        ("", [], {}, "simulated: live", "no server is named"),
    ],
)
def test_it_simulates_nothing_for_a_manifest_that_names_a_server_unless_asked_to(
    display: str,
    tmp_path: Path,
    server: str,
    arguments: list[str],
    environment: dict[str, str],
    source: str,
    said: str,
) -> None:
    (tmp_path / "fleet.yaml").write_text(MANIFEST.replace("{server}", server), encoding="utf-8")
    window = Window(tmp_path, display, *arguments, environment=environment)
    try:
        window.wait_for(source)
        assert said in window.said()
        assert ("There are no readings: " in window.said()) is source.startswith("thingsboard")
        assert window.end() == 0
    finally:
        window.close()
    assert "Traceback" not in window.said()


def test_it_shows_a_server_that_goes_away_and_comes_back(display: str, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(
        """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: window}
profiles: {create: true}
sensorSets: {basic: [{key: temperature, unit: °C, every: 1s}]}
countries:
  - {name: INDIA, states: [{name: Goa, devices: [{name: PM-1, sensors: basic}]}]}
""",
        encoding="utf-8",
    )
    data, port = tmp_path / "data", free_port()
    with Sandbox(data=data, port=port) as sandbox:
        sandbox.add_tenant_administrator(USERNAME, PASSWORD)
        environment = {
            "PAPAYA_URL": sandbox.url,
            "PAPAYA_USERNAME": USERNAME,
            "PAPAYA_PASSWORD": PASSWORD,
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            assert main(["apply", str(tmp_path / "fleet.yaml"), "--yes"]) == 0
        window = Window(tmp_path, display, "--source", "thingsboard", environment=environment)
        try:
            window.wait_for("thingsboard: live")
        except BaseException:
            window.close()
            raise
    try:
        window.wait_for("thingsboard: server down")
        with Sandbox(data=data, port=port):
            said = len(window.said())
            wait_for(lambda: "thingsboard: live" in window.said()[said:], PATIENCE, window.said)
            assert window.end() == 0
    finally:
        window.close()
    assert PASSWORD not in window.said()
    assert "Traceback" not in window.said()


# What a person has to hear of to use it. Boxes around others, lines between them and empty texts say nothing.
CONTROLS = {
    *("push button", "check box", "radio button", "toggle button", "button menu", "menu item", "menu bar"),
    *("popup menu", "page tab", "page tab list", "combo box", "spin box", "text", "slider", "splitter"),
    *("grip", "table", "tree", "list", "tool bar", "progress bar", "frame"),
}


def test_a_screen_reader_hears_what_every_control_is_and_is_called(display: str, tmp_path: Path) -> None:
    with accessibility(tmp_path, display) as (bus, reader):
        told = {"DBUS_SESSION_BUS_ADDRESS": bus, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
        window = Window(tmp_path, display, "--source", "simulated", environment=told)
        try:
            window.wait_for(USABLE.pattern)
            first = reader.window()
            tabs = next(one for one in first.all() if one.role == "page tab list" and one.is_shown)
            for number, one in enumerate(tabs.parts):
                # Pages are made when they are first opened.
                if one.role == "page tab":
                    reader.press(tabs, number)
            found = list(reader.window().all())
        finally:
            window.close()
    assert {one.role for one in found}.isdisjoint({"", "unknown", "invalid", "redundant object"})
    assert {"table", "tree", "page tab", "menu item", "text", "spin box"} <= {one.role for one in found}
    assert [one for one in found if one.role in CONTROLS and not one.name] == []
    assert len([one for one in found if one.name]) > 200


def test_a_screen_reader_hears_every_control_of_the_dialogs(display: str, tmp_path: Path) -> None:
    # How each is left without a key, if it can be: the last one need not be.
    opened = {
        "Source…": "Cancel",
        "Time range": "Show this range",
        "MQTT broker…": "Cancel",
        "List all keys": "Close",
        "About PapayaMeter": "Close",
        "Documentation": "Close",
        "Save layout as…": "Cancel",
        # Those of Qt, where the desktop has none.
        "Save plot as PNG, 1×…": "Cancel",
        "Open manifest…": "Cancel",
        "Find device, sensor or action…": "",
    }
    heard: dict[str, list[Spoken]] = {}
    with accessibility(tmp_path, display) as (bus, reader):
        told = {"DBUS_SESSION_BUS_ADDRESS": bus, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
        window = Window(tmp_path, display, "--source", "simulated", environment=told)
        try:
            window.wait_for(USABLE.pattern)
            # Menus have their entries whether they are open or not.
            whole = [one for one in reader.window().all() if one.role in ("push button", "menu item")]
            for name, end in opened.items():
                reader.push(next(one for one in whole if one.name == name))
                dialog = reader.dialog()
                assert dialog is not None
                heard[name] = list(dialog.all())
                for one in heard[name]:
                    if one.name.replace("&", "") == end and one.role == "push button":
                        reader.push(one)
                        reader.dialog(is_open=False)
        finally:
            window.close()
    for name, found in heard.items():
        assert found[0].name, name
        assert [one for one in found if one.role in CONTROLS and not one.name] == [], name
    names = {name: {one.name for one in found} for name, found in heard.items()}
    assert {"Server URL", "User name (e-mail)", "Password", "Sign in"} <= names["Source…"]
    assert {"From", "To", "Year", "Ranges with a name"} <= names["Time range"]
    assert {"What to find", "What was found"} <= names["Find device, sensor or action…"]
