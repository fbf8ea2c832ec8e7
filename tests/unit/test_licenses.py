"""The page of licenses says what the installed packages say, and names what binds who distributes papaya."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def licenses() -> ModuleType:
    """Return docs/licenses.py as a module."""
    specification = importlib.util.spec_from_file_location("docs_licenses", ROOT / "docs" / "licenses.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows() -> dict[str, tuple[str, str]]:
    """Return package → license and what needs it, as the page has them."""
    page = (ROOT / "docs" / "licenses.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    return {name: (stated, by) for name, stated, by in found if name != "package"}


def test_the_page_has_every_package_with_what_its_metadata_states(
    licenses: ModuleType, rows: dict[str, tuple[str, str]]
) -> None:
    """Another Python or platform may need fewer packages than the one that wrote the page."""
    for name in licenses.needed():
        assert name in rows, "run `make docs`"
        assert rows[name][0].strip("*") == licenses.license_of(name), "run `make docs`"


def test_every_direct_dependency_is_on_the_page(
    licenses: ModuleType, rows: dict[str, tuple[str, str]]
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]
    named = {re.split(r"[\[<>=!~ ]", text)[0].lower() for text in asked} - {"papayameter"}
    assert named <= {name.lower().replace("_", "-") for name in rows}


def test_only_the_extra_of_the_window_needs_a_package_under_the_gpl(
    licenses: ModuleType, rows: dict[str, tuple[str, str]]
) -> None:
    under = {name: by for name, (stated, by) in rows.items() if licenses.COPYLEFT.match(stated.strip("*"))}
    assert under == {"PyQt6": "`gui`"}


def test_every_package_states_a_license(rows: dict[str, tuple[str, str]]) -> None:
    assert [name for name, (stated, _) in rows.items() if stated == "not stated"] == []


@pytest.mark.parametrize("file", ["README.md", "pyproject.toml", "docs/window.md"])
def test_who_installs_the_window_reads_of_its_license(file: str) -> None:
    assert "GPL" in (ROOT / file).read_text(encoding="utf-8")
