"""The end of a run always says what was applied, what failed and why, and what was not attempted."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from papaya.apply.outcome import Outcome, Result, Status
from papaya.engine.plan import Change, FieldChange, Plan, ProfileChange, Refusal, Requests
from papaya.render.layout import cells, visible
from papaya.render.result import result_json, result_text
from papaya.render.text import plan_text
from tests.examples import examples
from tests.unit.render.plans import changed, created, destroyed, plan, plans, texts

WORDS = ("added", "changed", "destroyed", "forgotten", "failed", "skipped", "notAttempted")
STATUSES: tuple[Status, ...] = ("done", "failed", "skipped", "not attempted")


@examples(20, 2_000)
@given(plans(), st.data())
def test_no_line_is_too_wide_and_every_outcome_is_counted(any_plan: Plan, data: st.DataObject) -> None:
    everything: list[Change | ProfileChange] = [*any_plan.profiles, *any_plan.changes]
    outcomes = tuple(
        Outcome(change, data.draw(st.sampled_from(STATUSES)), data.draw(texts), data.draw(texts), ("create",))
        for change in everything
    )
    result = Result(outcomes, 7, data.draw(texts))
    text = result_text(result, any_plan)
    for line in text.split("\n"):
        assert cells(line) <= 80
        assert visible(line) == line
    totals = result_json(result, any_plan)["totals"]
    assert isinstance(totals, dict)
    told = [
        totals[name]
        for name in ("added", "changed", "destroyed", "forgotten", "failed", "skipped", "notAttempted")
    ]
    assert sum(number for number in told if isinstance(number, int)) == len(outcomes)


def _result() -> tuple[Result, Plan]:
    changes = (
        created("PM-1"),
        created("PM-2"),
        created("PM-3"),
        changed("PM-4", [FieldChange("label", "a", "b")], moved_from="Goa"),
        *(created(f"PM-{number}") for number in range(10, 400)),
        destroyed("PM-9"),
    )
    outcomes = (
        Outcome(changes[0], "done"),
        Outcome(
            changes[1], "failed", "Device with such name already exists!", "rename it", ("create", "relate")
        ),
        Outcome(changes[2], "skipped", "asset/Karnataka was not done"),
        Outcome(changes[3], "done"),
        *(Outcome(change, "not attempted", "interrupted by SIGINT") for change in changes[4:-1]),
        Outcome(changes[-1], "done"),
    )
    return Result(outcomes, 44, "interrupted by SIGINT"), plan(*changes)


def test_the_report_of_a_run_that_was_interrupted() -> None:
    assert result_text(*_result()) == (
        "Applied:\n"
        "  + INDIA/Karnataka           1 device: PM-1\n"
        " -> INDIA/Karnataka           1 device: PM-4\n"
        "  - INDIA/Karnataka/PM-9      device\n"
        "\n"
        "Failed:\n"
        "  + INDIA/Karnataka/PM-2      Device with such name already exists!\n"
        "        confirmed             create, relate\n"
        "        to do                 rename it\n"
        "\n"
        "Skipped: asset/Karnataka was not done\n"
        "  + INDIA/Karnataka           1 device: PM-3\n"
        "\n"
        "Not attempted: interrupted by SIGINT\n"
        "  + INDIA/Karnataka           390 devices: PM-10…PM-399\n"
        "\n"
        "Applied: 1 added, 1 changed (1 moved), 1 deleted; 1 failed; 1 skipped; 390 not\n"
        "  attempted.\n"
        "44 requests.\n"
    )


def test_what_was_destroyed_is_named_however_much_it_is() -> None:
    gone = [destroyed(f"PM-{number}") for number in range(2_000)]
    text = result_text(Result(tuple(Outcome(change, "done") for change in gone), 1), plan(*gone))
    assert all(f"  - INDIA/Karnataka/PM-{number} " in text for number in range(2_000))


def test_many_failures_of_one_kind_are_told_once() -> None:
    new = [created(f"PM-{number}") for number in range(2_000)]
    outcomes = tuple(
        Outcome(change, "failed", "503 Service Unavailable", "wait", ("create",)) for change in new
    )
    text = result_text(Result(outcomes, 1), plan(*new))
    assert "  2,000 times: 503 Service Unavailable\n" in text
    assert len(text.splitlines()) < 12


def test_failures_that_differ_only_by_the_entity_are_of_one_kind() -> None:
    """The URL of a request has the id of the entity, and servers repeat its name."""
    new = [created(f"PM-{number}") for number in range(500)]
    outcomes = tuple(
        Outcome(
            change,
            "failed",
            f"POST https://tb.example.com/api/x/{uuid.UUID(int=number)}: PM-{number} is locked (HTTP 500)",
            f"papaya apply --exclude PM-{number}",
        )
        for number, change in enumerate(new)
    )
    text = result_text(Result(outcomes, 1), plan(*new), width=100)
    assert "  500 times: POST https://tb.example.com/api/x/…: … is locked (HTTP 500)\n" in text
    assert "500 devices: PM-0…PM-499\n" in text
    assert text.count("papaya apply --exclude PM-0\n") == 1
    assert len(text.splitlines()) < 12


def test_failures_of_different_kinds_stay_apart() -> None:
    new = [created(f"PM-{number}") for number in range(20)]
    reasons = ("PM-1 is locked (HTTP 500)", "PM-1 is locked (HTTP 502)")
    outcomes = tuple(Outcome(change, "failed", reasons[number % 2]) for number, change in enumerate(new))
    text = result_text(Result(outcomes, 1), plan(*new))
    # PM-1 is part of PM-10 by letters, but another device.
    assert text.count("times: PM-1 is locked") == 2


def test_of_few_failures_each_keeps_its_own_words() -> None:
    new = [created(f"PM-{number}") for number in range(3)]
    outcomes = tuple(
        Outcome(change, "failed", f"{change.address.name} is locked", f"unlock {change.address.name}")
        for change in new
    )
    text = result_text(Result(outcomes, 1), plan(*new))
    assert all(f"PM-{n} is locked" in text and f"unlock PM-{n}\n" in text for n in range(3))


def test_the_document_names_every_outcome() -> None:
    document = json.loads(json.dumps(result_json(*_result())))
    assert document["formatVersion"] == "1"
    assert len(document["outcomes"]) == 395
    assert document["outcomes"][1] == {
        "address": "device/PM-2",
        "role": "device",
        "path": ["INDIA", "Karnataka", "PM-2"],
        "action": "create",
        "status": "failed",
        "steps": ["create", "relate"],
        "reason": "Device with such name already exists!",
        "remedy": "rename it",
    }
    assert document["totals"]["notAttempted"] == 390


def test_the_requests_of_a_run_are_told_beside_those_that_the_plan_counts() -> None:
    """A plan counts what makes its changes; who compares the two numbers has to find the difference."""
    whole = replace(plan(created("PM-1")), requests=Requests(8, 3))
    done = Result((Outcome(whole.changes[0], "done"),), 9)
    end = result_text(done, whole).splitlines()[-1]
    assert end == "9 requests: 3 for changes, 6 for checks and the lock."
    failed = Result((Outcome(whole.changes[0], "failed", "no"),), 9)
    assert result_text(failed, whole).rstrip().endswith(" 9 requests.")


def test_a_plan_of_which_nothing_is_left_has_no_empty_count() -> None:
    """When every entity is refused there is nothing to count, and nothing to send."""
    blocked = replace(plan(), refusals=(Refusal("owner", "INDIA is managed by fleet others"),))
    assert "\n. Read with" not in plan_text(blocked)
