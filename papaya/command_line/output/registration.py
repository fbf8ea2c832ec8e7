"""How a registration is told: its plan, and its steps as they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.terminal import TERMINAL, terminal_width, wants_color
from papaya.errors import PlanRefused
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.engine.plan import Plan
    from papaya.provision.position import Position
    from papaya.provision.steps import Step


def tell_dry_run(plan: Plan, position: Position | None, as_json: bool) -> None:
    """Print what a registration would change; raises `PlanRefused` where it would be refused."""
    from papaya.render.as_json import plan_json
    from papaya.render.text import plan_text

    if as_json:
        click.echo(json_text(plan_json(plan)))
    else:
        text = plan_text(plan, width=terminal_width(), color=wants_color())
        click.echo(text.rstrip("\n"))
        if position is not None:
            click.echo(f"Location: {position.words}.")
            for warning in position.warnings:
                TERMINAL.warned(warning)
    if plan.refusals:
        raise PlanRefused("provision would refuse this plan, as said above")


def tell_step(step: Step) -> None:
    """Print one step as soon as it has ended."""
    title = step.name.capitalize()
    text = step.text.replace("\n", f"\n{'':<27}")
    click.echo(f"  {step.number} {title:<13}{step.outcome:<10}{text}".rstrip())
    for warning in step.warnings:
        click.echo(f"{'':<17}{'warning':<10}{warning}")
