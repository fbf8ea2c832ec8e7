"""Numbers and JSON of others: what is taken, what is refused, and that nothing but ForeignValue is raised."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papaya.foreign import (
    ForeignValue,
    Unusable,
    described,
    finite,
    json_in,
    number_in,
    plain_number,
    shown,
    whole,
    whole_in,
)

HUGE = 10**400


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        (" -5.50\n", -5.5),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("00042", 42),
        ("1E-308", 1e-308),
    ],
)
def test_the_number_in_a_text_is_read(text: str, number: float) -> None:
    assert number_in(text) == number
    assert type(number_in(text)) is type(number)


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", "+", "e5", "1e", "nan", "inf", "-Infinity", "0x10", "1_0", "٣", "1 000", "5,5", "80.5.1"]
    + ["1e309", "1e100000", "0e100000", "1e-100000", "1e999", "9" * 309, "9" * 5000, "1" * 10**6, "1.8e308"],
)
def test_what_is_no_finite_number_is_refused_in_a_few_words(text: str) -> None:
    with pytest.raises(ForeignValue) as refused:
        number_in(text, what="latitude")
    assert str(refused.value).startswith("latitude is ")
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


def test_a_decimal_comma_is_read_where_it_is_declared_and_hinted_at_elsewhere() -> None:
    assert number_in("80,5", decimal=",") == 80.5
    for grouped in ("1.234,5", "1,234,5"):
        with pytest.raises(ForeignValue):
            number_in(grouped, decimal=",")
    with pytest.raises(ForeignValue, match="write a decimal point"):
        number_in("80,5")


def test_numbers_keep_to_their_bounds() -> None:
    assert finite(90, least=-90, most=90) == 90
    assert whole(5.0) == 5
    assert whole_in(" 65535 ", least=0, most=65_535) == 65_535
    for value in (HUGE, -HUGE, 10**5000, 1e300, 2**63, 5.5, True, None, "5", math.nan, math.inf, [5]):
        with pytest.raises(ForeignValue):
            whole(value)
    for unfit in (HUGE, 10**5000, True, None, "5", math.nan, -math.inf, [5]):
        with pytest.raises(ForeignValue):
            finite(unfit)
    for text in ("5.0", "1e3", "²", "65536", "-1", "9" * 5000):
        with pytest.raises(ForeignValue):
            whole_in(text, least=0, most=65_535)


@pytest.mark.parametrize("text", ["80.5", " 80.5\n", "-.5", "007", "+1"])
def test_plain_text_is_a_number(text: str) -> None:
    assert plain_number(text) == float(text)


@pytest.mark.parametrize("text", ["80,5", "1e2", "5.", "", "NaN", "0x5", "５", "9" * 400, "x"])
def test_other_text_is_not_plain(text: str) -> None:
    assert plain_number(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        '{"a": -Infinity}',
        "[1e999]",
        "[1e100000]",
        "9" * 309,
        "9" * 5000,
        "[" * 100_000,
        b"\xff",
    ]
    + ["[" * 500 + "]" * 500, '{"a":' * 101 + "1" + "}" * 101],
)
def test_json_that_is_none_or_holds_no_usable_number_is_refused(text: str | bytes) -> None:
    with pytest.raises(ForeignValue, match="^it "):
        json_in(text)


def test_json_is_read_as_it_stands() -> None:
    document = '\ufeff{"a": [1, 2.5, 1e3, true, null, "x", {"b": []}], "c": -0.0}'
    assert json_in(document.encode()) == json_in(document) == json.loads(document[1:])
    assert json_in("[" * 100 + "]" * 100)
    flat = json.dumps([[1]] * 1000)
    assert json_in(flat) == [[1]] * 1000


def test_an_unusable_number_costs_its_own_place_where_that_is_asked_for() -> None:
    text = '{"a": 5, "b": %s, "c": NaN, "d": 1e400}' % ("9" * 5000)
    document = json_in(text, unusable=Unusable)
    assert isinstance(document, dict)
    assert document["a"] == 5
    for name in "bcd":
        assert isinstance(document[name], Unusable)
        with pytest.raises(ForeignValue):
            finite(document[name])


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("beside", ["", "9" * 5000, "\u00e9", "\\" + "ud83d"])
def test_integers_count_by_their_length_whatever_stands_beside_them(sign: str, beside: str) -> None:
    longest = sign + "9" * (308 - len(sign))
    text = beside.replace("\\ud83d", "\ufffd")
    assert json_in(f'["{beside}", {longest}]') == [text, int(longest)]
    for digits in (longest + "9", longest + "9" * 5000):
        assert json_in(f'["{beside}", {digits}]', unusable=Unusable) == [text, Unusable(digits)]
        with pytest.raises(ForeignValue, match="number that cannot be used"):
            json_in(f'["{beside}", {digits}]')


def test_a_long_integer_and_half_a_pair_are_found_wherever_they_stand_in_a_page() -> None:
    digits = "9" * 309
    for before in range(256 * 1024 - 330, 256 * 1024 + 20, 7):
        assert json_in(f'["{"x" * before}", {digits}]', unusable=Unusable)[1] == Unusable(digits)  # type: ignore[index]
        assert json_in(f'["{"x" * before}", "\\ud83d", "\ud83d"]')[1:] == ["\ufffd", "\ufffd"]  # type: ignore[index]


@given(st.one_of(st.text(), st.from_regex(r"[-+0-9.eE,]{1,30}", fullmatch=True)))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    for read in (number_in, whole_in, json_in):
        try:
            value = read(text)
        except ForeignValue as error:
            assert len(str(error)) < 300
        else:
            assert not isinstance(value, float) or math.isfinite(value)


@given(st.one_of(st.integers(), st.floats(), st.text(), st.none(), st.booleans(), st.binary()))
def test_whatever_was_met_is_described_in_one_short_line(value: object) -> None:
    assert len(described(value)) < 120
    assert "\n" not in described(value)
    assert shown("\x1b[31m\u202e") == "\\x1b[31m\\u202e"
