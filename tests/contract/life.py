"""The scenario that cassettes record, and the recorder: papaya's own client against one server, once through.

Everything runs at concurrency 1, because vcrpy is not thread-safe, and without chance in what is sent.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import vcr  # type: ignore[import-untyped]
from vcr.stubs.urllib3_stubs import VCRRequestsHTTPConnection  # type: ignore[import-untyped]

from papaya.api.connection import _Pool
from papaya.api.credentials import Credentials
from papaya.api.session import Session
from papaya.api.survey import survey
from papaya.api.write import ServerWriter
from papaya.apply.executor import Executor
from papaya.apply.journal import NoJournal
from papaya.apply.outcome import Result
from papaya.engine.guard import Consent
from papaya.engine.plan import Plan
from papaya.engine.planner import make_plan
from papaya.errors import AuthenticationFailed, NotFound, Rejected, VersionConflict
from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet, SecretReference

CASSETTES = Path(__file__).parent.parent / "cassettes"
SERVERS = CASSETTES / "servers.json"
USERNAME, PASSWORD = "tenant@thingsboard.org", "tenant"
HIDDEN = "scrubbed"
TOKEN = "token-of-cassette-meter-1"
# How the value of an API key begins where it is shown.
_COMPONENTS = b'"configurationDescriptor":'
# What the client reads of an answer's headers; the others say the same in every answer.
_TOLD = {"content-type", "location", "retry-after"}
API_KEY = b'"value":"tb_'

MANIFEST = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: cassette}
profiles: {country: Cassette-Country, state: Cassette-Place, device: Cassette-Meter, create: true}
safety: {maxDestroy: 9, maxChangePercent: 100}
sensorSets:
  meter:
    - {key: temperature.celsius, name: Temperature, unit: °C, every: 30s, warnAbove: 60, alarmAbove: 75}
countries:
  - name: CASSETTE-LAND
    location: {latitude: 20.59, longitude: 78.96}
    states:
      - name: Cassette-State
        attributes: {region: south}
        devices:
          - name: CM-1
            serial: SN-1
            label: MG Road, bay 1
            location: {latitude: 12.9756, longitude: 77.6068}
            attributes:
              bays: 2
              ratio: 1.50
              open: true
              word: "007"
              price: "1.50"
              empty: ""
              list: [1, 2.5, "x"]
              map: {b: 1, a: ünï}
              big: 9007199254740993
              emoji: "🅿️"
            sharedAttributes: {reportEverySeconds: 5}
            credentials: {accessToken: {env: CASSETTE_TOKEN}}
            sensors: meter
          - {name: CM-2, serial: SN-2, location: auto, sensors: meter}
      - name: Cassette-Elsewhere
"""
CHANGED = (
    MANIFEST.replace("warnAbove: 60", "warnAbove: 55")
    .replace("label: MG Road, bay 1", "label: MG Road, bay 2")
    .replace("              empty: \"\"\n", "")
    .replace("          - {name: CM-2, serial: SN-2, location: auto, sensors: meter}\n", "")
    .replace(
        "      - name: Cassette-Elsewhere\n",
        "      - name: Cassette-Elsewhere\n"
        "        devices: [{name: CM-2, serial: SN-2, location: auto, sensors: meter}]\n",
    )
)  # fmt: skip


def scrubbed_request(request: Any) -> Any:
    if request.body is not None and not isinstance(request.body, bytes):
        # An upload is sent piece by piece; a cassette holds bytes.
        request.body, request._was_iter = b"".join(request.body), False  # noqa: SLF001
    if request.uri.endswith(("/api/auth/login", "/api/auth/token")) and request.body:
        body = json.loads(request.body)
        for key in ("password", "refreshToken"):
            if key in body and body[key] != "wrong":
                body[key] = HIDDEN
        request.body = json.dumps(body).encode()
    return request


def scrubbed_response(response: Any) -> Any:
    headers = response["headers"]
    response["headers"] = {name: headers[name] for name in headers if name.lower() in _TOLD}
    text = response["body"]["string"]
    if b'"refreshToken"' in text:
        body = json.loads(text)
        body.update(token=HIDDEN, refreshToken=HIDDEN)
        response["body"]["string"] = json.dumps(body).encode()
        response["headers"].pop("Content-Length", None)
    if _COMPONENTS in text:
        # A tenth of a megabyte, of which the client reads the names of the types.
        rows = [{key: row[key] for key in ("clazz", "type", "name")} for row in json.loads(text)]
        response["body"]["string"] = json.dumps(rows).encode()
    if API_KEY in text:
        body = json.loads(text)
        body.update(value=HIDDEN)
        response["body"]["string"] = json.dumps(body).encode()
        response["headers"].pop("Content-Length", None)
    return response


