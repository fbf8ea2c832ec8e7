"""`papaya apply`: make the server what the manifest says."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from papaya.command_line.applying import show_and_carry_out
from papaya.command_line.running import running
from papaya.commands.options.consent import consent_options
from papaya.commands.options.group import full_option, outcome_json_option, yes_option
from papaya.commands.options.lock import lease_options
from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.scope import scope_options
from papaya.commands.options.server import server_options

if TYPE_CHECKING:
    from papaya.engine.guard import Consent
    from papaya.engine.scope import RunScope
    from papaya.runs.lock import LeaseChoice
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@manifest_options
@server_options
@scope_options
@consent_options
@lease_options
@yes_option
@outcome_json_option
@full_option
@click.option("--check-credentials", is_flag=True, help="Compare live tokens too: a request for each device.")
def command(
    manifest: ManifestChoice,
    server: Options,
    scope: RunScope,
    consent: Consent,
    yes: bool,
    as_json: bool,
    full: bool,
    check_credentials: bool,
    lease: LeaseChoice,
) -> int:
    """Apply the manifest to the server.

    Shows the plan, asks, and carries it out. A plan saved with `papaya plan -o FILE` is carried out exactly
    as shown, or refused. The report lists what was applied, what failed and what was not attempted.
    """
    saved = None
    if manifest.is_saved_plan:
        from papaya.runs.saved_plan import read_plan

        saved = read_plan(manifest.paths[0])
    load = manifest.load if saved is None else partial(saved.fleet, manifest)
    with running(load, server, check_credentials=check_credentials, lease=lease) as run:
        plan = run.plan(consent, scope) if saved is None else saved.plan(run, consent)
        return show_and_carry_out(run, plan, consent, yes=yes, as_json=as_json, full=full, saved=saved)
