"""`papaya validate`: is this manifest right? No server is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.terminal import wants_color
from papaya.commands.options.manifest import manifest_path_options
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.workspace.choice import ManifestChoice

EXIT_VALID = 0
EXIT_FAULTY = 1


@click.command()
@manifest_path_options
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="Text for people, one JSON document, or annotations for GitHub.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--all", "show_all", is_flag=True, help="Show every error, also where many are alike.")
def command(manifest: ManifestChoice, style: str, as_json: bool, show_all: bool) -> int:
    """Check a manifest without a server.

    PATH is a file or a folder (default: the folder with fleet.yaml, else manifests). Lists all errors with
    their places and what to do. Exits with 0 if the manifest is valid, also with warnings, else with 1.
    """
    from papaya.render.diagnostics import as_document, as_text, as_workflow_commands
    from papaya.render.validity import fleet_counts, verdict
    from papaya.workspace.certificates import with_checked_certificates

    loaded = with_checked_certificates(manifest.read())
    if as_json or style == "json":
        document = as_document(loaded.diagnostics, fleet=fleet_counts(loaded.fleet))
        click.echo(json_text(document))
    elif style == "github":
        annotations = as_workflow_commands(loaded.diagnostics)
        if annotations:
            click.echo(annotations)
        click.echo(verdict(loaded))
    else:
        text = as_text(loaded.diagnostics, fold=not show_all, color=wants_color())
        if text:
            click.echo(f"{text}\n")
        click.echo(verdict(loaded))
    return EXIT_FAULTY if loaded.fleet is None else EXIT_VALID
