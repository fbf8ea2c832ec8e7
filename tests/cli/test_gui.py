"""`papaya gui` before there is a window: what keeps it from being shown is said in words."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from papaya_gui.application import check_screen

from papaya.cli import main
from papaya.errors import PapayaError
from papaya.manifest.model import Fleet


@pytest.fixture
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every screen away."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_screen")
def test_without_a_screen_it_says_so_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gui"]) == 1
    told = capsys.readouterr().err
    assert "there is no screen here" in told
    assert "xvfb-run papaya gui" in told


def test_a_screen_that_does_not_answer_is_named() -> None:
    with pytest.raises(PapayaError, match=r"the screen :4321 \(DISPLAY\) does not answer"):
        check_screen({"DISPLAY": ":4321"})


@pytest.mark.parametrize(
    "environment",
    [{"QT_QPA_PLATFORM": "offscreen"}, {"WAYLAND_DISPLAY": "wayland-0"}, {"DISPLAY": "far.example.com:0"}],
)
def test_other_screens_are_left_to_qt(environment: dict[str, str]) -> None:
    check_screen(environment)


def test_without_the_packages_of_the_window_it_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # What Python takes for a module that is not there.
    monkeypatch.setitem(sys.modules, "PyQt6.QtWidgets", None)
    assert main(["gui", "--install-desktop"]) == 1
    assert "pip install 'papayameter[gui]'" in capsys.readouterr().err


@pytest.mark.usefixtures("no_screen")
def test_a_device_that_is_not_in_the_manifest_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.chdir(tmp_path)
    # A folder of that name, but without manifests in it: there is none here.
    (tmp_path / "manifests").mkdir()
    assert main(["gui", "--device", "PM-001"]) == 1
    assert "the fleet papaya-demo has no device PM-001\nDid you mean PM-0001?" in capsys.readouterr().err


def test_the_menu_starts_what_the_command_line_would_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my fleet.yaml").write_text("")
    assert main(["gui", "--install-desktop", "my fleet.yaml", "-e", "staging", "--source", "mqtt"]) == 0
    entry = tmp_path / "data" / "applications" / "papayameter.desktop"
    assert f"wrote {entry}\n" in capsys.readouterr().out
    told = entry.read_text()
    assert 'papaya-gui "my fleet.yaml" --environment staging --source mqtt\n' in told
    assert f"\nPath={tmp_path}\n" in told
    assert main(["gui", "--uninstall-desktop"]) == 0
    assert f"removed {entry}\n" in capsys.readouterr().out
    assert main(["gui", "--uninstall-desktop"]) == 0
    assert capsys.readouterr().out == "nothing to remove\n"


@pytest.mark.parametrize("interval", ["0", "61", "soon"])
def test_an_interval_that_is_none_is_a_wrong_command_line(interval: str) -> None:
    assert main(["gui", "--interval", interval]) == 64


@pytest.mark.usefixtures("no_screen")
@pytest.mark.parametrize(
    ("source", "devices"),
    [(["--source", "file:log.csv"], ["log"]), (["--source", "sqlite:log.db"], ["M1"]), ([], None)],
)
def test_without_a_manifest_a_file_shows_its_own_devices_and_nothing_the_demo_fleet(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: list[str], devices: list[str] | None
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text("time,t\n2025-11-23T12:13:20Z,5\n", encoding="utf-8")
    with closing(sqlite3.connect("log.db")) as connection, connection:
        connection.execute("CREATE TABLE readings (device, key, ts, value)")
        connection.execute("INSERT INTO readings VALUES ('M1', 't', 1763900000000, 5)")
    shown: list[Fleet] = []

    def show(fleet: Fleet, *_: object) -> int:
        shown.append(fleet)
        return 0

    monkeypatch.setattr("papaya_gui.application.open_window", show)
    assert main(["gui", *source]) == 0
    names = [device.name for device in shown[0].devices()]
    assert names == devices if devices is not None else shown[0].name == "papaya-demo"
