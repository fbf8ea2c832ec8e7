"""Walks a plan level by level, several changes at once, and says what became of every one of them.

Within a level, what stands in a new place begins as soon as this place has been created, while its attributes
are still being written. On a long line each wait for a whole level would cost several round trips.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue

from papaya.apply.breaker import Breaker
from papaya.apply.dependence import AnyChange, missing
from papaya.apply.journal import Journal
from papaya.apply.objects import ObjectSteps
from papaya.apply.outcome import Outcome, Result
from papaya.apply.ready import Ready
from papaya.apply.steps import Context, Steps
from papaya.apply.writer import Lock, Writer
from papaya.engine.address import Address
from papaya.engine.order import levels, rank
from papaya.engine.plan import Change, Plan, ProfileChange, ResourceChange
from papaya.engine.resource_plan import LAST, groups
from papaya.errors import PapayaError
from papaya.kinds.kind import PROFILES, TREE
from papaya.manifest.model import SecretReference

Observer = Callable[[Outcome], None]
Verify = Callable[[Sequence[Change | ResourceChange]], Mapping[Address, str]]

# How many changes are under way for each request that the server copes with: a change that is between two of
# its requests leaves its place to another. More would only be more that a stop has to wait for.
_AHEAD = 1.25
# How many changes are compared with the server at once, seconds before they are written.
_LOOK_AHEAD = 200


class Executor:
    """Carries out one plan once.

    `verify` says what somebody else did to entities since they were read, `keep_going` why to stop. At most
    `concurrency` changes are under way at once, and no more than `breadth` says that the server copes with.
    `lock` goes on the first place that the run creates, before anything else, if it is not held yet.
    """

    def __init__(
        self,
        writer: Writer,
        journal: Journal,
        resolve: Callable[[SecretReference], str],
        *,
        run: str,
        concurrency: int = 10,
        breadth: Callable[[], int] | None = None,
        observer: Observer | None = None,
        verify: Verify | None = None,
        keep_going: Callable[[], str] | None = None,
        lock: Lock | None = None,
    ) -> None:
        self._writer = writer
        self._journal = journal
        self._resolve = resolve
        self._run = run
        self._concurrency = max(1, concurrency)
        self._observer = observer
        self._verify = verify
        self._reason_to_stop = keep_going
        self._lock = lock
        # Changes that have ended, and places that stand.
        self._news: SimpleQueue[Future[Outcome] | Address] = SimpleQueue()
        self._stop = threading.Event()
        self._stopped = ""
        self._breadth = breadth or (lambda: self._concurrency)
        self._breaker = Breaker(self._breadth())

    def stop(self, reason: str) -> None:
        """Let what is under way finish, and begin nothing else."""
        if not self._stop.is_set():
            self._stopped = reason
            self._stop.set()
            self._breaker.open()

    def execute(self, plan: Plan) -> Result:
        """Carry out the plan; failures become outcomes, not exceptions."""
        # The steps beside others have threads of their own: those of the changes wait for them.
        with ThreadPoolExecutor(self._concurrency) as beside:
            return self._execute(plan, self._context(plan, beside))

    def _context(self, plan: Plan, beside: ThreadPoolExecutor) -> Context:
        context = Context(
            plan,
            self._run,
            self._writer,
            self._journal,
            self._resolve,
            {**plan.ids, **plan.places, **plan.resource_ids},
            carrier=self._carrier(plan),
            lock_of_run=self._lock,
            on_place=self._news.put,
        )
        if self._concurrency > 1:
            context.beside = lambda work: beside.submit(work).result
        return context

    def _execute(self, plan: Plan, context: Context) -> Result:
        outcomes: dict[int, Outcome] = {}
        lost: dict[Address, AnyChange] = {}
        self._journal.write(
            "start",
            run=self._run,
            fleet=plan.fleet,
            server=plan.server.url,
            tenant=plan.server.tenant,
            changes=len(plan.everything) + len(plan.profiles),
        )
        with ThreadPoolExecutor(self._concurrency) as pool:
            for some in groups(plan.resources, end=PROFILES):
                self._level(some, context, pool, outcomes, lost)
            self._level(plan.profiles, context, pool, outcomes, lost)
            for some in groups(plan.resources, PROFILES, TREE):
                self._level(some, context, pool, outcomes, lost)
            changes = tuple(self._set_aside(plan.changes, context, outcomes, lost))
            begun = [change for change in changes if id(change) not in outcomes]
            for group in levels(change for change in begun if change.action != "destroy"):
                self._level(group, context, pool, outcomes, lost)
            # A calculated field stops reading an entity before the server is asked to delete this entity.
            for some in groups(plan.resources, TREE, LAST):
                self._level(some, context, pool, outcomes, lost)
            for group in levels(change for change in begun if change.action == "destroy"):
                self._level(group, context, pool, outcomes, lost)
            for some in groups(plan.resources, LAST):
                self._level(some, context, pool, outcomes, lost)
        everything: tuple[AnyChange, ...] = (*plan.profiles, *changes, *plan.resources)
        result = Result(tuple(outcomes[id(change)] for change in everything), stopped=self._stopped)
        self._journal.write(
            "end",
            done=len(result.of("done")),
            failed=len(result.of("failed")),
            skipped=len(result.of("skipped")),
            not_attempted=len(result.of("not attempted")),
            stopped=self._stopped,
        )
        return result

    def _level(
        self,
        group: Sequence[AnyChange],
        context: Context,
        pool: ThreadPoolExecutor,
        outcomes: dict[int, Outcome],
        lost: dict[Address, AnyChange],
    ) -> None:
        pending: dict[Future[Outcome], AnyChange] = {}
        new = _new_places(group)
        is_stuck = False

        def needs(found: tuple[AnyChange, str]) -> Address | None:
            return None if is_stuck or self._stop.is_set() else _awaited(found[0], new, lost, context)

        ready = Ready(self._looked_at(group), needs)
        while pending or not ready.is_empty:
            while len(pending) < self._places() and (found := ready.next()) is not None:
                change, conflict = found
                self._heed_reason_to_stop()
                if self._stop.is_set():
                    self._end(Outcome(change, "not attempted", self._stopped), outcomes)
                elif (needed := missing(change, lost, context)) is not None:
                    # Before the conflict: a place that still contains something is often the consequence.
                    self._lose(change, lost, ready)
                    self._end(Outcome(change, "skipped", f"{needed} was not done"), outcomes)
                elif conflict:
                    self._lose(change, lost, ready)
                    self._end(Outcome(change, "failed", conflict, "plan again"), outcomes)
                else:
                    future = pool.submit(self._carry_out, change, context)
                    pending[future] = change
                    future.add_done_callback(self._news.put)
            if pending:
                self._collect(pending, outcomes, lost, ready)
            elif not ready.is_empty:
                # Nothing is under way that anything could wait for.
                is_stuck = True
            if is_stuck or self._stop.is_set():
                ready.release_all()

    def _carrier(self, plan: Plan) -> Address | None:
        """Return the place to create with the run's lock on it: the first one, if no other has the lock."""
        if self._lock is None or self._lock.to_be_born() is None:
            return None
        return next(
            (
                change.address
                for change in sorted(plan.changes, key=rank)
                if change.action == "create" and change.role != "device" and not _is_shared(change)
            ),
            None,
        )

    @staticmethod
    def _lose(change: AnyChange, lost: dict[Address, AnyChange], ready: Ready[tuple[AnyChange, str]]) -> None:
        """Note that a change was not done; what waits for its place waits no longer."""
        lost[_address(change)] = change
        ready.release(_address(change))

    def _places(self) -> int:
        """Return how many changes may be under way now."""
        breadth = self._breadth()
        self._breaker.widen(breadth)
        return min(self._concurrency, math.ceil(breadth * _AHEAD))

    def _set_aside(
        self,
        changes: Sequence[Change],
        context: Context,
        outcomes: dict[int, Outcome],
        lost: dict[Address, AnyChange],
    ) -> Iterator[Change]:
        """Yield all changes, those that stand in another's way with their entity under a temporary name."""
        asides = [change for change in changes if change.writes.aside]
        moved: dict[int, Change] = {}
        for change, conflict in self._looked_at(asides):
            if not isinstance(change, Change):
                continue
            outcome: Outcome | None = None
            if self._stop.is_set():
                outcome = Outcome(change, "not attempted", self._stopped)
            elif conflict:
                outcome = Outcome(change, "failed", conflict, "plan again")
            else:
                try:
                    with self._breaker.turn(self._stop_for):
                        moved[id(change)] = Steps(context, change).step_aside()
                except PapayaError as error:
                    outcome = _failed(change, error)
            if outcome is not None:
                lost[change.address] = change
                self._end(outcome, outcomes)
        yield from (moved.get(id(change), change) for change in changes)

    def _looked_at(self, group: Sequence[AnyChange]) -> Iterator[tuple[AnyChange, str]]:
        """Yield each change with what somebody else did to its entity since the plan, read just before."""
        for start in range(0, len(group), _LOOK_AHEAD):
            some = group[start : start + _LOOK_AHEAD]
            self._heed_reason_to_stop()
            known = [
                change for change in some if not isinstance(change, ProfileChange) and change.live is not None
            ]
            conflicts: Mapping[Address, str] = {}
            if self._verify is not None and known and not self._stop.is_set():
                try:
                    conflicts = self._verify(known)
                except PapayaError as error:
                    self.stop(error.message)
            for change in some:
                yield change, conflicts.get(_address(change), "")

    def _collect(
        self,
        pending: dict[Future[Outcome], AnyChange],
        outcomes: dict[int, Outcome],
        lost: dict[Address, AnyChange],
        ready: Ready[tuple[AnyChange, str]],
    ) -> None:
        """Wait until something has ended or a place stands, and take in all that has."""
        try:
            news = [self._news.get()]
        except KeyboardInterrupt:
            self.stop("interrupted")
            return
        with suppress(Empty):
            while True:
                news.append(self._news.get_nowait())
        for one in news:
            if isinstance(one, Address):
                ready.release(one)
                continue
            change = pending.pop(one)
            outcome = one.result()
            if outcome.status != "done":
                self._lose(change, lost, ready)
            self._end(outcome, outcomes)

    def _carry_out(self, change: AnyChange, context: Context) -> Outcome:
        steps = ObjectSteps(context, change) if isinstance(change, ResourceChange) else Steps(context, change)
        try:
            with self._breaker.turn(self._stop_for):
                if self._stop.is_set():
                    return Outcome(change, "not attempted", self._stopped)
                steps.carry_out()
        except PapayaError as error:
            return _failed(change, error, steps.done)
        return Outcome(change, "done", steps=tuple(steps.done))

    def _stop_for(self, error: PapayaError) -> None:
        self.stop(error.message)

    def _heed_reason_to_stop(self) -> None:
        reason = self._reason_to_stop() if self._reason_to_stop is not None else ""
        if reason:
            self.stop(reason)

    def _end(self, outcome: Outcome, outcomes: dict[int, Outcome]) -> None:
        outcomes[id(outcome.change)] = outcome
        if self._observer is not None:
            self._observer(outcome)


def _failed(change: AnyChange, error: PapayaError, done: Sequence[str] = ()) -> Outcome:
    return Outcome(change, "failed", error.message, error.remedy, tuple(done))


def _address(change: AnyChange) -> Address:
    return change.desired.address if isinstance(change, ProfileChange) else change.address


def _new_places(group: Sequence[AnyChange]) -> frozenset[Address]:
    """Return the places that a level creates."""
    return frozenset(
        one.address
        for one in group
        if isinstance(one, Change) and one.action == "create" and one.role != "device"
    )


def _is_shared(change: Change) -> bool:
    return change.desired is not None and change.desired.shared_place


def _awaited(
    change: AnyChange, places: AbstractSet[Address], lost: Mapping[Address, AnyChange], context: Context
) -> Address | None:
    """Return which of the places to come a change has to wait for: its own, or the one with the lock."""
    if not isinstance(change, Change) or change.desired is None or not places:
        return None
    above = [Address("asset", parent) for parent in change.desired.parents]
    # A shared place carries no lock, and the one that does may stand in it.
    if context.carrier is not None and change.address != context.carrier and not _is_shared(change):
        above.insert(0, context.carrier)
    return next((one for one in above if one in places and one not in lost and not context.knows(one)), None)
