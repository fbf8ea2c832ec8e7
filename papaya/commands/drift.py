"""`papaya drift`: who moved, field by field."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from papaya.command_line.asked import about_the_same
from papaya.command_line.running import running
from papaya.command_line.terminal import terminal_width
from papaya.commands.options.group import full_option
from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.scope import scope_options
from papaya.commands.options.server import server_options
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.engine.scope import RunScope
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice

EXIT_DONE = 0
EXIT_DRIFT = 2


@click.command()
@manifest_options
@server_options
@scope_options
@click.option("--json", "form", flag_value="json", help="Print one JSON document.")
@click.option("--markdown", "form", flag_value="markdown", help="Print a table for a code-review comment.")
@click.option("--junit", "form", flag_value="junit", help="Print JUnit XML: a drifted entity is a failure.")
@full_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when something drifted.")
@click.option("--check-credentials", is_flag=True, help="Compare live tokens too: a request for each device.")
def command(
    manifest: ManifestChoice,
    server: Options,
    scope: RunScope,
    form: str | None,
    full: bool,
    detailed_exitcode: bool,
    check_credentials: bool,
) -> int:
    """Show what somebody changed on the server.

    Compares the manifest, what was last applied, and the server, and tells for each value which of them
    changed. A value changed only in the manifest is a pending change, not drift. Values that devices report
    are ignored. An entity that another fleet manages by now is drift. `papaya apply` repairs drift, except
    what it refuses.
    """
    from papaya.render.drift import drift_json, drift_junit, drift_markdown, drift_text

    with running(manifest.load, server, check_credentials=check_credentials, scope=scope) as run:
        report = run.drift(scope)
    report = replace(report, plan=about_the_same(report.plan))
    if form == "json":
        click.echo(json_text(drift_json(report)))
    elif form == "markdown":
        click.echo(drift_markdown(report), nl=False)
    elif form == "junit":
        click.echo(drift_junit(report), nl=False)
    else:
        click.echo(drift_text(report, width=terminal_width(), full=full), nl=False)
    return EXIT_DRIFT if detailed_exitcode and report.drifted else EXIT_DONE
