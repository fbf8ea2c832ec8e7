"""Steps 3 and 4: the places and the device, planned and applied by the engine that serves whole fleets."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from papaya.api.session import Session
from papaya.api.verify import verify
from papaya.api.write import ServerWriter
from papaya.apply.executor import Executor
from papaya.apply.journal import Journal
from papaya.apply.outcome import Outcome, Result
from papaya.engine.desire import desire
from papaya.engine.guard import Consent
from papaya.engine.inventory import PROVISIONED, Inventory
from papaya.engine.match import match
from papaya.engine.plan import Change, Plan, ProfileChange, Refusal, ResourceChange
from papaya.engine.planner import make_plan
from papaya.errors import ApplyFailed, Interrupted, PapayaError, PlanRefused
from papaya.manifest.model import Fleet
from papaya.provision.live_device import find_id
from papaya.provision.one_device import beside_the_fleet
from papaya.provision.reading import LARGE, read_for_device
from papaya.remedies import profile_not_found
from papaya.secrets import resolve
from papaya.workspace.certificates import with_certificates

# Many devices are switched on at once and create the same State: whoever comes second plans again.
_TRIES = 4
_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was planned, what was done of it, and the id that the device has."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    device_id: str

    def of(self, *roles: str) -> tuple[Outcome, ...]:
        """Return what was done with places, or with the device."""
        return tuple(
            outcome
            for outcome in self.outcomes
            if (outcome.change.role if isinstance(outcome.change, Change) else "profile") in roles
        )


def plan_device(
    session: Session, fleet: Fleet, take_over: frozenset[str] = frozenset(), *, large: int = LARGE
) -> tuple[Plan, Inventory, str | None]:
    """Return the plan of a fleet cut down to one device, what is live, and the device's id if it is there.

    The places that exist are left as they are. In a tenant of more than `large` devices only those of the
    fleet's are read that the device needs, where that is safe.

    A technician is asked nothing: to adopt the device that has this name, and to give it the token that the
    manifest declares, is what provisioning it means. `safety.adopt: never` is still refused.
    """
    fleet, _ = with_certificates(fleet)
    # A device is no occasion to change what stands beside the tree.
    fleet = replace(fleet, resources=(), kinds=())
    reading = read_for_device(session, fleet, large=large)
    consent = Consent(
        adopt=fleet.safety.adopt != "never",
        take_over=take_over,
        destroy=0,
        token_change=1,
        change_percent=100,
    )
    found = match(desire(fleet), reading.inventory).matches
    ids = [each.live.id for address, each in found.items() if address.kind == "device"]
    places = {address.name for address in found if address.kind == "asset"}
    plan = make_plan(beside_the_fleet(fleet, places), reading, consent=consent)
    return plan, reading.inventory, ids[0] if ids else None


def carry_out(
    session: Session,
    fleet: Fleet,
    journal: Journal,
    *,
    run: str,
    take_over: frozenset[str] = frozenset(),
    sleep: Callable[[float], None] = time.sleep,
    large: int = LARGE,
) -> Reconciled:
    """Make the server have the device; raises what refuses or fails.

    No lease is taken: runs of other devices do not concern this one, and every save carries a version.
    """
    folder = Path(fleet.folder)
    first: Plan | None = None
    done: list[Outcome] = []
    for remaining in reversed(range(_TRIES)):
        plan, live, device_id = plan_device(session, fleet, take_over, large=large)
        first = first or plan
        if plan.refusals:
            raise refused(plan.refusals, fleet, live)
        result = _execute(session, plan, fleet, journal, run, folder)
        done += result.of("done")
        if result.is_complete:
            device = next(fleet.devices())
            return Reconciled(first, tuple(done), device_id or _id_of(session, device.name))
        if result.stopped or not remaining or not _is_worth_another_plan(result):
            raise _failed(result)
        sleep(_PAUSE)
    raise AssertionError("the loop returns or raises")


def _id_of(session: Session, name: str) -> str:
    id_ = find_id(session, "device", name)
    if id_ is None:
        raise PapayaError(f"the device {name} was deleted meanwhile", remedy="Run the same command again.")
    return id_


def _is_worth_another_plan(result: Result) -> bool:
    """Return whether everything that failed was changed by somebody else in between."""
    return all("plan again" in outcome.remedy for outcome in result.of("failed"))


def refused(refusals: tuple[Refusal, ...], fleet: Fleet, live: Inventory) -> PlanRefused:
    """Return the error that says all that stands against a plan, and the ways out."""
    reasons = [refusal.reason for refusal in refusals]
    if all(refusal.guard == "profile" for refusal in refusals):
        return PlanRefused("\n".join(reasons), remedy="\n".join(_profile_remedies(refusals, fleet, live)))
    ways = [f"{way.aim}: {way.how}" for way in refusals[0].ways_out]
    return PlanRefused("\n".join(reasons), remedy="\n".join(ways))


def _profile_remedies(refusals: tuple[Refusal, ...], fleet: Fleet, live: Inventory) -> dict[str, None]:
    """Return what to write instead of the names of missing profiles, each remedy once."""
    found: dict[str, None] = {}
    for address in (address for refusal in refusals for address in refusal.addresses):
        known = [present.name for present in live.profiles if present.kind == address.kind]
        from_file = fleet.name == PROVISIONED
        found[profile_not_found("profile", address.name, known, may_create=not from_file).remedy] = None
    return found


def _execute(session: Session, plan: Plan, fleet: Fleet, journal: Journal, run: str, folder: Path) -> Result:
    if plan.is_empty:
        return Result(())
    executor = Executor(
        ServerWriter(session),
        journal,
        lambda reference: resolve(reference, folder),
        run=run,
        concurrency=min(4, session.concurrency),
        verify=lambda changes: verify(session, changes, fleet.name, plan.ids, plan.server.tenant),
    )
    return executor.execute(plan)


def _failed(result: Result) -> PapayaError:
    failed = [outcome for outcome in result.outcomes if outcome.status == "failed"]
    reasons = [f"{_name(outcome.change)}: {outcome.reason}" for outcome in failed]
    remedy = next((outcome.remedy for outcome in failed if outcome.remedy), "Run the same command again.")
    if result.stopped.startswith("interrupted"):
        return Interrupted(result.stopped, remedy="Run the same command again: it goes on from there.")
    return ApplyFailed("\n".join(reasons) or result.stopped or "not everything was done", remedy=remedy)


def _name(change: Change | ProfileChange | ResourceChange) -> str:
    address = change.desired.address if isinstance(change, ProfileChange) else change.address
    return str(address)
