"""A run about any kind of object that breaks off at any request is gone on with by the next one.

Each folder of `broken_off/` is an example: `full.yaml`, then `changed.yaml`, then `nothing.yaml`, with the
files that they name. A kind joins with such a folder. `versions` lists the servers, where not all have it.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from papaya.errors import UnexpectedReply
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Fleet
from papaya.sandbox import Sandbox
from papaya.workspace.certificates import with_certificates
from papaya.workspace.fleet import load_fleet
from tests.unit.apply.run import CONSENT, VERSIONS, Operator
from tests.unit.apply.test_broken_off_objects import MOST, broken_off
from tests.unit.certificates import made

EXAMPLES = Path(__file__).parent / "broken_off"
SECRETS = {"FIRST": "first-secret", "SECOND": "second-secret"}
# Rule chains have examples of their own in test_broken_off_objects.
ELSEWHERE = {"ruleChain"}
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())
STAGES = ("full", "changed", "nothing")


def test_every_kind_has_an_example_of_a_run_that_breaks_off() -> None:
    declared = {kind for name in NAMES for kind in load_fleet([EXAMPLES / name / "full.yaml"]).kinds}
    assert KINDS.keys() - ELSEWHERE <= declared


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the certificates that examples name."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("first", "second"):
        (folder / f"{name}.pem").write_bytes(made(name)[1])
    return folder


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "handled", [False, True], ids=["the request is not carried out", "its answer is lost"]
)
@pytest.mark.parametrize("name", NAMES)
def test_the_next_run_converges_wherever_the_one_before_ended(
    name: str, handled: bool, version: str, certificates: Path
) -> None:
    # All cases of an example together break off at each request once.
    versions = versions_of(name)
    if version in versions:
        requests = range(int(handled) + 2 * versions.index(version), MOST, 2 * len(versions))
        converges_wherever(name, handled, version, certificates, requests)


@pytest.mark.soak
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "handled", [False, True], ids=["the request is not carried out", "its answer is lost"]
)
@pytest.mark.parametrize("name", NAMES)
def test_it_does_so_at_every_request(name: str, handled: bool, version: str, certificates: Path) -> None:
    if version in versions_of(name):
        converges_wherever(name, handled, version, certificates, range(MOST))


def versions_of(name: str) -> tuple[str, ...]:
    """Return the servers that have the kind of an example."""
    versions = EXAMPLES / name / "versions"
    named = versions.read_text().split() if versions.exists() else VERSIONS
    return tuple(version for version in VERSIONS if version in named)


def converges_wherever(name: str, handled: bool, version: str, certificates: Path, requests: range) -> None:
    """Break runs off after so many writes, until one of them has no more to write."""
    stages = [stage_of(name, stage, certificates) for stage in STAGES]
    for after in requests:
        with Sandbox(emulate=version) as sandbox:
            start = counts(sandbox)
            more = any([breaks_off_and_converges(sandbox, fleet, after, handled) for fleet in stages])
            assert marks(sandbox) == [], after
            assert counts(sandbox) == start, after
        if not more:
            break
    assert requests.step <= after < MOST - requests.step


def stage_of(name: str, stage: str, certificates: Path) -> Fleet:
    """Return the fleet of an example at a stage."""
    fleet = load_fleet([EXAMPLES / name / f"{stage}.yaml"])
    if all(device.x509 is None for device in fleet.devices()):
        return fleet
    fleet, faults = with_certificates(replace(fleet, folder=str(certificates)))
    assert not faults
    return fleet


def breaks_off_and_converges(sandbox: Sandbox, fleet: Fleet, after: int, handled: bool) -> bool:
    """Break a run off after so many writes, and let the next one finish; return whether it broke off."""
    first = Operator(sandbox, SECRETS)
    more = broken_off(first, fleet, after, handled=handled)
    first.session.close()
    second = Operator(sandbox, SECRETS)
    plan = second.plan(fleet, replace(CONSENT, adopt=False))
    # What the run before created or changed is known as the fleet's own.
    assert not plan.refusals, (after, plan.refusals)
    adopted = [one.address for one in plan.resources if one.adopts]
    assert not [one for one in adopted if holds_origin(one.kind, second.session.info().version)], after
    second.converge(fleet)
    names = [str(one.address) for one in second.read(fleet).resources.objects]
    assert [name for name, times in Counter(names).items() if times > 1] == [], after
    second.session.close()
    return more


def rows(operator: Operator, key: str) -> list[Any]:
    """Return the live objects of a kind."""
    listing = KINDS[key].listing
    body = operator.session.get(listing.path, params={**listing.parameters, "pageSize": 100, "page": 0})
    assert isinstance(body, dict) and isinstance(body["data"], list)
    return body["data"]


def counts(sandbox: Sandbox) -> dict[str, int]:
    """Return how many objects there are of every kind that is no part of another."""
    operator = Operator(sandbox)
    told: dict[str, int] = {}
    for key, kind in KINDS.items():
        # Profiles stay: the tree still has them.
        if not kind.is_part and not is_profile(key):
            with suppress(UnexpectedReply):
                told[key] = len(rows(operator, key))
    operator.session.close()
    return told


def holds_origin(key: str, version: str) -> bool:
    """Return whether a server keeps in an object who created it; others are adopted by their names."""
    return not is_profile(key) and (KINDS[key].entity_type, version) != ("CALCULATED_FIELD", "4.0.1")


def is_profile(key: str) -> bool:
    """Return whether a kind is one of profiles."""
    return KINDS[key].entity_type.endswith("_PROFILE")


def marks(sandbox: Sandbox) -> list[Any]:
    """Return every mark of an object beside the tree but of profiles, which stay."""
    operator = Operator(sandbox)
    tenant = operator.session.user().tenant_id
    answer = operator.session.get("/api/relations", params={"fromId": tenant, "fromType": "TENANT"})
    operator.session.close()
    assert isinstance(answer, list)
    told: list[Any] = [one for one in answer if str(one).count("papaya.owns")]
    return [one for one in told if one["type"] != "papaya.owns" or "_PROFILE" not in one["to"]["entityType"]]
