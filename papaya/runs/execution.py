"""Carrying out a plan at the command line: questions, progress, lease, journal and the report at the end."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.errors import PlanRefused
from papaya.runs.interruption import EXIT_INTERRUPTED
from papaya.runs.lock import holder, is_dead, journal_file

if TYPE_CHECKING:
    from papaya.apply.outcome import Outcome, Result
    from papaya.engine.address import Address
    from papaya.engine.guard import Consent
    from papaya.engine.plan import Plan
    from papaya.runs.lock import LeaseChoice
    from papaya.runs.run import Run

EXIT_DONE = 0
EXIT_FAILED = 1


def show_and_carry_out(
    run: Run,
    plan: Plan,
    consent: Consent,
    lease: LeaseChoice,
    *,
    yes: bool,
    as_json: bool,
    full: bool = False,
    remark: str = "",
) -> int:
    """Show a plan, ask, carry it out and report; return the exit code."""
    from papaya.apply.outcome import Result
    from papaya.render.text import plan_text
    from papaya.runs.run import terminal_width, wants_color

    text = plan_text(plan, width=terminal_width(), color=wants_color() and not as_json, full=full)
    click.echo(text.rstrip("\n"), err=as_json)
    if plan.refusals:
        raise PlanRefused("nothing was done: the plan is refused, as said above")
    if plan.is_empty:
        return report(Result(()), plan, None, as_json=True) if as_json else EXIT_DONE
    if remark:
        click.echo(remark, err=True)
    agree(plan, consent, yes=yes)
    result, journal = carry_out(run, plan, lease)
    return report(result, plan, journal, as_json=as_json)


def agree(plan: Plan, consent: Consent, *, yes: bool) -> None:
    """Ask a person for what the plan needs, or say which option gives it beforehand.

    Destroying is asked apart from everything else, by the name of the fleet; `--allow-destroy` answers it.
    """
    interactive = sys.stdin.isatty() and sys.stderr.isatty()
    destroys = plan.destroys and consent.destroy is None
    if destroys and not interactive:
        raise PlanRefused(
            f"{plan.destroys} would be destroyed for good and there is no terminal to ask at",
            remedy=f"agree beforehand: --allow-destroy {plan.destroys}",
        )
    if not yes and not interactive:
        raise PlanRefused("there is no terminal to ask at", remedy="agree beforehand: --yes")
    if destroys:
        click.echo(f"\nThere is no undo. To destroy {plan.destroys}, type the name of the fleet: ", err=True)
        if click.prompt("Fleet", err=True, default="", show_default=False).strip() != plan.fleet:
            raise PlanRefused("not the name of the fleet: nothing was done")
    elif not yes:
        for question in plan.questions:
            click.echo(f"\n{question.reason}", err=True)
        click.echo("\nDo you want to perform these actions? Only 'yes' is taken as a yes.", err=True)
        if click.prompt("Answer", err=True, default="", show_default=False).strip() != "yes":
            raise PlanRefused("not agreed: nothing was done")


def carry_out(run: Run, plan: Plan, lease: LeaseChoice) -> tuple[Result, Path]:
    """Carry a plan out under the fleet's lease; return what became of it and where its journal is."""
    from papaya.api.verify import verify
    from papaya.api.write import ServerWriter
    from papaya.apply.executor import Executor
    from papaya.apply.journal import FileJournal
    from papaya.apply.lease import LASTS, HeldLease, places_for
    from papaya.apply.outcome import Result
    from papaya.engine.lease import Lease
    from papaya.engine.plan import Change
    from papaya.secrets import resolve

    session, fleet = run.session, run.fleet
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{fleet.name}-{secrets.token_hex(3)}"
    writer = ServerWriter(session)
    folder = Path(fleet.folder)
    before = session.requests_sent
    own = Lease(holder(), name, time.time() + LASTS)
    places = places_for(run.reading.inventory, fleet.name)
    with (
        FileJournal(journal_file(name), now=_now) as journal,
        run.interruption.ends_well(),
        HeldLease(writer, places, own, now=time.time, break_it=lease.breaks, is_dead=is_dead) as held,
        _progress(len(plan.changes) + len(plan.profiles)) as tell,
    ):

        def observe(outcome: Outcome) -> None:
            change = outcome.change
            if outcome.status == "done" and isinstance(change, Change) and change.role == "country":
                held.take_on(change.address.name)
            tell(outcome)

        def look_again(changes: Sequence[Change]) -> Mapping[Address, str]:
            held.look()
            return verify(session, changes, fleet.name, plan.ids)

        executor = Executor(
            writer,
            journal,
            lambda reference: resolve(reference, folder),
            run=name,
            concurrency=session.concurrency,
            observer=observe,
            verify=look_again,
            keep_going=lambda: held.lost,
        )
        run.interruption.then(executor.stop)
        result = executor.execute(plan)
        path = journal.path
    return Result(result.outcomes, session.requests_sent - before, result.stopped), path


def report(result: Result, plan: Plan, journal: Path | None, *, as_json: bool) -> int:
    """Say what was applied, what failed and what was not attempted; return the exit code."""
    from papaya.runs.run import terminal_width, wants_color

    if as_json:
        from papaya.render.result import result_json

        click.echo(json.dumps(result_json(result, plan), indent=2, ensure_ascii=False))
    else:
        from papaya.render.result import result_text

        click.echo(result_text(result, plan, width=terminal_width(), color=wants_color()).rstrip("\n"))
    if result.is_complete:
        return EXIT_DONE
    if journal is not None:
        click.echo(f"The journal of this run: {journal}", err=True)
    return EXIT_INTERRUPTED if result.stopped.startswith("interrupted") else EXIT_FAILED


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Outcome], None]]:
    """Show a progress bar on a terminal, and nothing that moves where there is none."""
    if not sys.stderr.isatty() or total < 2:
        yield lambda outcome: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Applying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Applying", total=total)
        yield lambda outcome: progress.advance(task)
