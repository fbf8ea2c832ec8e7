"""`papaya forget`: give up the management of an entity without deleting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.applying import show_and_carry_out
from papaya.command_line.running import running
from papaya.commands.options.group import full_option, outcome_json_option
from papaya.commands.options.lock import lease_options
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.options.targets import devices_argument

if TYPE_CHECKING:
    from papaya.runs.lock import LeaseChoice
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@devices_argument("addresses", "ADDRESS...", required=True)
@manifest_file_options
@server_options
@lease_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@outcome_json_option
@full_option
def command(
    addresses: tuple[str, ...],
    manifest: ManifestChoice,
    server: Options,
    yes: bool,
    as_json: bool,
    full: bool,
    lease: LeaseChoice,
) -> int:
    """Stop managing an entity without deleting it.

    ADDRESS is a name such as PM-0001, a path such as INDIA/Karnataka/PM-0001, or a glob. A place includes
    everything in it. The entity, its attributes and its history stay on the server.
    """
    from papaya.engine.guard import Consent
    from papaya.engine.scope import RunScope
    from papaya.runs.leaving import what_comes_back, without_entries

    fleet = manifest.load()
    with running(without_entries(fleet, when_removed="forget"), server, lease=lease) as run:
        consent = Consent()
        plan = run.plan(consent, RunScope(targets=addresses), removes_all=True)
        remark = what_comes_back(fleet, plan)
        return show_and_carry_out(
            run, plan, consent, yes=yes, as_json=as_json, full=full, remark=remark, verb="forget"
        )
