"""Writes docs/manifest.md from the schema and docs/commands.md from the commands: `make docs`.

The examples of manifest.md come from docs/manifest-examples.yaml, one for each object of the schema; a test
holds them valid and complete, and both pages in step with their sources.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from papaya import cli
from papaya.command_line.examples import EXAMPLES
from papaya.resources import locate

Schema = Mapping[str, Any]

HERE = Path(__file__).parent
MARK = "<!-- Written by docs/generate.py; `make docs` writes it again. -->\n"
DEFINITIONS = "#/$defs/"
WORDS = {"boolean": "true or false", "number": "number", "integer": "whole number", "string": "text"}

MANIFEST_OPENING = """\
# Manifest reference

A manifest is one `kind: Fleet` document and any number of `kind: Country` documents, in one file or in the
`*.yaml`, `*.yml` and `*.yaml.j2` files of one folder. Every object that may stand in it is listed here with
every key. `null` is accepted wherever a key is optional: it drops what an outer layer gave.

`papaya schema` prints the JSON Schema that this page is made from. Editors with a YAML language server
complete and check a manifest that starts with a line `# yaml-language-server: $schema=PATH`.
"""

COMMANDS_OPENING = """\
# Command reference

Every option can also be given as an environment variable, named in its row; an option on the command line
wins. An option that may be repeated takes several values from its variable, separated by blanks; a value
with a blank in it stands in quotes: `PAPAYA_TARGET="'INDIA/Tamil Nadu' device/PM-0001"`. Files are separated
by colons.

Exit codes: 0 done, 1 failed, 64 the command line is wrong, 130 interrupted. With `--detailed-exitcode`,
2 says that changes are pending.

A manifest is named by its path, or with `-f PATH`; where neither is given, the folder with `fleet.yaml` is
meant, else the folder `manifests`. Devices and places are named by a bare name (`PM-0001`), a path
(`INDIA/Karnataka`), a pattern (`'INDIA/*/PM-0*'`) or an address (`device/PM-0001`), as arguments or with
`--target`. An argument that exists as a file or folder, or looks like one (`./x`, `x.yaml`), is a manifest;
any other is a device or place.

For completion in bash, add `eval "$(papaya completion bash)"` to `~/.bashrc`; for zsh, the same with `zsh`
to `~/.zshrc`; for fish, run `papaya completion fish > ~/.config/fish/completions/papaya.fish`. Devices,
places and environments are those of the manifest at hand. papaya keeps their names in `~/.cache/papaya`,
readable by you alone.
"""


def manifest_page() -> str:
    """Return docs/manifest.md."""
    schema = load_schema()
    examples = load_examples()
    pages = [MARK, MANIFEST_OPENING]
    for name, places in objects(schema).items():
        definition = schema["$defs"][name]
        where = ", ".join(f"`{place}`" for place in places)
        pages.append(f'<a id="{name}"></a>\n\n## {definition["title"]}\n')
        pages.append(f"{definition['description']}{f' Stands at {where}.' if where else ''}\n")
        pages.append(key_table(definition, schema))
        if name in examples:
            pages.append(f"```yaml\n{examples[name].rstrip()}\n```\n")
    return "\n".join(pages)


def load_schema() -> Schema:
    """Return the schema of the manifest."""
    schema: Schema = json.loads(locate("schemas", "fleet.schema.json").read_text(encoding="utf-8"))
    return schema


def load_examples() -> dict[str, str]:
    """Return the text of an example for each object of the schema, by the name of its definition."""
    examples: dict[str, str] = yaml.safe_load((HERE / "manifest-examples.yaml").read_text(encoding="utf-8"))
    return examples


def objects(schema: Schema) -> dict[str, list[str]]:
    """Return every definition with keys of its own, in reading order, with some places of each."""
    found: dict[str, list[str]] = {}

    def visit(name: str, place: str) -> None:
        places = found.setdefault(name, [])
        seen = bool(places) or name in visited
        if place and len(places) < 3:
            places.append(place)
        if seen:
            return
        visited.add(name)
        for key, value in schema["$defs"][name]["properties"].items():
            for inner, inner_place in contained(value, f"{place}.{key}".lstrip("."), schema):
                visit(inner, inner_place)

    visited: set[str] = set()
    visit("fleet", "")
    visit("countryDocument", "")
    return found


def contained(value: Schema, place: str, schema: Schema) -> Iterator[tuple[str, str]]:
    """Yield the definitions with keys that a value may consist of, with their places."""
    reference = value.get("$ref")
    if reference is not None:
        name = reference.removeprefix(DEFINITIONS)
        definition = schema["$defs"][name]
        if "properties" in definition:
            yield name, place
        else:
            yield from contained(definition, place, schema)
    for branch in ("then", "else"):
        if branch in value:
            yield from contained(value[branch], place, schema)
    if "items" in value:
        yield from contained(value["items"], f"{place}[]", schema)
    if isinstance(value.get("additionalProperties"), dict):
        yield from contained(value["additionalProperties"], f"{place}.NAME", schema)


def key_table(definition: Schema, schema: Schema) -> str:
    """Return the table of an object's keys."""
    rows = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key, value in definition["properties"].items():
        full = resolved(value, schema)
        required = key in definition.get("required", ())
        default = "**required**" if required else shown(full["default"]) if "default" in full else ""
        meaning = full.get("description", "")
        if "patternErrorMessage" in full:
            meaning = f"{meaning} ({full['patternErrorMessage']})"
        cells = [f"`{key}`", kind_of(value, schema), default, meaning]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def resolved(value: Schema, schema: Schema) -> dict[str, Any]:
    """Return a value's schema with what it refers to; what stands beside the reference wins."""
    if "$ref" not in value:
        return dict(value)
    return {**resolved(schema["$defs"][value["$ref"].removeprefix(DEFINITIONS)], schema), **value}


