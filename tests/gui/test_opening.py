"""What can be opened inside the window: by clicks and keys, without a restart and without a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from papaya_gui.desk import Desk
from papaya_gui.sources.supply import Simulated
from papaya_gui.sources.wanted import Wanted, open_wanted
from papaya_gui.views.sign import FAULT
from papaya_gui.views.source_dialog import SourceDialog
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QApplication
from pyqtgraph import PlotWidget

from papaya.sandbox import Sandbox
from papaya.sensors.condition import Health
from papaya.settings import Options
from papaya.settings.token_store import TokenStore
from papaya.workspace.choice import ManifestChoice
from tests.cli.test_login import with_second_factor
from tests.gui.conftest import MakeDesk
from tests.gui.events import click, press, type_text
from tests.gui.hand import wait_until
from tests.unit.api.raw_server import RawServer
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.watcher import post_series

MANIFEST = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: goa-meters}
server: {url: "%s"}
sensorSets: {basic: [{key: t, name: Level, unit: cm, every: 1s}]}
countries:
  - {name: INDIA, states: [{name: Goa, devices: [{name: PM-1, sensors: basic}]}]}
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return a server with one device in a State of a Country, and one without a place."""
    with Sandbox() as running:
        with Client(running) as client:
            country, state = client.asset("INDIA", "Country"), client.asset("Goa")
            device = client.device("PM-1")
            client.contain(country, state)
            client.contain(state, device)
            client.set_attributes(device, {"latitude": 15.49, "longitude": 73.82, "serial": "SN-1"})
            post_series(client, device, t=42.0)
            client.device("LOOSE-1")
        yield running


def manifest_of(folder: Path, url: str) -> ManifestChoice:
    """Return a manifest that names a server."""
    path = folder / "goa.yaml"
    path.write_text(MANIFEST % url, encoding="utf-8")
    return ManifestChoice((path,))


def dialog_of(desk: Desk) -> SourceDialog:
    """Return the dialog once it is open."""
    wait_until(lambda: desk.dialog is not None and desk.dialog.isVisible())
    assert desk.dialog is not None
    return desk.dialog


def fill_in(dialog: SourceDialog, url: str, password: str = Sandbox.password) -> None:
    """Write address, user and password with the keys."""
    form = dialog.sign_in
    for line, text in ((form.url, url), (form.username, Sandbox.username), (form.password, password)):
        line.clear()
        type_text(line, text)


def test_from_the_start_page_one_connects_to_a_server_and_sees_its_real_fleet(
    make_desk: MakeDesk, sandbox: Sandbox
) -> None:
    desk = make_desk(Wanted())
    window = desk.window
    assert window.banner.isVisible() and "demo fleet" in window.banner.text()
    window.actions_["open-start"].trigger()
    assert window.start.isVisible()
    click(window.start.buttons["server"])
    dialog = dialog_of(desk)
    fill_in(dialog, sandbox.url)
    click(dialog.go)
    wait_until(lambda: set(window.station.catalog.devices) == {"PM-1", "LOOSE-1"})
    wait_until(lambda: desk.dialog is None)
    assert not window.banner.isVisible() and not window.start.isVisible()
    assert window.station.catalog.device("PM-1").state == "Goa"
    assert window.station.catalog.device("PM-1").serial == "SN-1"
    assert window.station.supply.simulated is Simulated.NOTHING
    wait_until(lambda: window.station.condition.health is Health.LIVE)
    wait_until(lambda: window.station.catalog.find("PM-1", "t") is not None)
    wait_until(lambda: 42.0 in window.station.board.values)
    assert window.status.server.text() == sandbox.url
    stored = TokenStore().find(sandbox.url)
    assert stored is not None and stored.username == Sandbox.username
    assert [one.server.url for one in desk.recent.all()] == [sandbox.url]


def test_a_manifest_that_names_a_server_asks_to_sign_in_and_simulates_nothing(
    make_desk: MakeDesk, sandbox: Sandbox, tmp_path: Path
) -> None:
    desk = make_desk(Wanted(manifest_of(tmp_path, sandbox.url)))
    window = desk.window
    assert window.start.isVisible() and not window.banner.isVisible()
    assert sandbox.url in window.start.words.text()
    press(window.start.buttons["sign-in"], Qt.Key.Key_Space)
    dialog = dialog_of(desk)
    assert dialog.sign_in.url.text() == sandbox.url
    fill_in(dialog, sandbox.url)
    press(dialog.sign_in.password, Qt.Key.Key_Return)
    wait_until(lambda: 42.0 in window.station.board.values)
    assert window.station.catalog.fleet.name == "goa-meters"
    assert not window.start.isVisible()
    assert desk.wanted.server.url is None


