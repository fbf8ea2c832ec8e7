"""Every manifest and every command that the documentation shows is one that papaya accepts."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from jsonschema import Draft202012Validator

from papaya.cli import papaya
from papaya.command_line.examples import EXAMPLES
from papaya.resources import locate

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_HEAD = {"apiVersion": "papaya/v1", "kind": "Fleet", "metadata": {"name": "fleet"}}
# What stands in the place of something else: `papaya …`, `papaya VERB`, `papaya NAME.py`.
_NO_VERB = re.compile(r"[A-Z…<.\[]")


def blocks(page: Path, *languages: str) -> list[str]:
    """Return the blocks of a page in these languages; a block without one has the language ''."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [text for language, text in found if language in languages]


def commands(page: Path) -> Iterator[str]:
    """Yield each command line of papaya on a page, without what a shell adds."""
    lines = [
        line
        for block in blocks(page, "sh", "console", "")
        for line in re.sub(r"\\\n\s*", " ", block).splitlines()
    ]
    inline = re.findall(r"`(papaya [^`]+)`", " ".join(page.read_text(encoding="utf-8").split()))
    for line in [*lines, *inline]:
        command = re.sub(r"^(\$ )?(sudo )?", "", line.strip())
        if command.startswith("papaya "):
            yield re.split(r" [>|&]|\s#\s", command)[0].replace("…", "X").strip()


def refusal(line: str) -> str:
    """Return why papaya would refuse a command line; empty if it would not."""
    words = shlex.split(line)[1:]
    here: click.Command = papaya
    context = click.Context(papaya, info_name="papaya", resilient_parsing=True)
    while words and isinstance(here, click.Group):
        if _NO_VERB.match(words[0]) or words[0].startswith("-"):
            return ""
        found = here.get_command(context, words[0])
        if found is None:
            # A group may have a usual verb, as `papaya agent NAME` is short for `papaya agent run NAME`.
            found = here.get_command(context, "run")
            if found is None or here is papaya:
                return f"there is no {words[0]}"
            words.insert(0, "run")
        here, words = found, words[1:]
        context = click.Context(here, parent=context, info_name=here.name, resilient_parsing=True)
    try:
        here.make_parser(click.Context(here, parent=context.parent, info_name=here.name)).parse_args(words)
    except click.UsageError as error:
        return error.format_message()
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_has_verbs_and_options_that_exist(page: Path) -> None:
    assert [(line, why) for line in commands(page) if (why := refusal(line))] == []


def test_every_example_of_help_has_verbs_and_options_that_exist() -> None:
    lines = [line for examples in EXAMPLES.values() for line, _ in examples if line.startswith("papaya ")]
    assert len(lines) > 50
    assert [(line, why) for line in lines if (why := refusal(line))] == []


def as_manifest(found: Any) -> dict[str, Any] | None:
    """Return the manifest that an example is, or is a part of; None for YAML of other programs."""
    match found:
        case [{"key": _}, *_]:
            return {**_HEAD, "sensorSets": {"set": found}}
        case {"apiVersion": _}:
            return dict(found)
        case {"jobs": _} | {"stages": _}:
            return None
        case dict():
            return {**_HEAD, **found}
    raise AssertionError(f"{found} is no part of a manifest that this test knows")


# The examples of manifest.md are parts of one object each: test_docs.py holds them to its definition.
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "manifest.md"], ids=lambda page: page.name
)
def test_every_manifest_of_a_page_is_valid(page: Path) -> None:
    schema = json.loads(locate("schemas", "fleet.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    for text in blocks(page, "yaml"):
        for found in yaml.safe_load_all(text):
            manifest = as_manifest(found)
            faults = [] if manifest is None else [error.message for error in validator.iter_errors(manifest)]
            assert faults == [], text


@pytest.mark.parametrize(
    "line",
    ["papaya plann", "papaya plan --detailed", "papaya credentials rotat", "papaya agent read --nam x"],
)
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    assert refusal(line)
