"""A saved plan is carried out exactly as it was shown, or refused with the name of what has changed since."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from papaya.sandbox import Sandbox
from tests.e2e import fleets
from tests.e2e.operator import ROOT, Operator
from tests.e2e.tenant import Person, held, person
from tests.faults.server import PASSWORD, USERNAME

CONSENT = ("--yes", "--allow-destroy", "9", "--allow-token-change", "9", "--max-change-percent", "100")


@pytest.fixture
def somebody(sandbox: Sandbox) -> Iterator[Person]:
    """Let a person work at the server."""
    with person(sandbox.url) as one:
        yield one


@pytest.fixture
def fleet(operator: Operator) -> fleets.Fleet:
    """Return a fleet that stands, after a change of everything that is planned and saved as plan.json."""
    fleet = fleets.small(devices=5)
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    operator.does("apply", "--yes")
    fleet = fleets.changed(fleet, 3)
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    planned = operator.does("plan", "-o", "plan.json", *CONSENT[1:])
    assert "papaya apply plan.json" in planned.stderr
    return fleet


def saved(operator: Operator) -> dict[str, Any]:
    """Return the saved plan."""
    document: dict[str, Any] = json.loads((operator.folder / "plan.json").read_text(encoding="utf-8"))
    return document


def written(operator: Operator, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """Return a change of the saved plan."""
    return next(change for change in saved(operator)["changes"] if condition(change))


def test_a_saved_plan_is_private_valid_and_carried_out_as_it_was_shown(
    sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    path = operator.folder / "plan.json"
    assert path.stat().st_mode & 0o777 == 0o600
    schema = json.loads((ROOT / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(saved(operator), schema)
    jsonschema.validate(operator.does("plan", "--json").document, schema)
    operator.check_secrecy(path)
    ended = operator.does("apply", "plan.json", *CONSENT, "--json")
    told = [(outcome["address"], outcome["action"]) for outcome in ended.document["outcomes"]]
    assert told == [(change["address"], change["actions"][0]) for change in saved(operator)["changes"]]
    fleets.check(fleet, held(sandbox))
    again = operator.run("apply", "plan.json", *CONSENT)
    assert again.code == 1 and "is stale, nothing was done" in again.stderr, again.said


def relabelled(somebody: Person, operator: Operator) -> str:
    """Edit a device that the plan saves; return what the refusal has to name."""
    change = written(operator, lambda one: one["kind"] == "device" and one.get("writes", {}).get("save"))
    old = change["live"]["name"]
    somebody.save_device(old, additionalInfo={**(somebody.device(old)["additionalInfo"] or {}), "x": 1})
    return str(change["address"])


def reattributed(somebody: Person, operator: Operator) -> str:
    """Change an attribute that the plan writes; return what the refusal has to name."""
    change = written(operator, lambda one: "bays" in one.get("writes", {}).get("setServer", {}))
    somebody.set_attributes("DEVICE", change["live"]["name"], "SERVER_SCOPE", bays=77)
    return f"{change['address']}: attributes bays was"


def related(somebody: Person, operator: Operator) -> str:
    """Move a device that the plan moves; return what the refusal has to name."""
    change = written(operator, lambda one: "movedFrom" in one)
    somebody.relate(change["path"][-2], change["live"]["name"])
    return f"{change['address']}: its place was"


def deleted(somebody: Person, operator: Operator) -> str:
    """Delete a device that the plan destroys; return what the refusal has to name."""
    change = written(operator, lambda one: one["actions"] == ["destroy"])
    somebody.ask("DELETE", f"/device/{change['live']['id']}")
    return f"{change['address']}: nothing is left to do"


def edited_manifest(somebody: Person, operator: Operator) -> str:
    """Change the manifest; return what the refusal has to name."""
    manifest = json.loads((operator.folder / "fleet.yaml").read_text(encoding="utf-8"))
    manifest["countries"][0]["states"][0]["devices"][0]["label"] = "another"
    operator.write(manifest)
    return "was made from another manifest: fleet.yaml has changed since"


@pytest.mark.parametrize("meddle", [relabelled, reattributed, related, deleted, edited_manifest])
def test_a_plan_is_refused_by_the_name_of_what_changed(
    meddle: Callable[[Person, Operator], str],
    somebody: Person,
    sandbox: Sandbox,
    operator: Operator,
    fleet: fleets.Fleet,
) -> None:
    named = meddle(somebody, operator)
    before = held(sandbox)
    ended = operator.run("apply", "plan.json", *CONSENT)
    assert ended.code == 1, ended.said
    assert named in ended.stderr, ended.said
    assert held(sandbox) == before


def test_a_plan_for_another_server_or_tenant_is_refused(operator: Operator, fleet: fleets.Fleet) -> None:
    with Sandbox() as other:
        other.add_tenant_administrator(USERNAME, PASSWORD)
        operator.url = other.url
        ended = operator.run("apply", "plan.json", *CONSENT)
    assert ended.code == 1, ended.said
    assert "the server's url was" in ended.stderr and "the server's tenant was" in ended.stderr


def test_what_devices_and_leases_do_makes_no_plan_stale(
    somebody: Person, sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    doomed = written(operator, lambda one: one["actions"] == ["destroy"])
    token = held(sandbox).tokens[doomed["name"]]
    somebody.ask("POST", f"/v1/{token}/telemetry", {"temperature.celsius": 20})
    country = somebody.asset("INDIA")
    info = {**country["additionalInfo"]}
    mark = {**info["papaya"], "lease": {"holder": "ann@elsewhere (process 7)", "run": "ann-1", "until": 1}}
    somebody.ask("POST", "/asset", {**country, "additionalInfo": {**info, "papaya": mark}})
    operator.does("apply", "plan.json", *CONSENT)
    fleets.check(fleet, held(sandbox))


def test_a_damaged_plan_is_an_error_that_says_so(operator: Operator, fleet: fleets.Fleet) -> None:
    path: Path = operator.folder / "plan.json"
    whole = path.read_bytes()
    for damaged in (
        whole[: len(whole) // 2],
        b"",
        b"\xff\xfe\x00",
        whole.replace(b'"actions"', b'"axtions"'),
    ):
        path.write_bytes(damaged)
        refused(operator)
    path.unlink()
    refused(operator)


def refused(operator: Operator) -> None:
    """Insist that a plan that cannot be used is refused in one sentence."""
    ended = operator.run("apply", "plan.json", *CONSENT)
    assert ended.code == 1, ended.said
    assert "plan.json cannot be " in ended.stderr and "Traceback" not in ended.stderr, ended.said
