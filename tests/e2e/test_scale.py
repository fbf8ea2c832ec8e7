"""Large tenants cost what the fleet needs, and a large fleet fits into bounded memory."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.sandbox import Sandbox
from papaya.sandbox.store.core import Core
from tests.e2e import fleets
from tests.e2e.operator import Operator, serving
from tests.e2e.tenant import held, inside

MIB_AT_MOST = 400


def crowd(sandbox: Sandbox, count: int) -> None:
    """Put so many foreign devices into a tenant, past its API."""

    def insert(core: Core) -> None:
        store = core.store
        profile = store.rows("SELECT id FROM entity WHERE kind = 'DEVICE_PROFILE' AND name = 'default'")[0][0]
        template = {
            "createdTime": core.now(),
            "tenantId": {"entityType": "TENANT", "id": core.tenant_id},
            "customerId": None,
            "type": "default",
            "label": None,
            "deviceProfileId": {"entityType": "DEVICE_PROFILE", "id": profile},
            "version": 1,
            "additionalInfo": None,
        }
        with store.transaction():
            first = store.rows("SELECT max(number) FROM entity")[0][0] + 1
            for number in range(first, first + count):
                id_, name = str(uuid.uuid1()), f"CROWD-{number:07}"
                body = {**template, "id": {"entityType": "DEVICE", "id": id_}, "name": name}
                store.connection.execute(
                    "INSERT INTO entity"
                    " (number, id, kind, name, type, profile_id, created_time, version, body)"
                    " VALUES (?, ?, 'DEVICE', ?, 'default', ?, ?, 1, ?)",
                    (number, id_, name, profile, core.now(), json.dumps(body)),
                )

    inside(sandbox, insert)


@pytest.mark.parametrize("count", [6_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_a_small_fleet_in_a_large_tenant_is_planned_without_reading_the_tenant(
    count: int, sandbox: Sandbox, operator: Operator
) -> None:
    fleet = fleets.small(devices=25)
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    crowd(sandbox, count)
    operator.does("apply", "--yes")
    sandbox.requests.clear()
    planned = operator.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.said
    assert len(sandbox.requests) < 25, sandbox.requests
    assert not any(path.startswith("/api/tenant/devices?pageSize") for _, path, _ in sandbox.requests), (
        "the tenant is read page by page"
    )
    print(f"{count} devices: {len(sandbox.requests)} requests, {planned.seconds:.1f} s")
    fleets.check(fleet, held(sandbox))


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Operator]:
    """Return an operator with a fleet of 10,000 devices and a server in a process of its own."""
    with serving() as (_, url):
        operator = Operator(tmp_path, url)
        fleet = fleets.make(
            ["INDIA", "GERMANY"], [f"State {number:02}" for number in range(20)], 500, tokens_every=10
        )
        operator.secrets = fleet.secrets
        operator.write(fleet.manifest)
        yield operator
        operator.close()


@pytest.mark.soak
def test_a_fleet_of_ten_thousand_is_planned_and_applied_in_bounded_memory(large: Operator) -> None:
    for command in ("plan", "apply --yes --json", "plan --json --detailed-exitcode"):
        runs_within_bounds(large, command)
    manifest = json.loads((large.folder / "fleet.yaml").read_text(encoding="utf-8"))
    manifest["sensorSets"]["meter"][0]["warnAbove"] = 55
    large.write(manifest)
    for command in ("plan -o plan.json", "apply plan.json --yes", "destroy --yes --allow-destroy 10022"):
        runs_within_bounds(large, command)


def runs_within_bounds(operator: Operator, command: str) -> None:
    """Run papaya and insist on success within the bound of memory."""
    ended = operator.hear(operator.start(*command.split(), measured=True), patience=1_800)
    assert ended.code == 0, ended.said[-2_000:]
    print(f"papaya {command}: {ended.peak_mib:.0f} MiB, {ended.seconds:.0f} s")
    assert 0 < ended.peak_mib <= MIB_AT_MOST, command
