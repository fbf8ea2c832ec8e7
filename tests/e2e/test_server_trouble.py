"""A server that restarts, refuses, limits or forgets who we are costs a run time, and no progress."""

from __future__ import annotations

import time
from pathlib import Path

from papaya.sandbox import Fault, Sandbox
from tests.e2e import fleets
from tests.e2e.operator import Operator, serving, until
from tests.e2e.tenant import Person, held
from tests.faults.server import PASSWORD, USERNAME
from tests.tunnel.bastion import free_port

YES = ("apply", "--yes", "--json", "--concurrency", "8")
# How many seconds a token lives: long enough to be used at once, also where the machine is busy.
LIFE = 3.0

REFUSED = Fault(
    status=400,
    body=b'{"status":400,"message":"Validation error: name is malformed","errorCode":31,"timestamp":1}',
)


def given(operator: Operator, devices: int = 10) -> fleets.Fleet:
    """Put a fleet into the operator's folder."""
    fleet = fleets.small(devices=devices)
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    return fleet


def test_a_server_that_is_killed_and_comes_back_holds_a_run_up_and_nothing_else(tmp_path: Path) -> None:
    operator = Operator(tmp_path, "")
    fleet = given(operator, devices=40)
    where = ("--data", str(tmp_path / "data"), "--port", str(free_port()))
    with serving(*where, "--hold-from-device", "12") as (first, url):
        operator.url = url
        running = operator.start(*YES, "--retry-for", "60s")
        somebody = Person(url)
        until(lambda: len(somebody.ask("GET", "/tenant/devices?pageSize=100&page=0")["data"]) > 10, "devices")
        somebody.close()
        first.kill()
        first.wait()
    time.sleep(0.5)
    assert not running.has_ended
    with serving(*where):
        ended = operator.hear(running)
        assert ended.code == 0, ended.said
        assert operator.run("plan", "--detailed-exitcode").code == 0
    with Sandbox(tmp_path / "data") as sandbox:
        fleets.check(fleet, held(sandbox))
    operator.check_secrecy()


def test_a_token_that_expires_in_mid_run_is_renewed(tmp_path: Path) -> None:
    with Sandbox(access_token_seconds=LIFE) as sandbox:
        sandbox.add_tenant_administrator(USERNAME, PASSWORD)
        creations: list[str] = []

        def hook(method: str, path: str) -> Fault | None:
            if method != "POST" or path != "/api/device":
                return None
            creations.append(path)
            # Past the life of any token that there is by then; who asks is looked at afterwards.
            return Fault(delay=LIFE + 0.1) if len(creations) == 10 else None

        sandbox.before_reply = hook
        operator = Operator(tmp_path, sandbox.url)
        fleet = given(operator)
        operator.does(*YES)
        assert any(path.startswith("/api/auth/token") for _, path, _ in sandbox.requests)
        fleets.check(fleet, held(sandbox))
    operator.check_secrecy()


def test_a_rate_limit_slows_a_run_down_and_stops_nothing(sandbox: Sandbox, operator: Operator) -> None:
    fleet = given(operator, devices=20)
    sandbox.limit_rate(25, 1.0)
    ended = operator.does(*YES)
    assert {outcome["status"] for outcome in ended.document["outcomes"]} == {"done"}
    refused = sum(status == 429 for _, _, status in sandbox.requests)
    # It adapts: most requests get through at the first attempt.
    assert 0 < refused < len(sandbox.requests) / 3, (refused, len(sandbox.requests))
    sandbox.limit_rate(None)
    fleets.check(fleet, held(sandbox))


def test_a_server_that_stays_away_is_given_up_after_retry_for_and_the_rest_is_told(
    sandbox: Sandbox, operator: Operator
) -> None:
    fleet = given(operator, devices=20)
    gone: list[float] = []

    def hook(method: str, path: str) -> Fault | None:
        if gone or (method == "POST" and path == "/api/device" and len(sandbox.requests) > 30):
            gone.append(time.monotonic())
            return Fault(drop=True)
        return None

    sandbox.before_reply = hook
    ended = operator.run(*YES, "--retry-for", "2s")
    assert time.monotonic() - gone[0] < 60
    assert ended.code == 1, ended.said
    ways = [outcome["status"] for outcome in ended.document["outcomes"]]
    assert len(ways) == fleet.size and "done" in ways, ended.said
    # Only what was under way when the server went is tried to the end, never the whole fleet.
    assert 0 < ways.count("failed") <= 8 and "not attempted" in ways, ended.said
    assert ended.document["stopped"], ended.said
    sandbox.before_reply = None
    operator.does(*YES)
    fleets.check(fleet, held(sandbox))


def test_a_server_that_refuses_everything_for_long_stops_the_run_and_not_each_change_in_turn(
    sandbox: Sandbox, operator: Operator
) -> None:
    fleet = given(operator, devices=30)
    sandbox.before_reply = lambda method, path: (
        Fault(status=503) if method == "POST" and "/attributes/" in path else None
    )
    ended = operator.run(*YES, "--retry-for", "2s")
    assert ended.code == 1, ended.said
    assert ended.seconds < 60, ended.said
    totals = ended.document["totals"]
    assert totals["notAttempted"] + totals["skipped"] > fleet.size / 2, ended.said
    sandbox.before_reply = None
    operator.does(*YES)
    fleets.check(fleet, held(sandbox))


def test_one_entity_that_always_fails_stops_no_other(sandbox: Sandbox, operator: Operator) -> None:
    fleet = given(operator)
    poisoned: list[str] = []

    def hook(method: str, path: str) -> Fault | None:
        if method != "POST" or "/telemetry/DEVICE/" not in path:
            return None
        if not poisoned:
            poisoned.append(path.split("/")[5])
        return Fault(drop=True) if poisoned[0] in path else None

    sandbox.before_reply = hook
    ended = operator.run(*YES, "--retry-for", "1s", "--concurrency", "2")
    assert ended.code == 1, ended.said
    ways = [outcome["status"] for outcome in ended.document["outcomes"]]
    assert ways.count("failed") == 1 and ways.count("done") == fleet.size - 1, ended.said
    sandbox.before_reply = None
    operator.does(*YES)
    fleets.check(fleet, held(sandbox))


def test_a_place_that_is_refused_takes_what_stands_in_it_along_and_nothing_else(
    sandbox: Sandbox, operator: Operator
) -> None:
    given(operator)
    asked = 0

    def hook(method: str, path: str) -> Fault | None:
        nonlocal asked
        # The first creates the Country, with the lease on it.
        asked += method == "POST" and path == "/api/asset"
        return REFUSED if method == "POST" and path == "/api/asset" and asked == 2 else None

    sandbox.before_reply = hook
    ended = operator.run("apply", "--yes", "--json", "--concurrency", "1")
    assert ended.code == 1, ended.said
    outcomes = ended.document["outcomes"]
    failed = [outcome for outcome in outcomes if outcome["status"] == "failed"]
    assert [outcome["address"] for outcome in failed] == ["asset/Karnataka"]
    assert "malformed" in failed[0]["reason"]
    skipped = [outcome for outcome in outcomes if outcome["status"] == "skipped"]
    assert len(skipped) == 10 and all("asset/Karnataka was not done" in one["reason"] for one in skipped)
    assert sum(outcome["status"] == "done" for outcome in outcomes) == 12
