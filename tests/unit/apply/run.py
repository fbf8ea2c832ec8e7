"""The whole path against a sandbox: survey, plan, execute."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from papaya.api.session import Credentials, Session
from papaya.api.survey import survey
from papaya.api.verify import verify
from papaya.api.write import ServerWriter
from papaya.apply.executor import Executor
from papaya.apply.journal import Journal, NoJournal
from papaya.apply.outcome import Outcome, Result
from papaya.apply.writer import Lock
from papaya.engine.guard import Consent
from papaya.engine.plan import Plan, ProfileChange
from papaya.engine.planner import make_plan
from papaya.engine.reading import Reading
from papaya.errors import SecretUnavailable
from papaya.manifest.model import Fleet, SecretReference
from papaya.sandbox import Sandbox

VERSIONS = ("4.0.1", "4.3.1.3")
CONSENT = Consent(adopt=True, destroy=1_000, token_change=1_000, change_percent=100)


class Reconciler:
    """Somebody who plans and applies against one server."""

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        secrets: Mapping[str, str] | None = None,
        *,
        retry_for: float = 5.0,
    ) -> None:
        self.secrets = dict(secrets or {})
        self.session = Session(
            url,
            Credentials(username=username, password=password),
            retry_for=retry_for,
            sleep=lambda seconds: time.sleep(seconds / 50),
        )
        self.writer = ServerWriter(self.session)
        self.page_size = 10_000
        self.check_credentials = False

    def read(self, fleet: Fleet) -> Reading:
        """Return what the server has."""
        return survey(
            self.session,
            fleet,
            lambda reference: self.secrets.get(reference.env or ""),
            page_size=self.page_size,
            check_credentials=self.check_credentials,
        )

    def plan(self, fleet: Fleet, consent: Consent = CONSENT) -> Plan:
        """Return the plan for a fleet."""
        return make_plan(fleet, self.read(fleet), consent=consent)

    def resolve(self, reference: SecretReference) -> str:
        """Return a secret."""
        if reference.env not in self.secrets:
            raise SecretUnavailable(f"{reference} is not set")
        return self.secrets[reference.env]

    def execute(
        self,
        plan: Plan,
        *,
        journal: Journal | None = None,
        run: str = "r1",
        concurrency: int = 4,
        observer: Callable[[Outcome], None] | None = None,
    ) -> Result:
        """Carry a plan out."""
        executor = self.executor(plan, journal=journal, run=run, concurrency=concurrency, observer=observer)
        return executor.execute(plan)

    def executor(
        self,
        plan: Plan,
        *,
        journal: Journal | None = None,
        run: str = "r1",
        concurrency: int = 4,
        observer: Callable[[Outcome], None] | None = None,
        looks: bool = True,
        lock: Lock | None = None,
    ) -> Executor:
        """Return an executor that looks before it writes, as `papaya apply` does."""
        return Executor(
            self.writer,
            journal or NoJournal(),
            self.resolve,
            run=run,
            concurrency=concurrency,
            observer=observer,
            lock=lock,
            verify=(
                (lambda changes: verify(self.session, changes, plan.fleet, plan.ids, plan.server.tenant))
                if looks
                else None
            ),
        )

    def apply(self, fleet: Fleet, consent: Consent = CONSENT) -> Plan:
        """Plan and carry out, expect success, and return the plan."""
        plan = self.plan(fleet, consent)
        expect([refusal.reason for refusal in plan.refusals])
        result = self.execute(plan)
        undone = [outcome for outcome in result.outcomes if outcome.status != "done"]
        expect([(o.change.action, str(_named(o)), o.status, o.reason) for o in undone])
        return plan

    def converge(self, fleet: Fleet) -> Plan:
        """Apply, expect that nothing is left to do, and return the plan that was carried out."""
        plan = self.apply(fleet)
        expect(differences(self.plan(fleet)))
        return plan


class Operator(Reconciler):
    """Somebody who plans and applies against one sandbox."""

    def __init__(self, sandbox: Sandbox, secrets: Mapping[str, str] | None = None) -> None:
        super().__init__(sandbox.url, sandbox.username, sandbox.password, secrets)
        self.sandbox = sandbox


def expect(nothing: Sequence[object]) -> None:
    """Fail with what there is, where nothing should be."""
    if nothing:
        raise AssertionError("\n".join(str(one) for one in nothing))


def differences(plan: Plan) -> list[object]:
    """Return what a plan would do, readably."""
    told: list[object] = [(change.action, change.desired.address) for change in plan.profiles]
    for change in plan.changes:
        told.append((change.action, str(change.address), change.fields, change.adopts))
    for one in plan.resources:
        told.append((one.action, str(one.address), one.fields, one.adopts))
    return told


def _named(outcome: Outcome) -> object:
    change = outcome.change
    return change.desired.address if isinstance(change, ProfileChange) else change.address
