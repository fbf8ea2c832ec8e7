"""The plan page: what the command line says of the open manifest, made in a worker, marked in the tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from papaya_gui.desk import Desk
from papaya_gui.models.condition import Condition
from papaya_gui.models.shape import ROOT
from papaya_gui.sources.planning import CHANGED, NOT_THERE, command
from papaya_gui.sources.wanted import Wanted
from papaya_gui.theme import DARK
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtTest import QSignalSpy
from PyQt6.QtWidgets import QWidget

from papaya.cli import main
from papaya.sandbox import Sandbox
from papaya.settings import Options
from papaya.workspace.choice import ManifestChoice
from tests.gui.conftest import MakeDesk
from tests.gui.events import click, press
from tests.gui.hand import wait_until
from tests.unit.sandbox.client import Client

MANIFEST = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: goa-meters}
server: {url: "%s"}
profiles: {create: true}
sensorSets: {basic: [{key: t, name: Level, unit: cm, every: 1s}]}
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
          - {name: PM-1, label: Beach, sensors: basic}
          - {name: PM-2, sensors: basic}
"""


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Return a server, with the credentials for it in the environment."""
    with Sandbox() as running:
        monkeypatch.setenv("PAPAYA_USERNAME", Sandbox.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", Sandbox.password)
        yield running


@pytest.fixture
def manifest(tmp_path: Path, sandbox: Sandbox) -> Path:
    """Return a manifest of two devices that names the server."""
    path = tmp_path / "goa.yaml"
    path.write_text(MANIFEST % sandbox.url, encoding="utf-8")
    return path


def planned(desk: Desk) -> None:
    """Turn to the plan page and wait until it has planned."""
    desk.window.actions_["show-plan"].trigger()
    wait_until(lambda: "read at" in desk.window.plan.words.text())


def condition_of(desk: Desk, *path: str) -> str:
    """Return what the tree says of a node."""
    tree = desk.window.tree.tree
    return tree.text(tree.paths.index(path))


def test_nothing_is_asked_before_somebody_looks_and_then_the_plan_is_the_command_lines(
    make_desk: MakeDesk, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = make_desk(Wanted(ManifestChoice((manifest,))))
    page = desk.window.plan
    asked: list[object] = []
    page.planned.connect(asked.append)
    assert not page.findChildren(QWidget)
    planned(desk)
    assert len(asked) == 1
    text = page.text.toPlainText()
    assert main(["plan", str(manifest)]) == 0
    told = capsys.readouterr().out
    for line in ("Plan: 4 to add, 0 to change, 0 to delete.", '            label             "Beach"'):
        assert line.strip() in told and line.strip() in text
    assert "4 to add, 0 to change, 0 to delete" in page.words.text()
    assert page.text.isReadOnly()


def test_devices_that_are_not_on_the_server_or_changed_there_are_marked_in_the_tree(
    make_desk: MakeDesk, manifest: Path, sandbox: Sandbox
) -> None:
    desk = make_desk(Wanted(ManifestChoice((manifest,))))
    assert "manifest" not in condition_of(desk)
    planned(desk)
    wait_until(lambda: condition_of(desk, "INDIA", "Goa").startswith("2 not in sync, "))
    assert condition_of(desk, "INDIA", "Goa", "PM-1").startswith(f"{NOT_THERE}, ")
    tree = desk.window.tree.tree
    assert tree.worst(ROOT) is Condition.MISSING
    wait_until(lambda: set(desk.station.judged().worst.tolist()) == {Condition.MISSING})
    assert "2 devices not in sync" in desk.window.plan.words.text()

    assert main(["apply", str(manifest), "--yes"]) == 0
    with Client(sandbox) as client:
        device = client.get("/api/tenant/devices?deviceName=PM-1")
        device["label"] = "Somewhere"
        client.post("/api/device", device)
    asked = QSignalSpy(desk.window.plan.planned)
    click(desk.window.plan.refreshing)
    wait_until(lambda: len(asked) == 1)
    wait_until(lambda: condition_of(desk, "INDIA", "Goa", "PM-1").startswith(f"{CHANGED}, "))
    # The plan has found it: the source of live values looks again at once, not half a minute later.
    wait_until(lambda: not condition_of(desk, "INDIA", "Goa", "PM-2").startswith(NOT_THERE), 20)
    desk.window.plan.which.setCurrentIndex(1)
    assert '"Somewhere"' in desk.window.plan.text.toPlainText()

    assert main(["apply", str(manifest), "--yes"]) == 0
    desk.window.plan.refresh()
    wait_until(lambda: len(asked) == 2)
    assert "Server and manifest agree" in desk.window.plan.words.text()
    wait_until(lambda: "manifest" not in condition_of(desk))


def test_the_command_for_the_terminal_is_copied(make_desk: MakeDesk, manifest: Path) -> None:
    desk = make_desk(Wanted(ManifestChoice((manifest,))))
    planned(desk)
    click(desk.window.plan.copying)
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None and clipboard.text() == f"papaya plan {manifest}"
    desk.window.plan.which.setCurrentIndex(1)
    click(desk.window.plan.copying)
    assert clipboard.text() == f"papaya drift {manifest}"


def test_the_command_says_environment_and_server_with_quotes_where_they_are_needed() -> None:
    wanted = Wanted(
        ManifestChoice((Path("/a b/fleet.yaml"),), environment="staging"),
        server=Options(url="http://127.0.0.1:9"),
    )
    assert command(wanted, "plan") == "papaya plan '/a b/fleet.yaml' -e staging --url http://127.0.0.1:9"


def test_a_server_that_is_away_and_a_faulty_manifest_are_told_and_the_page_goes_on(
    make_desk: MakeDesk, manifest: Path, sandbox: Sandbox
) -> None:
    desk = make_desk(Wanted(ManifestChoice((manifest,))))
    planned(desk)
    good = manifest.read_text(encoding="utf-8")
    manifest.write_text(good.replace("label: Beach", "labbel: Beach"), encoding="utf-8")
    desk.window.plan.refresh()
    wait_until(lambda: "labbel" in desk.window.plan.words.text())
    assert "goa.yaml:12" in desk.window.plan.words.text()
    manifest.write_text(good.replace(sandbox.url, "http://127.0.0.1:9"), encoding="utf-8")
    desk.window.plan.refresh()
    wait_until(lambda: "127.0.0.1:9" in desk.window.plan.words.text(), 90)
    manifest.write_text(good, encoding="utf-8")
    desk.window.plan.refresh()
    wait_until(lambda: "4 to add" in desk.window.plan.words.text())


def test_without_a_manifest_the_page_has_the_button_that_opens_one(make_desk: MakeDesk) -> None:
    desk = make_desk(Wanted())
    desk.window.actions_["show-plan"].trigger()
    page = desk.window.plan
    assert "no manifest open" in page.words.text()
    assert page.opening.isVisible() and not page.text.isVisible() and not page.refreshing.isVisible()
    asked = QSignalSpy(page.openWanted)
    desk.window.openWanted.disconnect()
    click(page.opening)
    assert asked[0] == ["manifest"]


def test_the_page_is_used_by_keys_and_takes_another_look(make_desk: MakeDesk, manifest: Path) -> None:
    desk = make_desk(Wanted(ManifestChoice((manifest,))))
    planned(desk)
    asked = QSignalSpy(desk.window.plan.planned)
    press(desk.window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    wait_until(lambda: len(asked) == 1)
    desk.window.set_theme(DARK)
    assert desk.window.plan.text.toPlainText()
