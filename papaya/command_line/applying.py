"""Showing a plan, asking for what it needs, carrying it out and telling how it ended."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.asked import about_the_same
from papaya.command_line.terminal import TERMINAL, terminal_width, wants_color
from papaya.counting import counted
from papaya.errors import PlanRefused
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.apply.outcome import Result
    from papaya.engine.guard import Consent
    from papaya.engine.plan import Plan
    from papaya.runs.run import Run
    from papaya.runs.saved_plan import SavedPlan

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


def show_and_carry_out(
    run: Run,
    plan: Plan,
    consent: Consent,
    *,
    yes: bool,
    as_json: bool,
    full: bool = False,
    remark: str = "",
    verb: str = "apply",
    saved: SavedPlan | None = None,
) -> int:
    """Show a plan, ask, carry it out and report; return the exit code. `verb` is the command that does so."""
    from papaya.apply.outcome import Result
    from papaya.render.text import plan_text

    plan = about_the_same(plan, saved)
    color = wants_color() and not as_json
    text = plan_text(plan, width=terminal_width(), color=color, full=full, verb=verb)
    if not (as_json and yes and TERMINAL.is_quiet) or plan.refusals:
        click.echo(text.rstrip("\n"), err=as_json)
    if plan.refusals:
        raise PlanRefused("nothing was done: the plan is refused, as said above")
    if plan.is_empty:
        return report(Result(()), plan, None, as_json=True) if as_json else EXIT_DONE
    if remark:
        TERMINAL.noted(remark)
    carried = run.carry_out(plan, agreed(plan, consent, yes=yes))
    return report(carried.result, plan, carried.journal, as_json=as_json)


def agreed(plan: Plan, consent: Consent, *, yes: bool) -> Consent:
    """Ask a person for what the plan needs, or say which options give it beforehand.

    `--yes` confirms the plan. It neither adopts, which `--adopt` answers, nor destroys, which is asked apart,
    by the name of the fleet, and which `--allow-destroy` answers.
    """
    destroys = plan.destroys and consent.destroy is None
    adopts = any(question.guard == "adopt" for question in plan.questions) and not consent.adopt
    others = [question for question in plan.questions if question.guard != "adopt"]
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        from papaya.runs.execution import refuse_unattended

        refuse_unattended(plan, asks=not yes, adopts=adopts, destroys=bool(destroys), others=others)
    elif destroys:
        _ask_for_destroys(plan, adopts=adopts)
    elif adopts or others or not yes:
        _tell_questions(plan, adopts=adopts)
        click.echo("\nDo you want to perform these actions?", err=True)
        click.echo("Type 'yes' to continue; anything else cancels.", err=True)
        if click.prompt("Answer", err=True, default="", show_default=False).strip() != "yes":
            raise PlanRefused("not agreed: nothing was done")
    confirmed = {str(address) for question in others for address in question.addresses}
    return replace(
        consent,
        adopt=True,
        destroy=plan.destroys if destroys else consent.destroy,
        confirm=consent.confirm | confirmed,
    )


def _ask_for_destroys(plan: Plan, *, adopts: bool) -> None:
    _tell_questions(plan, adopts=adopts)
    what = counted(plan.destroys, "entity")
    click.echo(f"\nThere is no undo. To delete {what}, type the name of the fleet: ", err=True)
    if click.prompt("Fleet", err=True, default="", show_default=False).strip() != plan.fleet:
        raise PlanRefused("not the name of the fleet: nothing was done")


def _tell_questions(plan: Plan, *, adopts: bool) -> None:
    for question in plan.questions:
        if question.guard == "adopt" and not adopts:
            continue
        click.echo(f"\n{question.reason}", err=True)


def report(result: Result, plan: Plan, journal: Path | None, *, as_json: bool) -> int:
    """Say what was applied, what failed and what was not attempted; return the exit code."""
    if as_json:
        from papaya.render.result import result_json

        click.echo(json_text(result_json(result, plan)))
    else:
        from papaya.render.result import result_text

        click.echo(result_text(result, plan, width=terminal_width(), color=wants_color()).rstrip("\n"))
    if result.is_complete:
        return EXIT_DONE
    click.echo("Run the same command again to continue: what was done stays done.", err=True)
    if journal is not None:
        click.echo(f"The journal of this run: {journal}", err=True)
    return EXIT_INTERRUPTED if result.stopped.startswith("interrupted") else EXIT_FAILED
