"""The generated pages, and what every page says about the others."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from jsonschema import Draft202012Validator

from papaya import cli
from papaya.manifest.model import DeviceTunnel, Profiles, Safety, Tunnel

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
WRITTEN_BY_HAND = [
    "agent",
    "alarms",
    "architecture",
    "calculated-fields",
    "certificates",
    "compatibility",
    "configuration",
    "customers",
    "firmware",
    "glossary",
    "profiles",
    "dashboards",
    "index",
    "kinds",
    "large-fleets",
    "live",
    "one-device",
    "pipelines",
    "plan-and-apply",
    "profiles",
    "python",
    "rule-chains",
    "sandbox",
    "staging-to-production",
    "troubleshooting",
    "tunnel",
    "window",
]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """Return docs/generate.py as a module."""
    specification = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["manifest.md", "commands.md"])
def test_a_generated_page_is_in_step_with_its_source(name: str, generator: ModuleType) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert page == generator.PAGES[name](), "run `make docs`"


def test_every_object_of_the_manifest_has_a_valid_example_that_shows_every_key(generator: ModuleType) -> None:
    schema, examples = generator.load_schema(), generator.load_examples()
    assert examples.keys() == generator.objects(schema).keys()
    for name, text in examples.items():
        definition = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})
        faults = list(definition.iter_errors(yaml.safe_load(text)))
        assert faults == [], name
        shown = {key for key in schema["$defs"][name]["properties"] if re.search(rf"\b{key}:", text)}
        assert shown == schema["$defs"][name]["properties"].keys(), name


def test_every_command_has_a_section() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert re.findall(r"^## papaya (\S+)$", page, re.MULTILINE) == list(cli.VERBS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name}: {target}"


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert pages == {f"{name}.md" for name in WRITTEN_BY_HAND if name != "index"} | {
        "manifest.md",
        "commands.md",
        "licenses.md",
    }
    assert all(f"({name})" in index for name in pages)


def test_pages_speak_only_of_commands_and_options_that_exist(generator: ModuleType) -> None:
    known = generator.commands_page()
    for page in PAGES:
        for verb in re.findall(r"`papaya ([a-z][a-z-]*)", page.read_text(encoding="utf-8")):
            assert verb in cli.VERBS, f"{page.name}: papaya {verb}"
        for option in re.findall(r"`(?:papaya [^`]*)?(--[a-z][a-z-]+)", page.read_text(encoding="utf-8")):
            assert f"{option}" in known, f"{page.name}: {option}"


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page: its headings as a web view names them, and those set by hand."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(
        re.findall(r'<a id="([^"]+)">', text)
    )


def test_the_defaults_of_the_schema_are_those_of_the_model(generator: ModuleType) -> None:
    definitions = generator.load_schema()["$defs"]
    for name, model in {
        "profiles": Profiles,
        "safety": Safety,
        "tunnel": Tunnel,
        "deviceTunnel": DeviceTunnel,
    }.items():
        fields = {field.name: field.default for field in dataclasses.fields(model)}
        for key, value in definitions[name]["properties"].items():
            if "default" in value:
                assert fields[re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower()] == value["default"], (
                    f"{name}.{key}"
                )
