"""A wheel, an editable install and a bare checkout find the same files and both packages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

import papaya

ROOT = Path(__file__).parents[2]

# Runs without site-packages (-S), so that only what the test puts on the path can be found.
PROBE = """
import json, site, sys
{setup}
import papaya, papaya_gui
from papaya.resources import locate
print(json.dumps({{
    "papaya": papaya.__file__,
    "papaya_gui": papaya_gui.__file__,
    "schema": json.loads(locate("schemas", "fleet.schema.json").read_text(encoding="utf-8"))["$schema"],
    "units": sorted(unit.name for unit in locate("systemd").iterdir()),
    "demo": sorted(file.name for file in locate("manifests", "demo").iterdir()),
}}))
"""


def run(*command: str, cwd: Path) -> str:
    """Run a command and return what it printed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a source distribution and, from that, a wheel; return their folder."""
    folder = tmp_path_factory.mktemp("distributions")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT), cwd=folder)
    return folder


def install_wheel(distributions: Path, target: Path) -> str:
    """Install the wheel and return how to put it on the path."""
    (wheel,) = distributions.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(*pip, "--no-deps", "--no-index", "--no-compile", "--target", str(target), str(wheel), cwd=target)
    return f"sys.path.insert(0, {str(target)!r})"


def install_editable(distributions: Path, target: Path) -> str:
    """Install the checkout so that edits take effect, and return how to put it on the path."""
    build = f"import hatchling.build; print(hatchling.build.build_editable({str(target)!r}))"
    wheel = run(sys.executable, "-c", build, cwd=ROOT).splitlines()[-1]
    with zipfile.ZipFile(target / wheel) as archive:
        archive.extractall(target / "site")
    return f"site.addsitedir({str(target / 'site')!r})"


def use_checkout(distributions: Path, target: Path) -> str:
    """Return how to put a checkout on the path that was never installed."""
    return f"sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'gui')!r}]"


@pytest.mark.parametrize(
    ("install", "from_checkout"), [(install_wheel, False), (install_editable, True), (use_checkout, True)]
)
def test_every_way_to_install_finds_files_and_packages(
    install: Callable[[Path, Path], str], from_checkout: bool, distributions: Path, tmp_path: Path
) -> None:
    setup = install(distributions, tmp_path)
    found = json.loads(run(sys.executable, "-I", "-S", "-c", PROBE.format(setup=setup), cwd=tmp_path))
    home = ROOT if from_checkout else tmp_path
    assert Path(found["papaya"]).is_relative_to(home)
    assert Path(found["papaya_gui"]).is_relative_to(home)
    assert found["schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert found["units"] == sorted(path.name for path in (ROOT / "systemd").iterdir())
    assert found["demo"] == sorted(path.name for path in (ROOT / "manifests" / "demo").iterdir())


def test_the_wheel_runs_and_holds_nothing_but_the_product(distributions: Path, tmp_path: Path) -> None:
    setup = install_wheel(distributions, tmp_path)
    tops = {path.name for path in tmp_path.iterdir() if not path.name.endswith(".dist-info")}
    assert tops <= {"papaya", "papaya_gui", "bin"}
    assert (tmp_path / "papaya" / "py.typed").is_file()
    start = f"import sys; {setup}; from papaya.cli import main; main(['--version'])"
    assert run(sys.executable, "-I", "-c", start, cwd=tmp_path) == f"papaya {papaya.__version__}\n"


def test_the_installed_version_is_the_version_of_the_code() -> None:
    assert version("papayameter") == papaya.__version__


def test_the_lock_has_every_package_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    asked += [entry for extra in ("agent", "fast", "gui", "sandbox") for entry in extras[extra]]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert {re.split(r"[<>=~!]", entry)[0].lower() for entry in asked} <= locked, "run `make lock`"


def test_the_lock_names_no_index_and_pins_every_package_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    requirements = [entry for entry in lock.replace("\\\n", "").splitlines() if entry.strip()]
    assert all("==" in entry and "--hash=sha256:" in entry for entry in requirements)
