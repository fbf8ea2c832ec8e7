"""`papaya destroy`: remove a fleet from its server."""

from __future__ import annotations

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
    from papaya.manifest.model import Fleet
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
def command(
    manifest: ManifestChoice,
    server: Options,
    scope: RunScope,
    consent: Consent,
    yes: bool,
    as_json: bool,
    full: bool,
    lease: LeaseChoice,
) -> int:
    """Delete a fleet from its server, with all telemetry.

    Deletes what this fleet manages, devices before places. The guards of apply hold: --allow-destroy or
    safety.maxDestroy, protect, and the name of the fleet typed at the terminal. Shared places, profiles and
    what no fleet manages stay.
    """
    from papaya.runs.leaving import without_entries

    def nothing() -> Fleet:
        return without_entries(manifest.load(), when_removed="destroy")

    with running(nothing, server, lease=lease) as run:
        plan = run.plan(consent, scope, removes_all=True)
        return show_and_carry_out(run, plan, consent, yes=yes, as_json=as_json, full=full, verb="destroy")