def kind_of(value: Schema, schema: Schema) -> str:
    """Return in words what a value may be."""
    if "$ref" in value:
        name = value["$ref"].removeprefix(DEFINITIONS)
        definition = schema["$defs"][name]
        return (
            f"[{definition['title']}](#{name})" if "properties" in definition else kind_of(definition, schema)
        )
    if "const" in value:
        return shown(value["const"])
    if "enum" in value:
        return " or ".join(shown(choice) for choice in value["enum"] if choice is not None)
    if "if" in value and ("then" in value or "else" in value):
        first = kind_of({**value["if"], **value.get("then", {})}, schema)
        other = {key: item for key, item in value.items() if key not in {"if", "then", "else"}}
        remaining = {name for name in types_of(other) if name not in types_of(value["if"])}
        second = kind_of({**other, "type": sorted(remaining), **value.get("else", {})}, schema)
        return " or ".join(dict.fromkeys(part for part in (first, second) if part))
    kinds = []
    for name in types_of(value):
        if name == "array":
            inner = kind_of(value["items"], schema)
            kinds.append(f"list of ({inner})" if " or " in inner else f"list of {inner}")
        elif name == "object":
            every = value.get("additionalProperties")
            kinds.append(f"map of {kind_of(every, schema)}" if isinstance(every, dict) else "map")
        else:
            kinds.append(WORDS[name] + limits(value, name))
    return " or ".join(kinds) if kinds or "type" in value else "any value"


def types_of(value: Schema) -> list[str]:
    """Return the names of the JSON types that a value may have, without null."""
    names = value.get("type", [])
    return [name for name in ([names] if isinstance(names, str) else names) if name != "null"]


def limits(value: Schema, kind: str) -> str:
    """Return the limits of a number in words."""
    if kind not in {"integer", "number"}:
        return ""
    low, high, above = value.get("minimum"), value.get("maximum"), value.get("exclusiveMinimum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" from {low}"
    return f" above {above}" if above is not None else ""


def shown(value: Any) -> str:
    """Return a JSON value as a person writes it in YAML."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


def commands_page() -> str:
    """Return docs/commands.md."""
    context = click.Context(cli.papaya, info_name="papaya")
    pages = [MARK, COMMANDS_OPENING]
    pages.append("Options of every command, before or after its name:\n")
    pages.append(option_table([option for option in cli.papaya.params if isinstance(option, click.Option)]))
    for name in cli.papaya.list_commands(context):
        command = cli.papaya.get_command(context, name)
        if command is not None:
            pages.extend(command_section(command, click.Context(command, info_name=name, parent=context)))
    return "\n".join(pages)


def command_section(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield what is said about one command, and about its subcommands."""
    yield f"## {context.command_path}\n"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"```\n{context.command_path} {usage}\n```\n"
    yield prose(command.help or "")
    examples = EXAMPLES.get(context.command_path.removeprefix("papaya "), ())
    if examples:
        told = [f"# {meaning}\n{line}" if meaning else line for line, meaning in examples]
        yield "```sh\n" + "\n".join(told) + "\n```\n"
    everywhere = {option.name for option in cli.common_options()}
    own = [
        parameter
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden and parameter.name not in everywhere
    ]
    if own:
        yield option_table(own)
    if isinstance(command, click.Group):
        for name, subcommand in sorted(command.commands.items()):
            yield from command_section(subcommand, click.Context(subcommand, info_name=name, parent=context))


def prose(text: str) -> str:
    r"""Return a help text in Markdown: what follows a \b stays in lines as it is."""
    paragraphs = []
    for paragraph in inspect.cleandoc(text.partition("\f")[0]).split("\n\n"):
        if paragraph.startswith("\b"):
            paragraphs.append(f"```\n{paragraph.removeprefix(chr(8)).strip(chr(10))}\n```")
        else:
            paragraphs.append(paragraph)
    return "\n\n".join(paragraphs) + "\n"


def option_table(options: list[click.Option]) -> str:
    """Return the table of some options."""
    rows = ["| option | variable | default | meaning |", "|---|---|---|---|"]
    for option in options:
        names = ", ".join(option.opts)
        if option.secondary_opts:
            names = f"{names} / {', '.join(option.secondary_opts)}"
        if not option.is_flag and not option.count:
            names = f"{names} {option.make_metavar(click.Context(click.Command(None)))}"
        envvar = option.envvar
        variables = [envvar] if isinstance(envvar, str) else list(envvar or ())
        cells = [
            f"`{names}`",
            ", ".join(f"`{variable}`" for variable in variables),
            default_of(option),
            re.sub(r"\s+", " ", option.help or ""),
        ]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def default_of(option: click.Option) -> str:
    """Return the default of an option where it has one that says something."""
    if isinstance(option.show_default, str):
        return option.show_default
    default = option.to_info_dict().get("default")
    if option.is_flag or option.count or not isinstance(default, str | int | float) or default == "":
        return ""
    return f"`{default}`"


PAGES = {"manifest.md": manifest_page, "commands.md": commands_page}


def main() -> None:
    """Write both pages."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