def test_that_manifest_is_simulated_once_a_person_says_so_with_a_way_back(
    make_desk: MakeDesk, sandbox: Sandbox, tmp_path: Path
) -> None:
    desk = make_desk(Wanted(manifest_of(tmp_path, sandbox.url)))
    window = desk.window
    click(window.start.buttons["simulated"])
    wait_until(lambda: window.station.supply.simulated is Simulated.ALL)
    wait_until(window.banner.isVisible)
    assert window.station.catalog.fleet.name == "goa-meters"
    click(window.banner.sign_in)
    assert dialog_of(desk).sign_in.url.text() == sandbox.url


def test_a_wrong_password_is_told_in_the_dialog_and_can_be_mended(
    make_desk: MakeDesk, sandbox: Sandbox
) -> None:
    desk = make_desk(Wanted())
    desk.window.actions_["open-server"].trigger()
    dialog = dialog_of(desk)
    fill_in(dialog, sandbox.url, "wrong")
    click(dialog.go)
    wait_until(lambda: "Invalid username or password" in dialog.words.text())
    assert dialog.isVisible() and dialog.go.isEnabled()
    assert "wrong" not in dialog.words.text()
    fill_in(dialog, sandbox.url)
    click(dialog.go)
    wait_until(lambda: "PM-1" in desk.window.station.catalog.devices)


def test_a_server_that_is_away_is_told_in_the_dialog_without_commands(make_desk: MakeDesk) -> None:
    desk = make_desk(Wanted())
    desk.window.actions_["open-server"].trigger()
    dialog = dialog_of(desk)
    fill_in(dialog, "http://127.0.0.1:9")
    click(dialog.go)
    wait_until(lambda: "connection refused" in dialog.words.text().lower())
    assert "--" not in dialog.words.text() and "papaya login" not in dialog.words.text()
    assert desk.station.catalog.fleet.name == "papaya-demo"


def test_a_file_whose_dates_may_mean_two_days_is_opened_by_the_choice_of_a_person(
    make_desk: MakeDesk, tmp_path: Path
) -> None:
    path = tmp_path / "M1.csv"
    path.write_text("time,t\n10/01/2026 10:00,5\n10/01/2026 10:01,6\n", encoding="utf-8")
    desk = make_desk(Wanted())
    desk.window.actions_["open-file"].trigger()
    dialog = dialog_of(desk)
    assert not dialog.dates.isVisible()
    type_text(dialog.file, str(path))
    assert dialog.dates.isVisible() and not dialog.table.isVisible()
    click(dialog.go)
    wait_until(lambda: "may mean two days, such as 10/01/2026 10:00" in dialog.words.text())
    assert "under Dates" in dialog.words.text()
    dialog.dates.setFocus()
    press(dialog.dates, Qt.Key.Key_Down)
    assert dialog.dates.currentText().startswith("Day first")
    click(dialog.go)
    wait_until(lambda: "M1" in desk.window.station.catalog.devices)
    wait_until(lambda: desk.window.station.recorded is not None)
    assert desk.window.station.recorded == (1_768_039_200.0, 1_768_039_260.0)
    # It is opened so again.
    assert desk.recent.all()[0].source == f"file:{path}?dates=day-first"


def test_an_api_key_signs_in_and_is_kept_where_the_tokens_are(make_desk: MakeDesk, sandbox: Sandbox) -> None:
    with Client(sandbox) as client:
        user = client.get("/api/auth/user")
        key = client.post("/api/apiKey", {"userId": user["id"], "enabled": True, "description": "window"})
    desk = make_desk(Wanted())
    desk.window.actions_["open-server"].trigger()
    dialog = dialog_of(desk)
    form = dialog.sign_in
    form.by_key.click()
    assert not form.password.isVisible() and form.api_key.isVisible()
    type_text(form.url, sandbox.url)
    type_text(form.api_key, key["value"])
    click(dialog.go)
    wait_until(lambda: "PM-1" in desk.window.station.catalog.devices)
    wait_until(lambda: desk.window.station.condition.health is Health.POLLING)
    store = TokenStore()
    stored = store.find(sandbox.url)
    assert stored is not None and stored.api_key == key["value"]
    assert store.path.stat().st_mode & 0o077 == 0
    assert key["value"] not in desk.recent.path.read_text(encoding="utf-8")


