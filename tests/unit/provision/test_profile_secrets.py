"""`provisioning` on a device profile: set by apply, compared with what the server has, never shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from papaya.api.session import Credentials, Session
from papaya.engine.plan import ResourceChange
from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet
from papaya.render.text import plan_text
from papaya.sandbox import Sandbox
from tests.unit.apply.run import VERSIONS, Operator

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles:
  device: Meter
  create: true
  devices:
    Meter: {provisioning: {strategy: %s, key: meter-key, secret: {env: METER_SECRET}}}
countries:
  - {name: INDIA, states: [{name: Karnataka, devices: [{name: PM-1}]}]}
"""


def fleet(strategy: str = "allowCreate") -> Fleet:
    """Return a fleet whose device profile lets devices register."""
    loaded = load([Source("fleet.yaml", MANIFEST % strategy)])
    assert loaded.fleet is not None, loaded.diagnostics
    return loaded.fleet


@pytest.fixture(params=VERSIONS)
def operator(request: pytest.FixtureRequest) -> Iterator[Operator]:
    with Sandbox(emulate=request.param) as sandbox:
        yield Operator(sandbox, {"METER_SECRET": "first-secret"})


def changed(operator: Operator, strategy: str = "allowCreate") -> ResourceChange:
    """Plan, and return the one change of a profile after carrying it out."""
    plan = operator.plan(fleet(strategy))
    (change,) = plan.resources
    text = plan_text(plan, width=100, color=False)
    assert "-secret" not in text
    assert operator.execute(plan).is_complete
    assert operator.plan(fleet(strategy)).is_empty
    return change


def registered(operator: Operator, name: str, secret: str) -> str:
    """Ask for registration as a device does and return the status of the answer."""
    with Session(operator.sandbox.url, Credentials(token="none")) as session:
        answer = session.post(
            "/api/v1/provision",
            {"deviceName": name, "provisionDeviceKey": "meter-key", "provisionDeviceSecret": secret},
        )
    assert isinstance(answer, dict)
    return str(answer["status"])


def test_provisioning_is_set_on_a_new_profile_and_works(operator: Operator) -> None:
    plan = operator.plan(fleet())
    assert [(change.action, str(change.address)) for change in plan.resources] == [
        ("create", "deviceProfile/Meter")
    ]
    assert not plan.profiles
    assert operator.execute(plan).is_complete
    assert operator.plan(fleet()).is_empty
    assert registered(operator, "PM-9", "first-secret") == "SUCCESS"
    assert registered(operator, "PM-8", "wrong") == "NOT_FOUND"


def test_a_secret_that_has_changed_is_planned_without_being_shown(operator: Operator) -> None:
    operator.execute(operator.plan(fleet()))
    operator.secrets["METER_SECRET"] = "second-secret"
    change = changed(operator)
    (field,) = change.fields
    assert (field.field, field.before) == ("provisioning.secret", "another one")
    assert registered(operator, "PM-9", "first-secret") == "NOT_FOUND"
    assert registered(operator, "PM-9", "second-secret") == "SUCCESS"


def test_another_strategy_is_set_on_a_live_profile(operator: Operator) -> None:
    operator.execute(operator.plan(fleet()))
    changed(operator, "checkPreProvisioned")
    assert registered(operator, "PM-1", "first-secret") == "SUCCESS"
    assert registered(operator, "PM-9", "first-secret") == "FAILURE"


def test_a_secret_that_does_not_resolve_here_is_not_compared(operator: Operator) -> None:
    operator.execute(operator.plan(fleet()))
    operator.secrets.clear()
    assert operator.plan(fleet()).is_empty
