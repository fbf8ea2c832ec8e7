"""Files that ship with papaya."""

from __future__ import annotations

from pathlib import Path

from papaya.resources import locate

ROOT = Path(__file__).parents[2]


def test_a_checkout_finds_its_own_files() -> None:
    located = locate("schemas", "fleet.schema.json")
    assert located.is_file()
    assert Path(str(located)).resolve() == ROOT / "schemas" / "fleet.schema.json"


def test_data_folders_are_no_packages() -> None:
    # An editable install puts the repository's root on sys.path, where `systemd/__init__.py` would hide the
    # systemd bindings of the distribution.
    folders = [ROOT / name for name in ("schemas", "systemd", "manifests")]
    assert all(folder.is_dir() for folder in folders)
    assert [path for folder in folders for path in folder.rglob("__init__.py")] == []
