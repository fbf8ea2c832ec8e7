"""Whatever the names, a plan stays inside its columns, steers no terminal, and hides no destroy."""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from papaya.engine.address import path_text
from papaya.engine.inventory import SENSORS_KEY
from papaya.engine.plan import Change, FieldChange, Note, Plan, Refusal, WayOut
from papaya.manifest.model import Json, SecretReference
from papaya.render.fields import told_fields
from papaya.render.folding import Siblings, fold, siblings
from papaya.render.layout import cells, visible
from papaya.render.text import plan_text
from tests.examples import examples
from tests.unit.render.plans import alike, changed, created, destroyed, plan, plans, sensors

LABELS = FieldChange("label", "a", "b")


@examples(20, 2_000)
@given(plans(), st.booleans())
def test_no_line_is_wider_than_the_terminal(any_plan: Plan, full: bool) -> None:
    for line in plan_text(any_plan, full=full).splitlines():
        assert cells(line) <= 80, line


@examples(20, 2_000)
@given(plans(), st.integers(1, 200))
def test_no_line_is_wider_than_asked_for(any_plan: Plan, width: int) -> None:
    for line in plan_text(any_plan, width=width).splitlines():
        assert cells(line) <= max(width, 50), line


@examples(20, 2_000)
@given(plans(), st.booleans())
def test_no_control_characters_reach_the_terminal(any_plan: Plan, summary: bool) -> None:
    for character in plan_text(any_plan, summary=summary):
        assert character == "\n" or unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp"), character
        assert character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@examples(20, 2_000)
@given(plans())
def test_colour_changes_nothing_but_colour(any_plan: Plan) -> None:
    assert re.sub(r"\x1b\[[0-9]+m", "", plan_text(any_plan, color=True)) == plan_text(any_plan)


@examples(20, 2_000)
@given(plans())
def test_every_destroy_is_named(any_plan: Plan) -> None:
    # Long paths are wrapped, so the text is compared without its blanks.
    text = re.sub(r"\s", "", plan_text(any_plan))
    for change in any_plan.of("destroy"):
        assert re.sub(r"\s", "", visible(path_text(change.path))) in text


def test_of_very_many_destroys_the_devices_of_a_place_come_together_and_those_online_are_named() -> None:
    one_place = [destroyed(f"PM-{number:04}", online=number in (3, 700)) for number in range(1_200)]
    elsewhere = [destroyed("PM-9001", state="Goa", online=True), destroyed("PM-9002", state="Goa")]
    many = plan(*one_place, *elsewhere)
    text = plan_text(many, verb="destroy")
    assert "INDIA/Karnataka" in text and "1,200 devices: PM-0000…PM-1199; no longer in the" in text
    assert "! 2 devices online: PM-0003, PM-0700" in text
    assert "INDIA/Goa/PM-9001" in text and "INDIA/Goa/PM-9002" in text and "! online" in text
    assert "Every device: --full" in text
    assert len(text.splitlines()) < 25
    whole = plan_text(many, verb="destroy", full=True)
    assert all(f"INDIA/Karnataka/PM-{number:04}" in whole for number in range(1_200))
    assert "--full" not in whole
    at_most = plan_text(plan(*one_place[:1_000]), verb="destroy")
    assert "INDIA/Karnataka/PM-0999" in at_most and "--full" not in at_most


@examples(20, 2_000)
@given(plans())
def test_every_changed_field_is_told_exactly_once(any_plan: Plan) -> None:
    folded = fold(any_plan.changes)
    updates = [change for change in any_plan.of("update") if not change.is_quiet]
    told = sum(len(block.changes) * len(block.fields) for block in folded.shared)
    told += sum(len(folded.own_fields(change)) for change in updates)
    assert told == sum(len(told_fields(change)) for change in updates)


@given(st.lists(alike(), max_size=4), st.booleans())
def test_folded_siblings_are_as_many_as_the_changes(groups: list[tuple[Change, ...]], full: bool) -> None:
    changes = [change for group in groups for change in group]
    told = list(siblings(changes, fold(changes), full=full))
    assert sum(len(one.changes) if isinstance(one, Siblings) else 1 for one in told) == len(changes)
    assert not full or not any(isinstance(one, Siblings) for one in told)


