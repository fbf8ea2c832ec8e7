"""`papaya apply`: make the server what the manifest says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.commands._execute import agree, carry_out, report
from papaya.commands._lease import lease_options
from papaya.commands._manifest import manifest_options
from papaya.commands._run import (
    consent_options,
    running,
    scope_options,
    terminal_width,
    wants_color,
)
from papaya.commands._server import server_options
from papaya.errors import PlanRefused

if TYPE_CHECKING:
    from papaya.commands._lease import LeaseChoice
    from papaya.commands._manifest import ManifestChoice
    from papaya.commands._run import Run
    from papaya.engine.guard import Consent
    from papaya.engine.plan import Plan
    from papaya.engine.scope import RunScope
    from papaya.settings import Options

EXIT_DONE = 0


@click.command()
@manifest_options
@server_options
@scope_options
@consent_options
@lease_options
@click.option("--yes", is_flag=True, help="Answer every question but those about destroying.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document about what was done.")
@click.option("--full", is_flag=True, help="Print every device of the plan; fold nothing.")
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
    """Make the server what the manifest says.

    Shows the plan, asks, and carries it out. A plan that `papaya plan -o FILE` saved is carried out exactly
    as it was shown, or refused. What was applied, what failed and what was not attempted is always said.
    """
    if manifest.is_saved_plan:
        from papaya.commands._saved import planned_run

        saved = planned_run(manifest, server, consent, lease, check_credentials=check_credentials)
        with saved as (run, plan):
            return _apply(run, plan, consent, yes, as_json, full, lease)
    fleet = manifest.load()
    with running(fleet, server, check_credentials=check_credentials, lease=lease) as run:
        return _apply(run, run.plan(consent, scope), consent, yes, as_json, full, lease)


def _apply(
    run: Run, plan: Plan, consent: Consent, yes: bool, as_json: bool, full: bool, lease: LeaseChoice
) -> int:
    from papaya.apply.outcome import Result
    from papaya.render.text import plan_text

    text = plan_text(plan, width=terminal_width(), color=wants_color() and not as_json, full=full)
    click.echo(text.rstrip("\n"), err=as_json)
    if plan.refusals:
        raise PlanRefused("nothing was done: the plan is refused, as said above")
    if plan.is_empty:
        return report(Result(()), plan, None, as_json=True) if as_json else EXIT_DONE
    agree(plan, consent, yes=yes)
    result, journal = carry_out(run, plan, lease)
    return report(result, plan, journal, as_json=as_json)
