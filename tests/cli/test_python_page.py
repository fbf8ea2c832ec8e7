"""docs/python.md: its examples run as they stand, and papaya exports the names it describes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import papaya
from papaya.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8080"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.S | re.M)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def test_the_examples_of_the_page_run_in_their_order(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (manifest,) = blocks("yaml")
    Path("fleet.yaml").write_text(manifest, encoding="utf-8")
    names: dict[str, object] = {"__name__": "page"}
    said: list[str] = []
    for number, block in enumerate(blocks("python")):
        code = compile(block.replace(ADDRESS, sandbox.url), f"python.md block {number}", "exec")
        exec(code, names)
        said.append(capsys.readouterr().out)
    assert "4 to add" in said[0]
    assert said[0].splitlines()[-1].startswith("True ")
    assert "staging" in said[2]
    assert "guessed" not in said[3]
    assert said[3]
    assert "safety.maxDestroy is 0" in said[5]
    assert "destroy done" in said[5]
    assert "device/PM-0002 done" in said[6]


def test_the_stub_names_what_the_package_exports() -> None:
    stub = ast.parse((ROOT / "papaya" / "__init__.pyi").read_text(encoding="utf-8"))
    told = {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told.keys() | {"__version__"} == set(papaya.__all__)
    for name, (module, original) in told.items():
        value = getattr(papaya, name)
        assert value is getattr(__import__(module, fromlist=[original]), original), name


@pytest.mark.parametrize("name", sorted(set(papaya.__all__) - {"__version__"}))
def test_a_public_name_is_documented(name: str) -> None:
    assert (getattr(papaya, name).__doc__ or "").strip(), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'plans'"):
        _ = papaya.plans  # type: ignore[attr-defined]


def test_importing_papaya_imports_nothing_of_it() -> None:
    code = "import sys, papaya; print([name for name in sys.modules if name.startswith('papaya')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['papaya']"