def test_a_second_factor_is_asked_for_inside_and_a_wrong_code_can_be_mended(make_desk: MakeDesk) -> None:
    with RawServer(with_second_factor) as server:
        desk = make_desk(Wanted())
        desk.window.actions_["open-server"].trigger()
        dialog = dialog_of(desk)
        form = dialog.sign_in
        fill_in(dialog, server.url)
        click(dialog.go)
        wait_until(form.way.isVisible)
        assert form.way.currentText() == "EMAIL (a***n@example.com)"
        click(dialog.go)
        wait_until(form.code.isVisible)
        type_text(form.code, "000000")
        press(form.code, Qt.Key.Key_Return)
        wait_until(lambda: "Verification code is incorrect" in dialog.words.text())
        wait_until(form.code.isEnabled)
        type_text(form.code, "123456")
        click(dialog.go)
        wait_until(lambda: TokenStore().find(server.url) is not None)
        stored = TokenStore().find(server.url)
        assert stored is not None and stored.token == "full-token"  # noqa: S105 - of the test's own server


def test_a_dialog_that_is_closed_while_it_asks_leaves_everything_as_it_was(make_desk: MakeDesk) -> None:
    with RawServer(with_second_factor) as server:
        desk = make_desk(Wanted())
        before = desk.station
        desk.window.actions_["open-server"].trigger()
        dialog = dialog_of(desk)
        fill_in(dialog, server.url)
        click(dialog.go)
        wait_until(dialog.sign_in.way.isVisible)
        press(dialog, Qt.Key.Key_Escape)
        wait_until(lambda: desk.dialog is None)
        assert desk.station is before and TokenStore().find(server.url) is None


def test_another_source_keeps_window_and_plot_and_ends_the_source_before(
    make_desk: MakeDesk, sandbox: Sandbox, tmp_path: Path
) -> None:
    manifest = manifest_of(tmp_path, sandbox.url)
    desk = make_desk(Wanted(manifest, "simulated"))
    window, before = desk.window, desk.station
    wait_until(lambda: before.tape.end > 0)
    row = before.catalog.find("PM-1", "t")
    assert row is not None
    before.select([row.index])
    window.pages.setCurrentWidget(window.map)
    position = window.geometry()
    data = tmp_path / "values.csv"
    data.write_text("device,key,value\nPM-1,t,17.5\n", encoding="utf-8")
    desk.open(Wanted(manifest, f"file:{data}"))
    wait_until(lambda: desk.station is not before)
    wait_until(lambda: 17.5 in desk.station.board.values)
    now = desk.station.catalog.find("PM-1", "t")
    assert now is not None and list(desk.station.selection) == [now.index]
    assert window.pages.currentWidget() is window.map
    assert window.geometry() == position
    wait_until(lambda: before.supply._thread is None or not before.supply._thread.is_alive())  # type: ignore[attr-defined]
    assert not window.banner.isVisible()
    assert window.actions_["pause"].shortcut().toString() == "Space"


def test_nothing_half_open_is_drawn_and_a_window_that_closes_opens_it_first(
    make_desk: MakeDesk, tmp_path: Path
) -> None:
    data = tmp_path / "pumps.csv"
    data.write_text("device,key,value\nP-1,flow,1.5\n", encoding="utf-8")
    desk = make_desk(Wanted())
    desk.show_opened(open_wanted(Wanted(source=f"file:{data}")))
    assert not desk.window.updatesEnabled()
    desk.close()
    assert desk.window.updatesEnabled()
    assert desk.station.catalog.devices == ("P-1",) == desk.window.station.catalog.devices
    assert [one.source for one in desk.recent.all()] == [f"file:{data}"]


