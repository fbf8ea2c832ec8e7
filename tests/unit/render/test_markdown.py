"""A plan in a code review fits its comment, and every destroy is in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from papaya.engine.address import path_text
from papaya.engine.plan import FieldChange, Plan, Refusal, WayOut
from papaya.render.layout import visible
from papaya.render.markdown import LIMIT, plan_markdown
from tests.examples import examples
from tests.unit.render.plans import changed, created, destroyed, plan, plans


@examples(20, 2_000)
@given(plans(), st.integers(3_000, 20_000))
def test_it_is_never_longer_than_allowed(any_plan: Plan, limit: int) -> None:
    text = plan_markdown(any_plan, limit)
    assert len(text) <= limit
    assert len(text.encode()) <= limit
    assert text.count("```") % 2 == 0


@examples(20, 2_000)
@given(plans())
def test_every_destroy_is_in_it_by_name(any_plan: Plan) -> None:
    text = plan_markdown(any_plan)
    for change in any_plan.of("destroy"):
        assert visible(path_text(change.path)).replace("```", "`\u200c``") in text


def test_the_tree_is_cut_for_the_sake_of_the_destroys() -> None:
    many = [
        created(f"{n}-meter", fields=[FieldChange("label", None, "x" * 40)], state=f"S{n}")
        for n in range(3_000)
    ]
    gone = [destroyed(f"GONE-{n:04}", online=n == 7) for n in range(1_000)]
    text = plan_markdown(plan(*many, *gone))
    assert len(text.encode()) <= LIMIT
    assert all(f"- INDIA/Karnataka/GONE-{n:04}" in text for n in range(1_000))
    assert "GONE-0007  ! online" in text
    assert "lines of the tree are left out" in text
    assert "papaya plan --full" in text
    assert text.index("GONE-0999") < text.index("0-meter")


def test_more_destroys_than_fit_are_counted_and_said() -> None:
    text = plan_markdown(plan(*(destroyed(f"GONE-{n:05}") for n in range(5_000))))
    named = text.count("- INDIA/")
    assert len(text.encode()) <= LIMIT
    assert named > 1_500
    assert f"**Not all are listed: {5_000 - named:,} of 5,000 deletions do not fit" in text


def test_the_sums_and_refusals_come_first() -> None:
    refusal = Refusal("destroy", "1 deletion, safety.maxDestroy is 0", (WayOut("to do it", "papaya apply"),))
    text = plan_markdown(plan(destroyed("GONE"), changed("PM-1", []), refusals=(refusal,)))
    assert text.index("1 to delete") < text.index("Apply refuses") < text.index("- INDIA/Karnataka/GONE")


def test_signs_of_a_diff_stand_in_the_first_column() -> None:
    change = changed("PM-2", [FieldChange("label", "a", "b")])
    text = plan_markdown(plan(created("PM-1"), change))
    assert "\n+       PM-1 " in text
    assert "\n! ~     PM-2 " in text


def test_a_name_cannot_end_the_block_it_stands_in() -> None:
    text = plan_markdown(plan(destroyed("```\n# free")))
    assert text.count("```") == 4
    assert "\n# free" not in text


def test_an_empty_plan_is_said_in_a_line() -> None:
    assert "No changes. meters on" in plan_markdown(plan())
