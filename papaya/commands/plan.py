"""`papaya plan`: what apply would change, and why."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.asked import about_the_same
from papaya.command_line.running import running
from papaya.command_line.terminal import TERMINAL, terminal_width, wants_color
from papaya.commands.options.consent import consent_options
from papaya.commands.options.group import full_option
from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.scope import scope_options
from papaya.commands.options.server import server_options
from papaya.errors import PlanRefused

if TYPE_CHECKING:
    from papaya.engine.guard import Consent
    from papaya.engine.scope import RunScope
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice

EXIT_DONE = 0
EXIT_CHANGES = 2


@click.command()
@manifest_options
@server_options
@scope_options
@consent_options
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help="Save the plan for apply.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--markdown", is_flag=True, help="Print Markdown that fits a code-review comment.")
@click.option("--summary", is_flag=True, help="Print counts only.")
@full_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when changes are pending.")
@click.option("--check-credentials", is_flag=True, help="Compare live tokens too: a request for each device.")
def command(
    manifest: ManifestChoice,
    server: Options,
    scope: RunScope,
    consent: Consent,
    out: Path | None,
    as_json: bool,
    markdown: bool,
    summary: bool,
    full: bool,
    detailed_exitcode: bool,
    check_credentials: bool,
) -> int:
    """Show what apply would change.

    Compares the manifest with the server field by field and writes nothing there. Deletions are listed last,
    by name; more than 1,000 by place. Exits with 0, or with 1 on errors; --detailed-exitcode adds 2 for
    pending changes.
    """
    if as_json and markdown:
        raise click.UsageError("--json and --markdown are two forms of one plan: choose one")
    with running(manifest.load, server, check_credentials=check_credentials, scope=scope) as run:
        plan = run.plan(consent, scope)
    has_faults = any(refusal.guard == "token" for refusal in plan.refusals)
    if out is not None and not has_faults:
        from papaya.runs.saved_plan import save_plan

        save_plan(plan, out, manifest, scope)
    plan = about_the_same(plan)
    if as_json:
        from papaya.render.as_json import plan_pieces

        for piece in plan_pieces(plan):
            click.echo(piece, nl=False)
    elif markdown:
        from papaya.render.markdown import plan_markdown

        click.echo(plan_markdown(plan))
    else:
        from papaya.render.text import plan_text

        text = plan_text(plan, width=terminal_width(), color=wants_color(), full=full, summary=summary)
        click.echo(text.rstrip("\n"))
    if out is not None and has_faults:
        raise PlanRefused(
            f"{out} was not written: apply could not carry out this plan",
            remedy="Correct the access tokens that are named above, and plan again.",
        )
    if out is not None:
        TERMINAL.noted(f"Saved to {out}. To carry out exactly this: papaya apply {shlex.quote(str(out))}")
    # What is refused differs, too, though nothing of it is planned.
    differs = bool(plan.refusals) or not plan.is_empty
    return EXIT_CHANGES if detailed_exitcode and differs else EXIT_DONE
