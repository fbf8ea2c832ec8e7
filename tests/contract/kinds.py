"""The scenario that the cassettes of kinds record: every kind of object from first plan to deletion.

The devices prove themselves in the three ways that papaya knows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.api.credentials import Credentials
from papaya.api.session import Session
from papaya.api.survey import survey
from papaya.api.write import ServerWriter
from papaya.apply.executor import Executor
from papaya.apply.journal import NoJournal
from papaya.engine.guard import Consent
from papaya.engine.plan import Plan
from papaya.engine.planner import make_plan
from papaya.kinds.alarm_engine import has_rules
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Fleet, SecretReference
from papaya.workspace.certificates import with_certificates
from papaya.workspace.fleet import load_fleet
from tests.contract.life import CASSETTES
from tests.real.fleet import EDITS, TREE, emptied, full_fleet, held
from tests.real.tenants import Tenant, hand_of

TITLE = "cassette"
VIEWER = "viewer@cassette.example"
# Both are made up: the second device proves itself with them.
_SECRETS = {"CASSETTE_PASSWORD": "password-of-cassette-meter-2"}
_LABEL = "            label: Brigade Road 12\n"
_BASIC = (
    "            credentials: {mqttBasic: {clientId: cassette-2, username: cassette,"
    " password: {env: CASSETTE_PASSWORD}}}\n"
)
# The third one proves itself with a certificate, whose key nobody has: it is valid until 2126.
_CERTIFICATES = CASSETTES / "certificates"
_SECOND = "          - name: FM-0002\n"
_THIRD = (
    "          - name: FM-0003\n"
    "            label: by its certificate\n"
    "            credentials: {x509: {file: FM-0003.pem}}\n"
)


def life_of_kinds(tenant: Tenant, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan, apply, plan empty, find an edit of each kind, repair it, delete everything, as one client."""
    monkeypatch.setattr("secrets.token_hex", lambda size=16: "5a17" * (size // 2))
    full_fleet(folder, tenant.version)
    path = folder / "fleet.yaml"
    text = path.read_text(encoding="utf-8").replace("viewer@city.example", VIEWER)
    assert _LABEL in text
    assert _SECOND in text
    text = text.replace(_LABEL, _LABEL + _BASIC).replace(_SECOND, _THIRD + _SECOND)
    path.write_text(text, encoding="utf-8")
    certificate = folder / "FM-0003.pem"
    certificate.write_bytes((_CERTIFICATES / "first.pem").read_bytes())
    fleet = _loaded(folder)
    kinds = {*KINDS, *TREE} - (set() if has_rules(tenant.version) else {"alarmRule"})
    with _session(tenant) as session, hand_of(tenant) as hand:
        before = held(hand)
        assert _kinds(_carried_out(session, fleet)) == kinds
        assert _plan(session, fleet).is_empty
        for kind in sorted(kinds):
            EDITS[kind](hand)
        drift = _carried_out(session, fleet)
        assert _kinds(drift) == kinds
        assert {one.action for one in drift.changes} | {one.action for one in drift.resources} == {"update"}
        assert _plan(session, fleet).is_empty
        certificate.write_bytes((_CERTIFICATES / "second.pem").read_bytes())
        (renewed,) = _carried_out(session, _loaded(folder)).changes
        assert (renewed.address.name, renewed.writes.credentials) == ("FM-0003", "replace")
        emptied(folder)
        nothing = _loaded(folder)
        gone = _carried_out(session, nothing)
        assert "destroy" in {one.action for one in gone.resources}
        assert _plan(session, nothing).is_empty
        after = held(hand)
        assert after["marks"] == before["marks"] == []
        assert after["/api/otaPackages"] == after["/api/customers"] == after["/api/tenant/devices"] == []


def _loaded(folder: Path) -> Fleet:
    fleet, faults = with_certificates(load_fleet([folder]))
    assert not faults
    return fleet


def _session(tenant: Tenant) -> Session:
    credentials = Credentials(username=tenant.username, password=tenant.password)
    return Session(tenant.url, credentials, retry_for=0, concurrency=1)


def _plan(session: Session, fleet: Fleet) -> Plan:
    reading = survey(session, fleet, _resolve, concurrency=1)
    consent = Consent(adopt=True, destroy=100, token_change=9, change_percent=100)
    plan = make_plan(fleet, reading, consent=consent)
    assert not plan.refusals, plan.refusals
    return plan


def _carried_out(session: Session, fleet: Fleet) -> Plan:
    plan = _plan(session, fleet)
    executor = Executor(ServerWriter(session), NoJournal(), _resolve, run="cassette", concurrency=1)
    result = executor.execute(plan)
    assert result.is_complete, [one.reason for one in result.outcomes if one.status != "done"]
    return plan


def _resolve(reference: SecretReference) -> str:
    return _SECRETS[str(reference.env)]


def _kinds(plan: Plan) -> set[str]:
    return {one.address.kind for one in plan.changes} | {one.address.kind for one in plan.resources}
