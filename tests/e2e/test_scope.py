"""Targets and exclusions reach exactly what their patterns say, places that are needed included."""

from __future__ import annotations

import pytest

from papaya.sandbox import Sandbox
from tests.e2e import fleets
from tests.e2e.operator import Operator
from tests.e2e.tenant import held

ODD = ("PM/0001", "PM*0002", "PM 0003")


@pytest.fixture
def fleet(operator: Operator) -> fleets.Fleet:
    """Return a fleet of two Countries that no server has yet; some names have characters of patterns."""
    fleet = fleets.make(["INDIA", "GERMANY"], ["Karnataka", "Kerala", "Hessen", "Bayern"], 3)
    for (_, device), name in zip(fleet.devices(), ODD, strict=False):
        device["name"] = name
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    return fleet


@pytest.mark.parametrize(
    ("options", "places", "devices"),
    [
        (["--target", "INDIA/Karnataka"], {"INDIA", "Karnataka"}, set(ODD)),
        (["--target", "INDIA/*/PM-0*"], {"INDIA", "Kerala"}, {"PM-0004", "PM-0005", "PM-0006"}),
        (["--target", "device/PM-0004"], {"INDIA", "Kerala"}, {"PM-0004"}),
        (["--target", "PM-0004"], {"INDIA", "Kerala"}, {"PM-0004"}),
        (["--target", "Kerala"], {"INDIA", "Kerala"},
         {"PM-0004", "PM-0005", "PM-0006"}),
        (["--exclude", "PM-000?", "--exclude", "PM 0003", "--exclude", r"PM\/0001"], {"INDIA", "Karnataka",
         "Kerala", "GERMANY", "Hessen", "Bayern"}, {"PM*0002", "PM-0010", "PM-0011", "PM-0012"}),
        (["--target", r"INDIA/Karnataka/PM\/0001"], {"INDIA", "Karnataka"}, {"PM/0001"}),
        (["--target", r"INDIA/Karnataka/PM\*0002"], {"INDIA", "Karnataka"}, {"PM*0002"}),
        (["--target", "*/Hessen/PM-000?"], {"GERMANY", "Hessen"}, {"PM-0007", "PM-0008", "PM-0009"}),
        (["--target", "GERMANY", "--exclude", "GERMANY/Bayern"], {"GERMANY", "Hessen"},
         {"PM-0007", "PM-0008", "PM-0009"}),
        (["--exclude", "GERMANY", "--exclude", "*/*/PM-0005"], {"INDIA", "Karnataka", "Kerala"},
         {*ODD, "PM-0004", "PM-0006"}),
        # What stands in an excluded place that is not there yet would have nowhere to stand.
        (["--target", "*/*/PM-0010", "--target", "*/Hessen/PM-0007", "--exclude", "*/Bayern"],
         {"GERMANY", "Hessen"}, {"PM-0007"}),
    ],
)  # fmt: skip
def test_a_pattern_reaches_what_it_names_and_the_places_above(
    options: list[str],
    places: set[str],
    devices: set[str],
    sandbox: Sandbox,
    operator: Operator,
    fleet: fleets.Fleet,
) -> None:
    operator.does("apply", "--yes", *options)
    now = held(sandbox)
    assert now.names("ASSET") == places
    assert now.names("DEVICE") == devices
    assert operator.run("plan", *options, "--detailed-exitcode").code == 0


@pytest.mark.parametrize("option", ["--target", "--exclude"])
def test_a_pattern_that_means_nothing_is_refused(
    option: str, sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    ended = operator.run("apply", "--yes", option, "INDIA/Karnatka")
    assert ended.code == 1, ended.said
    assert "no device or place matches INDIA/Karnatka; did you mean INDIA/Karnataka?" in ended.stderr
    assert not held(sandbox).bodies


def test_what_is_outside_the_scope_is_neither_changed_nor_destroyed(
    sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    operator.does("apply", "--yes")
    for _, device in fleet.devices():
        device["label"] = "another"
    for _, state in fleet.states():
        state["devices"] = state["devices"][1:]
    operator.write(fleet.manifest)
    before = held(sandbox)
    operator.does("apply", "--yes", "--target", "INDIA/Kerala", "--allow-destroy", "1")
    after = held(sandbox)
    touched = {named for named in before.bodies if before.of(named) != after.of(named)}
    # The lease comes and goes on the oldest Country, whatever the scope.
    assert touched - {("ASSET", "INDIA"), ("ASSET", "GERMANY")} == {
        ("DEVICE", f"PM-000{number}") for number in (4, 5, 6)
    }


def test_a_plan_of_which_everything_is_refused_is_not_one_without_changes(
    operator: Operator, fleet: fleets.Fleet
) -> None:
    """A pipeline that reads 0 would call a fleet in order that belongs to somebody else."""
    operator.does("apply", "--yes")
    fleet.manifest["metadata"]["name"] = "others"
    operator.write(fleet.manifest)
    ended = operator.run("plan", "--detailed-exitcode")
    assert (ended.code, "is managed by fleet" in ended.stdout) == (2, True), ended.said
