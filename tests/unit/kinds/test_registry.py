"""One registry of kinds: nothing else lists them, and nothing else has to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import papaya
from papaya.kinds.kind import Kind
from papaya.kinds.registry import KINDS
from papaya.kinds.tree import ENTITY_TYPES
from papaya.manifest.parts import parts
from papaya.manifest.sections import sections
from papaya.sandbox.store.entities import NORMAL_NAMES

ROOT = Path(papaya.__file__).parent
# What any kind may use of the rails; everything else in papaya.kinds belongs to one kind.
RAILS = {
    "address",
    "faults",
    "form",
    "kind",
    "mark",
    "references",
    "registry",
    "request",
    "resource",
    "tree",
}
GENERIC = ("engine", "apply", "render", "runs", "api", "commands", "manifest", "workspace")
# The tree's own field names customers, and reads their titles for it since before there were kinds.
OF_THE_TREE = {"/api/customers", "/api/customer"}
# Who papaya signs in as is a user, too: settings and documents call it so.
OF_SIGNING_IN = {"user", "USER"}


def _modules() -> Iterator[tuple[Path, ast.Module]]:
    for room in GENERIC:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_no_module_but_the_registry_imports_a_kind() -> None:
    for path, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("papaya.kinds."):
                assert (node.module or "").split(".")[2] in RAILS, f"{path} imports {node.module}"


def test_no_module_knows_where_a_kind_is_served_or_what_it_is_called() -> None:
    for path, tree in _modules():
        constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        told = {value for value in constants if isinstance(value, str)}
        for kind in KINDS.values():
            # A part of a profile is read and marked where its profile is, which the tree knows.
            own = set() if kind.is_part else {kind.path, kind.listing.path} - OF_THE_TREE
            if kind.key in ENTITY_TYPES:
                # What the tree has is named and found by it, whether or not an entry manages it.
                continue
            assert not [text for text in told for one in own if text.startswith(one)], path
            # A field of the tree may be called as the kind that it names.
            if kind.tree_field is None:
                names = {kind.key, kind.section, kind.word, *([] if kind.is_part else [kind.entity_type])}
                assert told.isdisjoint(names - OF_SIGNING_IN), path


def test_the_schema_and_the_registry_agree() -> None:
    by_kind = {section.kind: section for section in sections()}
    of_profiles = {told["kind"] for told in parts().values()}
    assert by_kind.keys() | of_profiles == KINDS.keys()
    assert {key for key, kind in KINDS.items() if kind.is_part} == of_profiles
    for key, kind in KINDS.items():
        if kind.is_part:
            continue
        assert (by_kind[key].key, by_kind[key].name_key) == (kind.section, kind.name_key)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_refers_to_kinds_and_is_known_to_the_sandbox(kind: Kind) -> None:
    assert set(kind.refers_to) <= KINDS.keys()
    assert kind.entity_type in NORMAL_NAMES
