"""Manifest and server in, plan out, compared as text."""

from __future__ import annotations

import json

import pytest

from papaya.render.as_json import plan_json, portable
from papaya.render.layout import cells
from papaya.render.saved import plan_from_json
from papaya.render.text import plan_text
from tests.golden.cases import Case, cases, plan_of

EVERY = [pytest.param(case, id=case.name) for case in cases()]


@pytest.mark.parametrize("case", EVERY)
def test_the_plan_reads_as_it_should(case: Case, update_golden: bool) -> None:
    text = plan_text(plan_of(case))
    path = case.folder / "plan.txt"
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert max(map(cells, text.splitlines())) <= 80


@pytest.mark.parametrize("case", EVERY)
def test_the_document_holds_the_whole_plan(case: Case, update_golden: bool) -> None:
    plan = plan_of(case)
    text = json.dumps(plan_json(plan), indent=2, ensure_ascii=False) + "\n"
    if case.has_document:
        path = case.folder / "plan.json"
        if update_golden:
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")
    restored = plan_from_json(json.loads(text))
    assert restored == portable(plan)
    assert plan_text(restored) == plan_text(plan)
