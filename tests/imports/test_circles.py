"""What `make check` says of circles, of imports that go astray and of printing, in a copy of the packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with the packages, the contracts and what checks them."""
    leave = shutil.ignore_patterns("__pycache__")
    for name in ("papaya", "gui", "tests/imports"):
        shutil.copytree(HERE / name, tmp_path / name, ignore=leave)
    shutil.copy(HERE / "pyproject.toml", tmp_path)
    return tmp_path


def check(folder: Path) -> tuple[int, str]:
    """Return the exit code of import-linter and what it says, without line breaks of its own."""
    ended = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{folder / 'gui'}", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def add(folder: Path, file: str, line: str) -> None:
    """Add a line at the end of a module."""
    path = folder / file
    path.write_text(path.read_text() + line + "\n")


def test_the_code_has_no_circles(copy: Path) -> None:
    code, said = check(copy)
    assert code == 0, said


def test_two_modules_that_import_each_other_are_refused_with_their_lines(copy: Path) -> None:
    add(copy, "papaya/backoff.py", "from papaya import whole_file")
    add(copy, "papaya/whole_file.py", "def _later() -> None:\n    from papaya import backoff")
    code, said = check(copy)
    assert code == 1
    assert "2 modules import each other: papaya.backoff, papaya.whole_file" in said
    last = len((copy / "papaya/whole_file.py").read_text().splitlines())
    assert f"papaya/whole_file.py:{last} imports papaya.backoff" in said


def test_imports_for_type_checking_count_and_a_longer_circle_is_named_whole(copy: Path) -> None:
    typing = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "
    add(copy, "gui/papaya_gui/models/rate.py", f"{typing}from papaya_gui.models.extremes import Extremes")
    add(copy, "gui/papaya_gui/models/extremes.py", f"{typing}from papaya_gui.models import growing")
    add(copy, "gui/papaya_gui/models/growing.py", f"{typing}from papaya_gui.models import rate")
    code, said = check(copy)
    assert code == 1
    circle = ", ".join(f"papaya_gui.models.{name}" for name in ("extremes", "growing", "rate"))
    assert f"3 modules import each other: {circle}" in said
    assert "gui/papaya_gui/models/rate.py:" in said


def test_a_room_of_the_sandbox_cannot_import_a_room_above_it_or_beside_it(copy: Path) -> None:
    add(copy, "papaya/sandbox/store/limits.py", "from papaya.sandbox.rest import reply")
    add(copy, "papaya/sandbox/mqtt/topics.py", "from papaya.sandbox.websocket import subscription")
    code, said = check(copy)
    assert code == 1
    assert "papaya.sandbox.store is not allowed to import papaya.sandbox.rest" in said
    assert "papaya.sandbox.mqtt is not allowed to import papaya.sandbox.websocket" in said


def test_the_sandbox_cannot_import_anything_else_of_papaya(copy: Path) -> None:
    add(copy, "papaya/sandbox/wire.py", "from papaya import counting")
    code, said = check(copy)
    assert code == 1
    assert "papaya.sandbox is not allowed to import papaya.counting" in said


def test_a_module_without_a_place_in_the_order_is_refused(copy: Path) -> None:
    (copy / "papaya" / "stray.py").write_text('"""A module that no layer names."""\n')
    code, said = check(copy)
    assert code == 1
    assert "papaya.stray" in said


@pytest.mark.parametrize("package", ["runs", "workspace", "services"])
def test_what_commands_do_cannot_import_click(copy: Path, package: str) -> None:
    module = next(
        path for path in sorted((copy / "papaya" / package).glob("*.py")) if path.stem != "__init__"
    )
    add(copy, f"papaya/{package}/{module.name}", "def _ask() -> None:\n    import click")
    code, said = check(copy)
    assert code == 1
    assert "What commands do can be done without a command line BROKEN" in said
    last = len(module.read_text().splitlines())
    assert f"papaya.{package}.{module.stem} -> click (l.{last})" in said


@pytest.mark.parametrize("package", ["runs", "workspace", "services"])
def test_what_commands_do_cannot_print(copy: Path, package: str) -> None:
    module = next(
        path for path in sorted((copy / "papaya" / package).glob("*.py")) if path.stem != "__init__"
    )
    add(copy, f"papaya/{package}/{module.name}", "\n\ndef _tell() -> None:\n    print(1)")
    ruff = Path(sys.executable).parent / "ruff"
    ended = subprocess.run(
        [ruff, "check", "--no-cache", "--output-format", "concise", "papaya"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    last = len(module.read_text().splitlines())
    assert f"papaya/{package}/{module.name}:{last}:5: T201 `print` found" in ended.stdout
