"""What importing papaya needs, and what it does not."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import papaya

ROOT = Path(__file__).parents[2]
MODULES = sorted(module.name for module in pkgutil.walk_packages(papaya.__path__, "papaya."))

# What an installation without any extra lacks.
EXTRAS = ("aiohttp", "jsonschema_rs", "numpy", "paho", "PyQt6", "pyqtgraph", "websockets")
WITHOUT_EXTRAS = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS!r})); "


@pytest.mark.parametrize("module", [name for name in MODULES if name != "papaya.__main__"])
def test_every_module_can_be_imported_and_says_what_it_is(module: str) -> None:
    assert importlib.import_module(module).__doc__


def test_every_folder_of_the_package_is_a_package() -> None:
    # A folder without __init__.py would import from a checkout and be invisible to the layer contracts.
    folders = {path.parent for path in (ROOT / "papaya").rglob("*.py")}
    assert all((folder / "__init__.py").is_file() for folder in folders)


def test_all_but_the_sandbox_can_be_imported_without_extras() -> None:
    needed = [name for name in MODULES if "sandbox" not in name and name != "papaya.__main__"]
    code = f"{WITHOUT_EXTRAS}import importlib; [importlib.import_module(name) for name in {needed!r}]"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", ["sandbox", "demo"])
def test_a_command_without_its_extra_says_how_to_install_it(verb: str) -> None:
    code = f"{WITHOUT_EXTRAS}from papaya.cli import main; raise SystemExit(main([{verb!r}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'papayameter[sandbox]'" in done.stderr
    assert "Traceback" not in done.stderr