def test_an_identical_change_of_two_devices_is_told_once() -> None:
    text = plan_text(plan(changed("PM-1", [LABELS]), changed("PM-2", [LABELS])))
    assert "The same change on 2 devices:\n  ~ PM-1, PM-2\n" in text
    assert text.count("label") == 1


def test_what_one_device_has_besides_is_told_at_its_place() -> None:
    serial = FieldChange("serial", None, "SN-2")
    text = plan_text(plan(changed("PM-1", [LABELS]), changed("PM-2", [LABELS, serial])))
    assert '  ~     PM-2                  device\n            serial            (none) -> "SN-2"\n' in text
    assert "  ~     PM-1" not in text


def test_nine_new_devices_are_listed_and_ten_are_folded() -> None:
    devices = [created(f"PM-{number}") for number in range(1, 11)]
    assert "PM-1…PM-10            10 devices\n" in plan_text(plan(*devices))
    assert "…" not in plan_text(plan(*devices[:9]))
    assert "…" not in plan_text(plan(*devices), full=True)


def test_names_of_another_kind_are_not_hidden_inside_a_range() -> None:
    names = [*(f"MTR-{number}" for number in range(1, 13)), "PM-1", "PM-2"]
    text = plan_text(plan(*map(created, names)))
    assert "MTR-1…MTR-12          12 devices\n" in text
    assert "  +     PM-1 " in text


def test_names_without_anything_in_common_are_folded_all_the_same() -> None:
    names = [f"{chr(65 + number)}-meter" for number in range(26)]
    assert "A-meter…Z-meter       26 devices in this range\n" in plan_text(plan(*map(created, names)))


def test_a_range_with_gaps_says_so_and_names_what_it_covers() -> None:
    label = [FieldChange("label", "old", f"new {number}") for number in range(60)]
    some = [changed(f"PM-{number:02}", [label[number]]) for number in range(0, 60, 4)]
    text = plan_text(plan(*some))
    assert "PM-00…PM-56           15 devices in this range\n" in text
    assert "            PM-00, PM-04, PM-08, PM-12, " in text


def test_a_field_with_several_values_is_one_block_and_counts_do_not_overlap() -> None:
    def bays(before: int) -> FieldChange:
        return FieldChange("attributes", before, before + 1, "bays")

    changes = [changed(f"PM-{n}", [LABELS, bays(n % 2)] if n < 4 else [bays(n % 2)]) for n in range(7)]
    text = plan_text(plan(*changes))
    assert "The same change on 4 devices:" in text
    assert "The same field changes on 7 devices, 4 of them listed above:" in text
    assert "bays 0 -> 1 ×4\n" in text and "bays 1 -> 2 ×3\n" in text
    assert "Every device: --full" in text


def test_full_lists_every_change_at_its_device() -> None:
    text = plan_text(plan(*(changed(f"PM-{n:02}", [LABELS]) for n in range(20))), full=True)
    assert "The same" not in text and "…" not in text
    assert text.count("  ~     PM-") == text.count("            label") == 20


def test_color_makes_names_bold_and_refusals_red() -> None:
    refused = replace(plan(changed("PM-1", [LABELS])), refusals=(Refusal("token", "it is not allowed"),))
    text = plan_text(refused, color=True)
    assert "\x1b[33m~\x1b[0m" in text
    assert "\x1b[1mPM-1\x1b[0m" in text
    assert "\x1b[31mApply refuses this plan: it is not allowed.\x1b[0m" in text


def test_names_in_sequence_become_runs_and_gaps_stay() -> None:
    named = [changed(name, [LABELS]) for name in ("PM-8", "PM-9", "PM-10", "PM-12", "PM-013", "PM-014")]
    assert "  ~ PM-8…PM-10, PM-12, PM-013, PM-014\n" in plan_text(plan(*named))


def test_the_sensor_set_is_named_that_a_change_comes_from() -> None:
    warn = FieldChange("sensors", 60, 55, "temperature", "warnAbove")

    def metered(name: str, *sets: str) -> Change:
        change = changed(name, [warn])
        assert change.desired is not None
        shared = {SENSORS_KEY: sensors("temperature", *(f"of {one}" for one in sets))}
        return replace(change, desired=replace(change.desired, sensor_sets=sets, shared=shared))

    one = plan(metered("PM-1", "base", "lidar"), metered("PM-2", "base", "air"))
    assert "The same change on 2 devices (sensor set base):" in plan_text(one)


