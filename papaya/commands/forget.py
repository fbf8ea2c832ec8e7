"""`papaya forget`: give up the management of an entity without deleting it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from papaya.commands.applying import show_and_carry_out
from papaya.commands.options.group import outcome_json_option
from papaya.commands.options.lock import lease_options
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.running import running

if TYPE_CHECKING:
    from papaya.runs.lock import LeaseChoice
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@manifest_file_options
@server_options
@lease_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@outcome_json_option
def command(
    addresses: tuple[str, ...],
    manifest: ManifestChoice,
    server: Options,
    yes: bool,
    as_json: bool,
    lease: LeaseChoice,
) -> int:
    """Stop managing an entity without deleting it.

    ADDRESS is a name such as PM-0001, a path such as INDIA/Karnataka/PM-0001, or a glob. A place includes
    everything in it. The entity, its attributes and its history stay; only papaya's marks go.
    """
    from papaya.engine.guard import Consent
    from papaya.engine.scope import RunScope

    fleet = manifest.load()
    kept = {device.name for device in fleet.devices()}
    kept |= {place.asset_name for country in fleet.countries for place in (country, *country.states)}
    released = replace(
        fleet, countries=(), missing_cells=(), safety=replace(fleet.safety, when_removed="forget")
    )
    with running(released, server, lease=lease) as run:
        consent = Consent()
        plan = run.plan(consent, RunScope(targets=addresses), removes_all=True)
        again = sorted(change.address.name for change in plan.changes if change.address.name in kept)
        some = ", ".join(again[:3]) + (", …" if len(again) > 3 else "")
        remark = f"Still in the manifest, so the next apply would adopt: {some}" if again else ""
        for change in plan.changes:
            was = change.live.identity.name if change.live is not None else change.address.name
            if was != change.address.name and was in kept:
                remark += "\n" if remark else ""
                new = change.address.name
                remark += f"The next apply would create {was} again: {new} is no longer known as it. "
                remark += f"Remove {was} from the manifest, or write {new} there."
        return show_and_carry_out(run, plan, consent, yes=yes, as_json=as_json, remark=remark, verb="forget")
