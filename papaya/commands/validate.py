"""`papaya validate`: is this manifest right? No server is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.commands.options.manifest import manifest_options
from papaya.counting import counted
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.manifest.load import Loaded
    from papaya.manifest.model import Fleet
    from papaya.workspace.choice import ManifestChoice

EXIT_VALID = 0
EXIT_FAULTY = 1
_NOUNS = {"countries": "country", "states": "state", "devices": "device"}


@click.command()
@manifest_options
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="Text for people, one JSON document, or annotations for GitHub.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--all", "show_all", is_flag=True, help="Show every fault, however many read alike.")
def command(manifest: ManifestChoice, style: str, as_json: bool, show_all: bool) -> int:
    """Check a manifest without a server.

    PATH is a file or a folder (default: the folder with fleet.yaml, else manifests). All faults are told
    at once, each with its place and what to do about it. Exits with 0 when the manifest is valid, with 1
    when it is not; warnings alone do not count.
    """
    from papaya.render.diagnostics import as_document, as_text, as_workflow_commands

    loaded = _with_certificates(manifest.read())
    if as_json or style == "json":
        document = as_document(loaded.diagnostics, fleet=_counts(loaded.fleet))
        click.echo(json_text(document))
    elif style == "github":
        annotations = as_workflow_commands(loaded.diagnostics)
        if annotations:
            click.echo(annotations)
        click.echo(_last_line(loaded))
    else:
        text = as_text(loaded.diagnostics, fold=not show_all)
        if text:
            click.echo(f"{text}\n")
        click.echo(_last_line(loaded))
    return EXIT_FAULTY if loaded.fleet is None else EXIT_VALID


def _with_certificates(loaded: Loaded) -> Loaded:
    """Return a manifest with what is wrong with the certificates that it names."""
    from papaya.diagnostics import has_errors, in_order
    from papaya.manifest.load import Loaded
    from papaya.workspace.certificates import with_certificates

    if loaded.fleet is None:
        return loaded
    fleet, told = with_certificates(loaded.fleet)
    return Loaded(None if has_errors(told) else fleet, in_order((*loaded.diagnostics, *told)))


def _last_line(loaded: Loaded) -> str:
    from papaya.render.diagnostics import count

    found = count(loaded.diagnostics)
    if loaded.fleet is None:
        return f"Not valid: {found}."
    things = ", ".join(counted(number, _NOUNS[key]) for key, number in _numbers(loaded.fleet).items())
    environment = f" in {loaded.fleet.environment}" if loaded.fleet.environment else ""
    return f"{loaded.fleet.name}{environment} is valid: {things}; {found}."


def _counts(fleet: Fleet | None) -> dict[str, int | str | None] | None:
    if fleet is None:
        return None
    return {
        "name": fleet.name,
        "environment": fleet.environment,
        **_numbers(fleet),
    }


def _numbers(fleet: Fleet) -> dict[str, int]:
    return {
        "countries": len(fleet.countries),
        "states": sum(1 for _ in fleet.states()),
        "devices": sum(1 for _ in fleet.devices()),
    }