def test_the_map_is_made_when_it_is_first_shown_and_its_width_is_kept_until_then(
    make_desk: MakeDesk,
) -> None:
    desk = make_desk(Wanted())
    window = desk.window
    assert window.map.findChild(PlotWidget) is None
    device = window.station.catalog.devices[3]
    window.station.focus(device)
    assert "map-splitter" in desk.memory.present().splitters
    window.pages.setCurrentWidget(window.map)
    assert window.map.findChild(PlotWidget) is window.map.plot
    assert window.map.marks.chosen == window.map.geography.numbers[device]


def test_a_manifest_with_a_fault_is_told_and_leaves_what_is_open(make_desk: MakeDesk, tmp_path: Path) -> None:
    desk = make_desk(Wanted())
    before = desk.station
    path = tmp_path / "wrong.yaml"
    path.write_text("kind: Fleet\n", encoding="utf-8")
    desk.open_manifest(path)
    wait_until(lambda: desk.window.notice.sign.icon_name == FAULT)
    assert "wrong.yaml" in desk.window.notice.text.text()
    assert desk.station is before


def test_a_data_file_without_a_manifest_shows_its_own_devices(make_desk: MakeDesk, tmp_path: Path) -> None:
    data = tmp_path / "pumps.csv"
    data.write_text("device,key,value\nP-1,flow,1.5\nP-2,flow,2.5\n", encoding="utf-8")
    desk = make_desk(Wanted())
    desk.window.actions_["open-file"].trigger()
    dialog = dialog_of(desk)
    type_text(dialog.file, str(data))
    click(dialog.go)
    wait_until(lambda: set(desk.window.station.catalog.devices) == {"P-1", "P-2"})
    wait_until(lambda: {1.5, 2.5} <= set(desk.window.station.board.values))


def test_what_was_opened_is_offered_again_without_its_secrets(
    make_desk: MakeDesk, sandbox: Sandbox, tmp_path: Path
) -> None:
    desk = make_desk(Wanted())
    for number in range(10):
        desk.recent.note(Wanted(source=f"file:/data/{number}.csv", password="hidden"))
    assert [one.source for one in desk.recent.all()] == [f"file:/data/{n}.csv" for n in range(9, 1, -1)]
    assert "hidden" not in desk.recent.path.read_text(encoding="utf-8")
    data = tmp_path / "pumps.csv"
    data.write_text("device,key,value\nP-1,flow,1.5\n", encoding="utf-8")
    desk.recent.note(Wanted(source=f"file:{data}"))
    bar = desk.window.menuBar()
    assert bar is not None
    entry = _recent_entries(desk)[0]
    assert "pumps.csv" in entry.text()
    entry.trigger()
    wait_until(lambda: set(desk.window.station.catalog.devices) == {"P-1"})
    desk.recent.path.write_text("not ours", encoding="utf-8")
    assert desk.recent.all() == ()


def _recent_entries(desk: Desk) -> list[QAction]:
    bar = desk.window.menuBar()
    assert bar is not None
    file = bar.actions()[0].menu()
    assert file is not None
    recent = next(action.menu() for action in file.actions() if action.menu() is not None)
    assert recent is not None
    recent.aboutToShow.emit()
    return list(recent.actions())


def test_the_private_authority_of_a_server_is_remembered(make_desk: MakeDesk) -> None:
    desk = make_desk(Wanted())
    desk.recent.note(Wanted(server=Options(url="https://tb.example", ca_file="/ca.pem")))
    assert desk.recent.ca_file_of("https://tb.example") == "/ca.pem"
    assert desk.recent.ca_file_of("https://other.example") is None


def test_about_has_version_and_licenses_and_help_opens_the_documentation(make_desk: MakeDesk) -> None:
    desk = make_desk(Wanted())
    desk.window.actions_["about"].trigger()
    about = QApplication.activeModalWidget()
    assert about is not None and about.objectName() == "about"
    text = about.text.toPlainText()  # type: ignore[attr-defined]
    assert "Apache License 2.0" in text and "GNU General Public License" in text
    about.close()
    press(desk.window, Qt.Key.Key_F1)
    wait_until(lambda: getattr(QApplication.activeModalWidget(), "objectName", str)() == "documentation")
    shown = QApplication.activeModalWidget()
    assert shown is not None
    assert shown.text.toPlainText().startswith("The window")  # type: ignore[attr-defined]
    shown.close()
