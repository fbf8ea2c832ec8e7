"""Makes the pictures of the window in docs/images that need a server: a sandbox with the demo fleet.

It needs the extras gui and sandbox, and any screen, or none (QT_QPA_PLATFORM=offscreen).
"""

from __future__ import annotations

import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import requests
from papaya_gui.application import Wish, _make_desk
from papaya_gui.desk import Desk
from papaya_gui.faults import Faults
from papaya_gui.models.catalog import Catalog, Row
from papaya_gui.models.overview import By
from papaya_gui.sources.wanted import Wanted, open_wanted
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, apply
from PyQt6.QtCore import QEventLoop, QTimer
from PyQt6.QtWidgets import QApplication, QWidget

from papaya.cli import main as papaya
from papaya.manifest.model import Json
from papaya.sandbox import Sandbox
from papaya.workspace.choice import ManifestChoice
from papaya.workspace.fleet import load_fleet

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SIZE, WALL = (1280, 800), (1600, 900)
HOURS, STEP = 6, 20
TOLD = ("PM-0001", "PM-0002", "MTR-0004", "MTR-0007", "MUC-0003", "BER-0001", "BER-0003")
ALARMS = (
    ("PM-0001", "Door open", "MINOR"),
    ("MTR-0007", "Battery low", "MAJOR"),
    ("MUC-0003", "Clock drift", "WARNING"),
    ("BER-0001", "Firmware outdated", "INDETERMINATE"),
)
WITHOUT, CHANGED = "BER-0010", "MTR-0002"


class Server:
    """Fills the sandbox: devices report, alarms are raised, somebody changes a device."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._url, self._session = sandbox.url, requests.Session()
        pair = self._post("/api/auth/login", {"username": sandbox.username, "password": sandbox.password})
        self._session.headers["X-Authorization"] = f"Bearer {pair['token']}"
        page = self._session.get(f"{self._url}/api/tenant/devices?pageSize=100&page=0", timeout=60).json()
        self._devices: dict[str, dict[str, str]] = {one["name"]: one["id"] for one in page["data"]}

    def _post(self, path: str, body: Json | list[Json]) -> Mapping[str, str]:
        answer = self._session.post(self._url + path, json=body, timeout=60)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}

    def fill(self, catalog: Catalog, now: float) -> None:
        """Let devices have reported for hours, all others once; raise alarms; lose and change a device."""
        for name, identifier in self._devices.items():
            moments = range(-3600 * HOURS, 1, STEP) if name in TOLD else range(-STEP, 1, STEP)
            body: list[Json] = [
                {
                    "ts": round((now + moment) * 1000),
                    "values": {row.sensor.key: _value(row, now + moment) for row in catalog.rows_of(name)},
                }
                for moment in moments
            ]
            self._post(f"/api/plugins/telemetry/DEVICE/{identifier['id']}/timeseries/ANY", body)
        for name, kind, severity in ALARMS:
            told: Json = {"originator": dict(self._devices[name]), "type": kind, "severity": severity}
            self._post("/api/alarm", told)
        path = f"/api/plugins/telemetry/DEVICE/{self._devices[CHANGED]['id']}/attributes/SERVER_SCOPE"
        self._post(path, {"operator": "somebody"})
        self._session.delete(f"{self._url}/api/device/{self._devices[WITHOUT]['id']}", timeout=60)


def _value(row: Row, moment: float) -> float:
    """Return a plausible value; one device is too hot, the battery of another nearly empty."""
    turn = moment / 3600 + sum(map(ord, row.device))
    if "temperature" in row.sensor.key:
        return round((78 if row.device == "MTR-0004" else 31) + 4 * math.sin(2 * turn), 1)
    if "battery" in row.sensor.key:
        return round((11.3 if row.device == "BER-0003" else 12.4) + 0.2 * math.sin(turn), 2)
    return round(60 + 40 * math.sin(3 * turn), 1)


def main(folder: Path = IMAGES) -> int:
    """Take every picture and return the exit code."""
    with tempfile.TemporaryDirectory() as name, Sandbox() as sandbox:
        home = Path(name)
        for variable in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            os.environ[variable] = name
        os.environ["PAPAYA_USERNAME"], os.environ["PAPAYA_PASSWORD"] = sandbox.username, sandbox.password
        demo = home / "demo"
        shutil.copytree(ROOT / "manifests" / "demo", demo)
        manifest = (demo / "fleet.yaml").read_text(encoding="utf-8")
        manifest = manifest.replace("http://127.0.0.1:8080", sandbox.url)
        manifest = manifest.replace("create: false", "create: true")
        (demo / "fleet.yaml").write_text(manifest, encoding="utf-8")
        if papaya(["apply", str(demo), "--yes", "--quiet"]):
            return 1
        Server(sandbox).fill(Catalog(load_fleet([demo])), time.time())
        application = QApplication(["papaya-gui"])
        apply(application, LIGHT)
        wanted = Wanted(ManifestChoice((demo,)))
        opened = open_wanted(wanted)
        station = Station(opened.fleet, opened.make_supply)
        desk = _make_desk(station, Faults(home / "window.log"), LIGHT, Wish(wanted=wanted, reset=True))
        desk.window.resize(*SIZE)
        desk.window.show_left_width()
        desk.window.show()
        station.start()
        _wait(4)
        _take_all(desk, folder)
        desk.close()
    return 0


def _take_all(desk: Desk, folder: Path) -> None:
    window, station = desk.window, desk.station
    window.attention.toast.hide()
    _turn(lambda: window.pages.setCurrentWidget(window.plan), 4)
    _save(window, folder / "plan.png")
    station.focus("PM-0001")
    _turn(lambda: window.pages.setCurrentWidget(window.alarms))
    _save(window, folder / "alarms.png")
    window.pages.setCurrentWidget(window.plot)
    hot, mild = (station.catalog.rows_of(name) for name in ("MTR-0004", "PM-0001"))
    station.select([hot[0].index, mild[0].index, mild[1].index])
    station.rearrange(lambda plotted: plotted.put_apart([mild[1].index], 1))
    _turn(window.plot.shown.timeline.show_all, 2)
    for place in ("a", "b"):
        window.actions_[f"plot.mark-{place}"].trigger()
    _turn(lambda: None)
    _save(window, folder / "panels.png")
    for name, file in (("plot.custom", "time-range"), ("open-server", "source")):
        _turn(window.actions_[name].trigger)
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            raise SystemExit(f"{name} opens no dialog")
        _save(dialog, folder / f"{file}.png")
        dialog.close()
    window.pages.setCurrentWidget(window.overview)
    window.notice.hide()
    _turn(window.full_screen.toggle)
    window.resize(*WALL)
    _turn(lambda: window.overview.show_by(By.DEVICE), 2)
    _save(window, folder / "wall.png")


def _turn(run: Callable[[], object], seconds: float = 1.0) -> None:
    run()
    _wait(seconds)


def _wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def _save(widget: QWidget, path: Path) -> None:
    if not widget.grab().save(str(path)):
        raise SystemExit(f"{path} cannot be written")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES))
