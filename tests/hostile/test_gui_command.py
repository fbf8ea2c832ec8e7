"""`papaya gui` with files of any kind: a window that can be closed, or a fault that is told."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from papaya_gui.models.layout import Layout, layout_text
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from papaya.cli import main
from tests.gui.conftest import application, quiet  # noqa: F401 - fixtures
from tests.hostile.test_files import mangled

# No window here takes so long to open and close, on a machine that is five times slower.
LONGEST = 60.0
SHOWN_SECONDS = 0.4
HTML = "<b>x</b><img src='file:///etc/passwd'>&amp;\u202eevil"
MANIFEST = """apiVersion: papaya/v1
kind: Fleet
metadata: {name: fleet}
sensorSets:
  basic: [{key: t, name: Level, unit: cm, every: 1s, warnAbove: 5, alarmAbove: 9}]
countries:
  - name: INDIA
    states:
      - name: Goa
        location: {latitude: 15.49, longitude: 73.82}
        devices: [{name: PM-1, sensors: basic}, {name: PM-2, sensors: basic}]
"""
ROWS = "time,device,t,u\n2026-11-29T10:00:00Z,PM-1,1.5,x\n2026-11-29T10:00:01Z,PM-2,2.5,<b>y</b>\n"
LINES = "".join(
    f"{json.dumps({'ts': 1_764_410_400_000 + number, 'device': name, 'values': {'t': number, HTML: HTML}})}\n"
    for number, name in enumerate(("PM-1", HTML))
)
NAMES = (("PM-1", "t"), ("PM-1", HTML), (HTML, HTML))
LAYOUT = Layout(
    selection=(("PM-1", "t"),), device="PM-1", window=60.0, theme="dark", columns={"table": (90, 90)}
)


def database(path: Path) -> None:
    """Write a table of readings."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE readings (ts, device, key, value)")
        rows = [(1_764_410_400_000 + n, name, key, n) for n, (name, key) in enumerate(NAMES)]
        connection.executemany("INSERT INTO readings VALUES (?, ?, ?, ?)", rows)


@pytest.fixture
def show(
    application: QApplication,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., tuple[int, str]]:
    """Return what runs `papaya gui` in this process, and closes the window after a moment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    # There is one application in a process.
    monkeypatch.setattr("PyQt6.QtWidgets.QApplication", lambda arguments: application)
    (tmp_path / "fleet.yaml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text(LINES, encoding="utf-8")
    (tmp_path / "layout.json").write_text(layout_text(LAYOUT), encoding="utf-8")
    database(tmp_path / "rows.sqlite")

    def run(*arguments: str) -> tuple[int, str]:
        said, began = io.StringIO(), time.monotonic()

        timer = QTimer()
        timer.setSingleShot(True)
        timer.timeout.connect(application.quit)
        timer.start(int(SHOWN_SECONDS * 1000))
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = main(["gui", *arguments])
        timer.stop()
        # Nobody holds the window any more.
        gc.collect()
        text = said.getvalue()
        assert code in (0, 1), (code, text)
        assert time.monotonic() - began < LONGEST
        assert "Traceback" not in text
        assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(text), "a terminal would obey"
        return code, text

    return run


CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "manifest": ("fleet.yaml", ("fleet.yaml", "--source", "simulated")),
    "layout": ("layout.json", ("fleet.yaml", "--source", "simulated", "--layout", "layout.json")),
    "CSV": ("rows.csv", ("fleet.yaml", "--source", "file:rows.csv")),
    "lines of JSON": ("rows.jsonl", ("fleet.yaml", "--source", "file:rows.jsonl")),
    "database": ("rows.sqlite", ("fleet.yaml", "--source", "sqlite:rows.sqlite?table=readings")),
}


def expect_shown(show: Callable[..., tuple[int, str]], case: str, seed: int) -> None:
    """Open a window with one file that is mangled."""
    name, arguments = CASES[case]
    chance = random.Random(seed)
    if name.endswith(".sqlite"):
        data = bytearray(Path(name).read_bytes())
        for _ in range(40):
            data[chance.randrange(len(data))] = chance.randrange(256)
        Path(name).write_bytes(data)
    else:
        Path(name).write_bytes(mangled(Path(name).read_text(encoding="utf-8"), chance))
    show(*arguments)


@pytest.mark.parametrize("case", CASES)
def test_a_window_opens_with_a_file_that_is_whole(show: Callable[..., tuple[int, str]], case: str) -> None:
    assert show(*CASES[case][1])[0] == 0


@pytest.mark.parametrize("case", ["manifest", "layout", "lines of JSON", "database"])
def test_a_window_opens_with_a_mangled_file_or_says_why_not(
    show: Callable[..., tuple[int, str]], case: str
) -> None:
    expect_shown(show, case, 3)


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", range(10, 60))
def test_windows_open_with_hundreds_of_mangled_files_or_say_why_not(
    show: Callable[..., tuple[int, str]], case: str, seed: int
) -> None:
    expect_shown(show, case, seed)
