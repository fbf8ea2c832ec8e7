"""Carrying out a plan: what has to be agreed to, the lock between runs, the journal."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from papaya.api.session import Session
from papaya.api.verify import verify
from papaya.api.write import ServerWriter
from papaya.apply.executor import Executor
from papaya.apply.journal import journal_of, run_name
from papaya.apply.outcome import Outcome, Result
from papaya.counting import counted
from papaya.engine.address import Address
from papaya.engine.guard import Consent
from papaya.engine.inventory import Inventory
from papaya.engine.plan import Change, Plan, ProfileChange, Refusal, ResourceChange
from papaya.errors import PlanRefused
from papaya.manifest.model import Fleet
from papaya.observer import Observer
from papaya.runs.interruption import Interruption
from papaya.runs.lock import locked_by
from papaya.secrets import resolve

_STEP = "applying"


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of a plan, and where the journal of the run is, if there is one."""

    result: Result
    journal: Path | None


def _is_own_place(change: Change | ResourceChange) -> bool:
    """Return whether a change leaves a place that can carry the fleet's lock: a shared one cannot."""
    if not isinstance(change, Change) or change.action not in ("create", "update"):
        return False
    return change.role != "device" and change.desired is not None and not change.desired.shared_place


def refuse_unless_agreed(plan: Plan, consent: Consent) -> None:
    """Raise `PlanRefused` where a plan is refused or needs what nobody has agreed to."""
    if plan.refusals:
        reasons = "; ".join(refusal.reason for refusal in plan.refusals)
        raise PlanRefused(f"nothing was done: the plan is refused: {reasons}")
    if plan.destroys and consent.destroy is None:
        raise PlanRefused(
            f"not confirmed: {plan.destroys} would be deleted permanently",
            remedy=f"Confirm it: Consent(destroy={plan.destroys}), or --allow-destroy {plan.destroys}",
        )
    adoptions = [question.reason for question in plan.questions if question.guard == "adopt"]
    if adoptions and not consent.adopt:
        raise PlanRefused(
            f"not confirmed: {'; '.join(adoptions)}",
            remedy="Confirm it: Consent(adopt=True), or --adopt",
        )
    for question in plan.questions:
        confirms = " ".join(_confirms(question))
        if question.guard != "adopt" and not consent.confirm.issuperset(map(str, question.addresses)):
            raise PlanRefused(
                f"not confirmed: {question.reason}",
                remedy=f"Confirm it: Consent(confirm={{...}}), or {confirms}",
            )


def _confirms(question: Refusal) -> Iterator[str]:
    for address in question.addresses:
        yield f"--confirm {shlex.quote(str(address))}"


def refuse_unattended(
    plan: Plan, *, asks: bool, adopts: bool, destroys: bool, others: Sequence[Refusal]
) -> None:
    """Raise `PlanRefused` with every option that is missing where nobody can be asked."""
    missing = [
        *(["--yes"] if asks else []),
        *(["--adopt"] if adopts else []),
        *([f"--allow-destroy {plan.destroys}"] if destroys else []),
        *(option for question in others for option in _confirms(question)),
    ]
    if not missing:
        return
    needs = [
        *(question.reason for question in plan.questions if adopts or question in others),
        *([f"{counted(plan.destroys, 'entity')} would be deleted permanently"] if destroys else []),
    ]
    why = f" ({'; '.join(needs)})" if needs else ""
    raise PlanRefused(f"cannot ask for confirmation: no terminal{why}", remedy=f"Pass {' '.join(missing)}")


def connect_for(plan: Plan, session: Session) -> None:
    """Begin to make the connections that carrying out a plan needs at first; those that stand are kept."""
    session.connect_ahead(min(_changes_in(plan), 2 * session.throttle.allowed))


def _changes_in(plan: Plan) -> int:
    return len(plan.everything) + len(plan.profiles)


def carry_out(
    plan: Plan,
    consent: Consent,
    *,
    fleet: Fleet,
    session: Session,
    live: Inventory,
    interruption: Interruption,
    breaks_lease: bool,
    observer: Observer,
) -> Carried:
    """Carry a plan out under the fleet's lease; `live` is what it was made from."""
    refuse_unless_agreed(plan, consent)
    name = run_name(fleet.name)
    writer = ServerWriter(session)
    folder = Path(fleet.folder)
    before = session.requests_sent
    total = _changes_in(plan)
    done = 0
    one_at_a_time = threading.Lock()

    def uploading(name: str, sent: int, size: int) -> None:
        with one_at_a_time:
            observer.progressed(f"uploading {name}", sent, size)

    session.on_upload = uploading
    connect_for(plan, session)
    observer.began(_STEP, total)
    try:
        with (
            journal_of(name) as journal,
            interruption.ends_well(),
            locked_by(
                session,
                writer,
                live,
                fleet.name,
                name,
                breaks=breaks_lease,
                beside=bool(plan.resources),
            ) as held,
        ):

            def observe(outcome: Outcome) -> None:
                nonlocal done
                change = outcome.change
                with one_at_a_time:
                    if not isinstance(change, ProfileChange):
                        if outcome.status == "done" and _is_own_place(change):
                            held.take_on(change.address.name)
                        observer.changed(str(change.address), outcome.status, outcome.reason)
                    done += 1
                    observer.progressed(_STEP, done, total)

            def look_again(changes: Sequence[Change | ResourceChange]) -> Mapping[Address, str]:
                with ThreadPoolExecutor(1) as beside:
                    looking = beside.submit(held.look)
                    conflicts = verify(
                        session,
                        changes,
                        fleet.name,
                        plan.ids,
                        plan.server.tenant,
                        concurrency=session.throttle.allowed,
                    )
                    looking.result()
                return conflicts

            executor = Executor(
                writer,
                journal,
                lambda reference: resolve(reference, folder),
                run=name,
                concurrency=session.concurrency,
                breadth=lambda: session.throttle.allowed,
                observer=observe,
                verify=look_again,
                keep_going=lambda: held.lost,
                lock=held,
            )
            interruption.then(executor.stop)
            result = executor.execute(plan)
    finally:
        observer.ended(_STEP)
        session.on_upload = None
    if journal.fault:
        observer.warned(f"the journal of this run is not complete: {journal.path}: {journal.fault}")
    path = journal.path if journal.path.exists() else None
    return Carried(Result(result.outcomes, session.requests_sent - before, result.stopped), path)
