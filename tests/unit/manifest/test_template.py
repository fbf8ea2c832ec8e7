"""Templates, and the lines that their faults are told at."""

from __future__ import annotations

import pytest

from papaya.manifest.template import Rendered, Unrendered, render, template_line


def lines(text: str, **variables: object) -> list[tuple[str, int]]:
    """Return each rendered line with the line of the template that it came from."""
    made = render("<t>", text, variables)
    assert isinstance(made, Rendered)
    rendered = made.text.split("\n")
    assert len(rendered) == len(made.template.lines)
    return list(zip(rendered, made.template.lines, strict=True))


def test_every_line_knows_where_it_came_from() -> None:
    """Also in loops, after blocks, and where an expression writes several lines."""
    text = "a\n{% for n in [1, 2] %}\n- {{ n }}\n{% endfor %}\n{{ x }}\nend\n"
    assert lines(text, x="p\nq") == [
        ("a", 1),
        ("", 2),
        ("- 1", 3),
        ("", 2),
        ("- 2", 3),
        ("", 4),
        ("p", 5),
        ("q", 5),
        ("end", 6),
        ("", 7),
    ]


def test_trimmed_blocks_keep_the_lines_right() -> None:
    """`-` joins lines of the template, not of the result."""
    text = "a:\n{%- for n in [1, 2] %}\n  - {{ n }}\n{%- endfor %}\nb: 1"
    assert lines(text) == [("a:", 1), ("  - 1", 3), ("  - 2", 3), ("b: 1", 5)]


def test_captured_text_is_what_the_template_says() -> None:
    """The marks of lines are nowhere where a template could see them."""
    text = "{% set x %}ab{% endset %}{% macro m() %}cd{% endmacro %}"
    text += "{{ x | length }}{{ m() | upper }}{{ m() == 'cd' }}"
    assert lines(text) == [("2CDTrue", 1)]


@pytest.mark.parametrize(
    ("text", "line", "summary"),
    [
        ("a\n{{ nope }}", 2, "the template fails: 'nope' is undefined"),
        (
            "a\n\n{% if %}",
            3,
            "the template is not understood: Expected an expression, got 'end of statement block'",
        ),
        ("a\n{{ 1 / 0 }}", 2, "the template fails: division by zero"),
        (
            "a\n{{ ''.__class__ }}",
            2,
            "the template fails: access to attribute '__class__' of 'str' object is unsafe.",
        ),
        (
            "{{ range(10**9) }}",
            1,
            "the template fails: Range too big. The sandbox blocks ranges larger than MAX_RANGE",
        ),
        (
            "{% set l = [] %}\n{{ l.append(1) }}",
            2,
            "the template fails: access to attribute 'append' of 'list'",
        ),
        ("\n{% include 'x' %}", 2, "the template fails: no loader for this environment specified"),
        ("{{ lipsum() }}", 1, "the template fails: 'lipsum' is undefined"),
    ],
)
def test_what_fails_is_told_at_its_line(text: str, line: int, summary: str) -> None:
    """No traceback, no surprise."""
    made = render("<t>", text, {})
    assert isinstance(made, Unrendered)
    assert (made.line, made.summary[: len(summary)]) == (line, summary)


def test_undefined_names_tell_where_variables_come_from() -> None:
    """And which ones were given."""
    made = render("<t>", "{{ nope }}", {"count": 1})
    assert isinstance(made, Unrendered)
    assert made.remedy == "variables come from --var, --var-file and PAPAYA_VAR_<name>; given: count"


def test_compiled_lines_lead_back_to_the_template() -> None:
    """By the last entry that is not after them."""
    assert [template_line(line, {5: 1, 9: 4}) for line in (2, 5, 8, 9, 50)] == [1, 1, 1, 4, 4]