def same_body(left: Any, right: Any) -> None:
    assert _parsed(left.body) == _parsed(right.body)


def _parsed(body: Any) -> Any:
    try:
        return json.loads(body)
    except (TypeError, ValueError):
        return body


def recorder(mode: str) -> vcr.VCR:
    machine = vcr.VCR(
        record_mode=mode,
        filter_headers=["X-Authorization", "Authorization", "User-Agent"],
        before_record_request=scrubbed_request,
        before_record_response=scrubbed_response,
        match_on=["method", "path", "query", "papaya_body"],
        decode_compressed_response=True,
        # vcrpy knows urllib3's own connections; papaya's retire in time and are of a class of their own.
        custom_patches=((_Pool, "ConnectionCls", VCRRequestsHTTPConnection),),
    )
    machine.register_matcher("papaya_body", same_body)
    return machine


def fleet_of(text: str) -> Fleet:
    loaded = load([Source("fleet.yaml", text)])
    assert loaded.fleet is not None, loaded.diagnostics
    return loaded.fleet


def resolve(reference: SecretReference) -> str:
    return TOKEN


def plan_of(session: Session, fleet: Fleet) -> Plan:
    reading = survey(session, fleet, resolve, concurrency=1)
    return make_plan(fleet, reading, consent=Consent(adopt=True, destroy=9))


def carry_out(session: Session, plan: Plan) -> Result:
    return Executor(ServerWriter(session), NoJournal(), resolve, run="cassette", concurrency=1).execute(plan)


def whole_life(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log in, fail to, plan, apply, plan empty, change, conflict, refuse, destroy."""
    monkeypatch.setattr("papaya.apply.steps.secrets.token_hex", lambda size: "5a17" * size)
    with (
        _session(url, "wrong") as stranger,
        pytest.raises(AuthenticationFailed, match="Invalid username or password"),
    ):
        stranger.authenticate()
    with _session(url, PASSWORD) as session:
        session.authenticate()
        assert session.user().authority == "TENANT_ADMIN"
        fleet = fleet_of(MANIFEST)
        first = plan_of(session, fleet)
        assert (first.adds, first.refusals) == (8, ())
        assert carry_out(session, first).is_complete
        assert plan_of(session, fleet).is_empty
        _change(session)
        _errors(session)
        gone = plan_of(session, fleet_of(MANIFEST[: MANIFEST.index("countries:")] + "countries: []\n"))
        assert gone.destroys == 5
        assert carry_out(session, gone).is_complete
        _drop_profiles(session)


def _session(url: str, password: str) -> Session:
    return Session(url, Credentials(username=USERNAME, password=password), retry_for=0, concurrency=1)


def _change(session: Session) -> None:
    fleet = fleet_of(CHANGED)
    plan = plan_of(session, fleet)
    assert {change.address.name: change.moved_from for change in plan.changes} == {
        "CM-1": None,
        "CM-2": "Cassette-State",
    }
    assert carry_out(session, plan).is_complete
    assert plan_of(session, fleet).is_empty


def _errors(session: Session) -> None:
    writer = ServerWriter(session)
    plan = plan_of(session, fleet_of(MANIFEST))
    change = next(change for change in plan.changes if change.address.name == "CM-1")
    assert change.live is not None
    assert change.live.body is not None
    session.post("/api/device", {**change.live.body, "label": "edited by hand"})
    with pytest.raises(VersionConflict):
        writer.set_name(change.live, "CM-1-renamed", None)
    with pytest.raises(Rejected, match="already exists"):
        session.post("/api/device", {"name": "CM-2"})
    with pytest.raises(Rejected, match="malformed"):
        session.post("/api/asset", {"name": "<b>bold</b>", "type": "default"})
    with pytest.raises(NotFound):
        session.get("/api/device/00000000-0000-4000-8000-000000000001")


def _drop_profiles(session: Session) -> None:
    for kind in ("assetProfile", "deviceProfile"):
        rows = session.get(f"/api/{kind}/names", params={"activeOnly": False})
        assert isinstance(rows, list)
        for row in rows:
            if isinstance(row, dict) and str(row["name"]).startswith("Cassette-"):
                identity = row["id"]
                assert isinstance(identity, dict)
                session.delete(f"/api/{kind}/{identity['id']}")
