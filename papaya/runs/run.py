"""A fleet on its server: read, planned, changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from papaya.api.credentials import Credentials
from papaya.api.session import Session
from papaya.api.survey import survey
from papaya.apply.outcome import Result
from papaya.collector import collector_paused
from papaya.diagnostics import has_errors
from papaya.engine.drift import DriftReport, drift
from papaya.engine.guard import Consent
from papaya.engine.meaning import in_full
from papaya.engine.naming import Known
from papaya.engine.part import is_enough, part_of, wider
from papaya.engine.plan import Plan
from papaya.engine.planner import known_names, make_plan, totals_of
from papaya.engine.reading import Reading
from papaya.engine.scope import RunScope
from papaya.errors import ManifestError, PapayaError
from papaya.manifest.model import Fleet
from papaya.observer import SILENT, Observer
from papaya.runs.ahead import AT_FIRST, Ahead
from papaya.runs.execution import Carried, carry_out, connect_for
from papaya.runs.interruption import Interruption, interruptible
from papaya.runs.lock import LeaseChoice, wait_until_free
from papaya.runs.progress import rows_told
from papaya.runs.session import check_user, settings_for, unchecked_session, warn_about_version
from papaya.runs.tokens import refused_tokens
from papaya.secrets import resolver
from papaya.settings import Options
from papaya.workspace.certificates import with_certificates

EVERYTHING = RunScope()


class Run:
    """A fleet, its server and what was read from it."""

    def __init__(
        self,
        fleet: Fleet,
        session: Session,
        interruption: Interruption,
        *,
        check_credentials: bool = False,
        lease: LeaseChoice | None = None,
        scope: RunScope = EVERYTHING,
        observer: Observer = SILENT,
        check: Callable[[], object] = lambda: None,
    ) -> None:
        """Read the server: without `lease` no more than what a plan of the `scope` needs.

        `check` refuses a user who may not do this; it takes its round trip beside those of the reading.
        """
        self.fleet, self._of_certificates = with_certificates(fleet)
        self.session = session
        self.interruption = interruption
        self.observer = observer
        self._check_credentials = check_credentials
        self._is_to_change = lease is not None
        self.breaks_lease = lease is not None and lease.breaks
        self._part = part_of(self.fleet, scope) if lease is None else None
        self._scope = scope
        reading = self._read_checked(check)
        if lease is not None:
            reading = wait_until_free(
                session,
                fleet.name,
                reading,
                lease,
                read=self._read,
                observer=observer,
                beside=bool(fleet.kinds),
            )
        self.reading = reading

    def plan(
        self, consent: Consent | None = None, scope: RunScope = EVERYTHING, *, removes_all: bool = False
    ) -> Plan:
        """Return the plan: what differs, in order, and what refuses or questions it.

        `scope` limits it to a part of the fleet. Raises `PapayaError` for a pattern that matches nothing and
        for a bare name that matches several entities, and `ManifestError` if a certificate cannot be used.
        With `removes_all` everything that the fleet manages is to go.
        """
        if not removes_all:
            self._tell_of_certificates()
        consent = consent or Consent()
        fleet = self._fleet_of(scope)
        with rows_told(self.session, self.observer, "planning"), collector_paused():
            scope = in_full(scope, known_names(fleet, self.reading) if scope else ())
            plan = make_plan(fleet, self.reading, consent=consent, scope=scope, removes_all=removes_all)
        if self._is_to_change:
            # The connections are made while the plan is shown.
            connect_for(plan, self.session)
        if removes_all:
            return plan
        if self._part is not None:
            plan = replace(plan, totals=totals_of(self.fleet))
        refused = tuple(refused_tokens(self.fleet, plan, chosen=bool(scope)))
        return replace(plan, refusals=(*plan.refusals, *refused)) if refused else plan

    def known(self, scope: RunScope = EVERYTHING) -> Iterator[Known]:
        """Yield everything that the patterns of a scope may mean, with its paths and addresses."""
        return known_names(self._fleet_of(scope), self.reading)

    def _fleet_of(self, scope: RunScope) -> Fleet:
        """Return the fleet that was read: the part that was read for this scope, else everything."""
        if self._part is not None and scope != self._scope:
            self._part, self.reading = None, self._read()
        return self._part or self.fleet

    def _tell_of_certificates(self) -> None:
        if has_errors(self._of_certificates):
            raise ManifestError(self._of_certificates)
        if self._of_certificates:
            self.observer.doubted(self._of_certificates)
        self._of_certificates = ()

    def drift(self, scope: RunScope = EVERYTHING) -> DriftReport:
        """Return what somebody changed on the server, value by value."""
        return drift(self.plan(scope=scope))

    def apply(self, plan: Plan, consent: Consent | None = None) -> Result:
        """Carry out a plan of this run and return what became of every change.

        `consent` agrees to what the plan asks: adoptions (`adopt`) and deletions (`destroy`). Raises
        `PlanRefused` where the plan is refused or something was not agreed to, and `LeaseHeld` where another
        run is changing the fleet; then nothing was done. What fails later is an outcome, not an exception.
        """
        return self.carry_out(plan, consent or Consent()).result

    def carry_out(self, plan: Plan, consent: Consent) -> Carried:
        """Do the same as `apply`; return the journal's path, too."""
        return carry_out(
            plan,
            consent,
            fleet=self.fleet,
            session=self.session,
            live=self.reading.inventory,
            interruption=self.interruption,
            breaks_lease=self.breaks_lease,
            observer=self.observer,
        )

    def _read_checked(self, check: Callable[[], object]) -> Reading:
        """Read while the user is checked; what is wrong with the user is told first, and ends the reading."""

        def checked() -> None:
            try:
                check()
            except BaseException:
                self.session.abandon()
                raise

        if self.session.has_to_sign_in:
            self.session.connect_ahead(AT_FIRST)
        with ThreadPoolExecutor(1) as beside:
            admitted = beside.submit(checked)
            try:
                reading = self._read_part() or self._read()
            except PapayaError:
                admitted.result()
                raise
            admitted.result()
        warn_about_version(self.session, self.observer)
        return reading

    def _read_part(self) -> Reading | None:
        """Read the devices that the scope names, and nothing else, where that is enough."""
        if self._part is None:
            return None
        reading = self._survey(self._part, by_name=True)
        if is_enough(self._part, reading):
            return reading
        self._part = wider(self.fleet, self._part, reading)
        if self._part is not None:
            again = self._survey(self._part, by_name=True)
            if is_enough(self._part, again):
                return replace(again, requests=reading.requests + again.requests)
            self._part = None
        return None

    def _read(self) -> Reading:
        return self._survey(self.fleet)

    def _survey(self, fleet: Fleet, *, by_name: bool = False) -> Reading:
        with rows_told(self.session, self.observer), collector_paused():
            return survey(
                self.session,
                fleet,
                resolver(Path(fleet.folder)),
                concurrency=min(4, self.session.concurrency),
                check_credentials=self._check_credentials,
                by_name=by_name,
            )


