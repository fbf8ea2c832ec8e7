"""Every text that users read keeps to the terms: tests/words.yaml names the words that none contains."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORDS: dict[str, list[dict[str, str]]] = yaml.safe_load(
    (ROOT / "tests" / "words.yaml").read_text(encoding="utf-8")
)
FORBIDDEN = [(re.compile(entry["pattern"], re.IGNORECASE), entry["use"]) for entry in WORDS["forbidden"]]
ALLOWED = [re.compile(entry["pattern"]) for entry in WORDS["allowed"]]


def unwelcome(text: str) -> str:
    """Return the first forbidden word of a text, and what to write instead; empty if there is none."""
    for allowed in ALLOWED:
        text = allowed.sub("", text)
    for pattern, instead in FORBIDDEN:
        if found := pattern.search(text):
            return f"{found[0]!r}, use: {instead}"
    return ""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the place and text of each paragraph of the documentation, and of what is not released yet."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## [")
    texts = {"CHANGELOG.md": changes[1]}
    # The pages of commands and manifest are made from help texts and schema, so both are held here.
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        texts[str(page.relative_to(ROOT))] = page.read_text(encoding="utf-8")
    for name, text in texts.items():
        for paragraph in re.split(r"\n(?=\n|[-|*] )", text):
            yield f"{name}: {paragraph.strip()[:60]}", " ".join(paragraph.split())


def literals(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the place and text of each string of several words in a module, but docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            pieces = [piece for piece in node.values if isinstance(piece, ast.Constant)]
            parts |= {id(piece) for piece in pieces}
            text = "".join(
                str(piece.value) if isinstance(piece, ast.Constant) else "{ }" for piece in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) in told or id(node) in parts:
                continue
            text = node.value
        else:
            continue
        if " " in text.strip():
            yield f"{file.relative_to(ROOT)}:{node.lineno}", text


@pytest.mark.parametrize("folder", ["papaya", "gui/papaya_gui"])
def test_no_text_of_the_program_has_a_forbidden_word(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    found = [(at, why) for file in files for at, text in literals(file) if (why := unwelcome(text))]
    assert len(files) > 50
    assert not found


def test_no_page_has_a_forbidden_word() -> None:
    everything = list(pages())
    assert len(everything) > 500
    assert not [(at, why) for at, text in everything if (why := unwelcome(text))]


def test_every_exception_is_needed_and_has_a_reason() -> None:
    texts: list[Any] = [text for _, text in pages()]
    texts += [text for file in (ROOT / "papaya").rglob("*.py") for _, text in literals(file)]
    for entry in WORDS["allowed"]:
        assert len(entry["reason"]) > 20, entry
        assert any(re.search(entry["pattern"], text) for text in texts), entry


@pytest.mark.parametrize("entry", WORDS["forbidden"], ids=lambda entry: entry["use"])
def test_a_forbidden_word_has_a_replacement(entry: dict[str, str]) -> None:
    assert entry["use"]
    assert not unwelcome(entry["use"])


@pytest.mark.parametrize(
    "text", ["papaya looks after fleets", "3 destroys", "The lease of a run", "Who to be on the server."]
)
def test_a_forbidden_word_is_found(text: str) -> None:
    assert unwelcome(text)