def test_a_replaced_token_is_told_without_the_token() -> None:
    change = changed("PM-1", [FieldChange("accessToken", "differs", None)])
    assert change.desired is not None
    wanted = replace(change.desired, credentials=SecretReference(env="PM_1"))
    text = plan_text(
        plan(replace(change, desired=wanted, writes=replace(change.writes, credentials="replace")))
    )
    assert "accessToken       changed -> (from env PM_1)\n" in text
    assert "! cut off until the device is given the new token\n" in text


def test_a_removed_attribute_is_told_with_its_last_value() -> None:
    text = plan_text(plan(changed("PM-1", [FieldChange("attributes", 5, None, "bays")])))
    assert "attributes        bays 5 -> (none)\n" in text


def test_of_two_long_texts_the_part_that_differs_is_shown() -> None:
    before, after = "a" * 300 + "before", "a" * 300 + "after"
    text = plan_text(plan(changed("PM-1", [FieldChange("attributes", before, after, "note")])))
    assert 'before" ->' in text
    assert 'after"' in text


def test_of_an_object_only_the_members_that_differ_are_shown() -> None:
    before: Json = {"mode": "day", "deep": {"a": 1, "b": 2}}
    after: Json = {"mode": "day", "deep": {"a": 1, "b": 3}}
    text = plan_text(plan(changed("PM-1", [FieldChange("attributes", before, after, "config")])))
    assert "config.deep.b 2 -> 3\n" in text
    assert "mode" not in text


def test_wide_names_keep_the_columns_in_line() -> None:
    text = plan_text(plan(created("停車", state="東京")))
    assert "  +     停車                  device\n" in text


def test_the_same_note_about_many_places_is_said_once() -> None:
    notes = tuple(Note("also stands under Goa: left alone", f"INDIA/K/PM-{n}") for n in range(1, 31))
    text = plan_text(plan(changed("PM-1", [LABELS]), notes=notes))
    assert text.count("left alone") == 1
    assert "30 places" in text


def test_refusals_of_one_kind_do_not_drown_the_others() -> None:
    ways = (WayOut("to do it", "so"),)
    refusals = (
        *(Refusal("owner", f"PM-{n} is foreign", ways) for n in range(1000)),
        Refusal("empty", "nothing"),
    )
    text = plan_text(plan(changed("PM-1", [LABELS]), refusals=refusals))
    assert len(text.splitlines()) < 40
    assert "997 more" in text
    assert "Apply refuses this plan: nothing." in text


def test_the_summary_counts_by_place_and_names_no_device() -> None:
    text = plan_text(plan(created("PM-1"), created("PM-2"), destroyed("PM-3", state="Goa")), summary=True)
    assert "PM-" not in text
    assert "    INDIA                     2 to add, 1 to delete\n" in text
    assert "      Goa                     1 to delete\n" in text


def test_fifty_thousand_changes_are_read_in_a_page_and_rendered_in_seconds() -> None:
    changes: list[Change] = []
    for number in range(50_000):
        state, name = f"State {number // 2_000}", f"MTR-{number:05}"
        config = FieldChange("attributes", number % 7, number % 5, "mode")
        label = FieldChange("label", f"old {number}", f"new {number}")
        changes.append(
            created(name, state=state, fields=[FieldChange("serial", None, f"SN-{number}")])
            if number % 4 == 0
            else changed(name, [config, label], state=state, moved_from="Goa" if number % 4 == 1 else None)
        )
    whole = plan(*changes)
    started = time.perf_counter()
    text = plan_text(whole)
    assert time.perf_counter() - started < 60
    assert len(text.splitlines()) < 600


def test_devices_that_pair_off_by_chance_do_not_make_a_block_for_each_pair() -> None:
    pairs = [changed(f"PM-{n}", [FieldChange("label", "", f"bay {n // 2}")]) for n in range(2_000)]
    assert len(plan_text(plan(*pairs)).splitlines()) < 100