@contextmanager
def open_run(
    fleet: Fleet,
    options: Options | None = None,
    *,
    credentials: Credentials | None = None,
    check_credentials: bool = False,
    lease: LeaseChoice | None = None,
    takes_signals: bool = False,
    scope: RunScope = EVERYTHING,
    observer: Observer = SILENT,
    ahead: Ahead | None = None,
) -> Iterator[Run]:
    """Read what the fleet's server is like now; the session stays open within the block.

    A `scope` of a few devices, where nothing is to be changed, is read without the rest of the fleet; a plan
    of another one reads again.

    The server is that of `options`, the environment, a config.properties or the manifest, in this order;
    `credentials` are used instead of those found there. `check_credentials` compares live tokens, too, with a
    request for each device. With `lease` nothing is read while another run is changing the fleet. With
    `takes_signals` Ctrl-C and SIGTERM end the run in good order; only a main thread can. `ahead` has a
    session that was begun before the manifest was read.

    Raises `SettingsError` where no server or no credentials are known, `ServerError` where the server cannot
    be reached or refuses.

    Example:
        with open_run(load_fleet(["fleet.yaml"])) as run:
            plan = run.plan()
    """
    settings = settings_for(options or Options(), fleet, observer=observer)
    if credentials is not None:
        settings = replace(settings, credentials=credentials, credentials_source="")
    begun = ahead.session_of(settings) if ahead is not None else None
    with begun or unchecked_session(settings, observer=observer) as session:
        signals = interruptible(session, observer) if takes_signals else nullcontext(Interruption(session))
        with signals as interruption:
            yield Run(
                fleet,
                session,
                interruption,
                check_credentials=check_credentials,
                lease=lease,
                scope=scope,
                observer=observer,
                check=lambda: check_user(session, settings, require_tenant_admin=True),
            )
