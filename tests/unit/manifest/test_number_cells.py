"""A column through `int` or `float` is converted without Jinja2, and as Jinja2 converts it."""

from __future__ import annotations

import pytest

from papaya.manifest.evaluate import evaluate_here
from papaya.manifest.expressions import Job, NumberCell, number_cell

COLUMNS = ("lat", "n")
CELLS = (
    "",
    "5",
    "-5.9",
    "12,5",
    "1.234,5",
    "1e3",
    "1e999",
    "n/a",
    " 7 ",
    "9" * 400,
    "nan",
    "٣",
    "1_0",
    "007",
)


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("text", ["{{ lat | float }}", "{{lat|int}}", " {{- lat | float -}} "])
@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_gives_what_jinja_makes_of_it(text: str, cell: str, decimal: str) -> None:
    made = number_cell(text, COLUMNS)
    assert made is not None
    (outcome,) = evaluate_here([Job((text,), COLUMNS, [[cell, "1"]], decimal)])
    (results,) = outcome.results
    assert isinstance(results, list)

    given = made.read([cell, "1"], decimal)

    assert given == results[0]
    assert type(given) is type(results[0])


@pytest.mark.parametrize(
    "text",
    ["{{ lat | float(0) }}", "{{ lat | float | round }}", "{{ other | int }}", "{{ lat }}", "x{{ n | int }}"],
)
def test_more_than_a_column_and_its_filter_is_for_jinja(text: str) -> None:
    assert number_cell(text, COLUMNS) is None


def test_a_number_knows_its_column() -> None:
    assert number_cell("{{ n | int }}", COLUMNS) == NumberCell(1, is_whole=True)
