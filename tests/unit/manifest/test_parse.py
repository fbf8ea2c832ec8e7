"""YAML texts: what is read, what is refused and where."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from papaya.manifest.load import Loaded
from papaya.manifest.parse import parse
from papaya.manifest.source import Source


def told(text: str) -> list[str]:
    """Return place and summary of everything that is wrong with a text."""
    return [f"{fault.mark}: {fault.summary}" for fault in parse(Source("f.yaml", text)).faults]


def test_every_document_of_a_text_is_read_and_empty_ones_are_not() -> None:
    """Several documents may stand in one file."""
    assert parse(Source("f.yaml", "---\n---\na: 1\n---\nb: [NO, 1]\n# end\n")).documents == (
        {"a": 1},
        {"b": ["NO", 1]},
    )


def test_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    """Columns and lines stay right."""
    parsed = parse(Source("f.yaml", "\ufeffa: 1\r\nb: 2\r\nb: 3\r\n"))
    assert [str(fault.mark) for fault in parsed.faults] == ["f.yaml:3:1"]
    assert parsed.faults[0].snippet == "b: 3"


def test_duplicate_keys_are_faults_on_every_level() -> None:
    """The second one is told, with the line of the first."""
    assert told("a: {x: 1, x: 2}\nb: 1\na: 3\n") == [
        'f.yaml:1:11: the key "x" stands here twice, first on line 1',
        'f.yaml:3:1: the key "a" stands here twice, first on line 1',
    ]


def test_keys_must_be_text() -> None:
    """JSON knows no others."""
    assert told("12: a\ntrue: b\n[c]: d\n") == [
        "f.yaml:1:1: a key must be text, 12 is not",
        "f.yaml:2:1: a key must be text, true is not",
        "f.yaml:3:1: a key must be text, not a list or a mapping",
    ]


def test_merge_keys_lay_mappings_under_what_is_written() -> None:
    """`<<` is supported as YAML 1.1 has it: own keys win, then the first mapping."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\n"
    parsed = parse(Source("f.yaml", text))
    assert parsed.faults == ()
    assert parsed.documents[0]["c"] == {"x": 3, "y": 1, "z": 2}


def test_merged_keys_keep_their_places() -> None:
    """A fault in a merged value is told where it is written."""
    merged = parse(Source("f.yaml", "a: &a {x: 1}\nb: {<<: *a, y: 2}\n")).documents[0]["b"]
    assert merged.place_of("x")[1:] == (0, 10)
    assert merged.place_of("y")[1:] == (1, 15)


def test_tags_are_refused() -> None:
    """Only those of the core schema mean something here."""
    assert told("a: !!python/object:os.system x\nb: !!str 12\n") == [
        "f.yaml:1:4: the tag !!python/object:os.system is not known"
    ]


def test_dates_and_times_stay_text() -> None:
    """No value is ever anything that JSON has not."""
    assert parse(Source("f.yaml", "a: 2024-01-01\nb: 22:30\n")).documents == (
        {"a": "2024-01-01", "b": "22:30"},
    )


def test_lost_zeros_are_a_warning() -> None:
    """`0012` is 12 in YAML 1.2."""
    (fault,) = parse(Source("f.yaml", "a: 0012\n")).faults
    assert (fault.severity, fault.remedy) == ("warning", 'if it is a name or a code, quote it: "0012"')


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a:\n\tb: 1\n", "f.yaml:2:1", "a tab stands where YAML wants spaces"),
        ("a: b: c\n", "f.yaml:1:5", "mapping values are not allowed"),
        ("a: *nope\n", "f.yaml:1:4", "an alias (*) names an anchor (&) that is not defined above"),
        ("a: 'x\n", "f.yaml:2:1", "unexpected end of stream"),
        ("a: {b: 1\nc: 2\n", "f.yaml:2:2", "did not find expected ',' or '}'"),
        ("a: \x01\n", "f.yaml:1:4", "control characters are not allowed"),
        ("\ud800: 1\n", "f.yaml:1:1", "a lone surrogate"),
    ],
)
def test_what_is_no_yaml_is_told_at_its_place(text: str, place: str, words: str) -> None:
    """With words that a person understands, where there are any."""
    (fault,) = told(text)
    assert fault.startswith(f"{place}: ")
    assert words in fault


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "- " * 100_000, "? " * 100_000, "{a: " * 50_000, "- &a\n  " * 1, "!!seq " + "[" * 70],
)
def test_deep_nesting_never_reaches_the_composer(text: str) -> None:
    """libyaml's composer recurses in C and would take the process down."""
    assert isinstance(parse(Source("f.yaml", text)).faults, tuple)


def test_deep_nesting_is_refused_where_it_gets_too_deep() -> None:
    """With the place of the first collection beyond the limit."""
    assert told("[" * 65 + "]" * 65) == ["f.yaml:1:65: the document is nested too deeply"]
    assert told("[" * 64 + "]" * 64) == []


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    """Its size is counted without expanding it."""
    levels = ["a0: &a0 [1,1,1,1,1,1,1,1,1]"]
    levels += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    started = time.monotonic()
    (fault,) = told("\n".join(levels))
    assert "aliases (*) expand the document to" in fault
    assert time.monotonic() - started < 20


def test_a_chain_of_aliases_is_as_deep_as_brackets() -> None:
    """Depth by aliases would overflow the stack of whoever walks the value."""
    levels = ["a0: &a0 [1]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 100)]
    assert "nest the document too deeply" in told("\n".join(levels))[0]


def test_an_alias_inside_its_own_anchor_is_refused() -> None:
    """It would never end."""
    assert "stands inside the anchor" in told("a: &a [1, *a]\n")[0]


def test_without_libyaml_the_same_is_read() -> None:
    """PyYAML may have been built without it: then it is slower, with the same places and values."""
    script = (
        "import sys; sys.modules['yaml._yaml'] = sys.modules['yaml.cyaml'] = None\n"
        "from papaya.manifest.parse import parse\n"
        "from papaya.manifest.source import Source\n"
        "parsed = parse(Source('f', 'a: {x: NO, x: 1}\\nb: 0x1f\\n'))\n"
        "print(parsed.documents, [str(fault.mark) for fault in parsed.faults])\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert done.stdout == "({'a': {'x': 'NO'}, 'b': 31},) ['f:1:12']\n"


def test_anchors_may_be_used_for_what_they_are_for() -> None:
    """Aliases give the value that the anchor has."""
    assert parse(Source("f.yaml", "a: &a {x: 1}\nb: *a\nc: [*a, *a]\n")).documents == (
        {"a": {"x": 1}, "b": {"x": 1}, "c": [{"x": 1}, {"x": 1}]},
    )


@pytest.mark.parametrize(
    "body",
    [
        "countries:\n  - name: {{ country }}\n",
        "countries: [{name: {{ country }}}]\n",
        "countries:\n  - name: {{ country }}-x\n",
        "countries:\n  - name: {{ a }}-{{ b | int }}\n",
        "countries:\n  - {name: A, location: {latitude: {{ lat }}, longitude: 1}}\n",
    ],
)
def test_an_expression_without_quotes_is_told_as_that(faults: Callable[..., list[str]], body: str) -> None:
    """It is two mappings to YAML, which says nothing to anybody."""
    found = faults(body)
    assert "needs quotes" in found[0]
    assert len(found) == 1 or "latitude" in body


def test_characters_may_be_written_as_json_does(loaded: Callable[..., Loaded]) -> None:
    """As two escapes; an escaped backslash is none of them."""
    escaped = json.dumps({"name": "R\U0001f680", "label": r"\ud83d\ude80"})
    found = loaded(f"countries: [{escaped}]\n")
    assert found.fleet is not None, found.diagnostics
    country = found.fleet.countries[0]
    assert (country.name, country.label) == ("R\U0001f680", r"\ud83d\ude80")
    (fault,) = loaded('countries: [{name: "a\\ud83d"}]\n').diagnostics
    assert fault.summary == "the text has a lone surrogate, which is no character"


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("[12.97, 77.59]", "write location: {latitude: 12.97, longitude: 77.59}"),
        ('"12.97, 77.59"', "write location: {latitude: 12.97, longitude: 77.59}"),
        ("{latitude: 12.97°, longitude: 1}", "write plain degrees"),
        ("{latitude: −12.97, longitude: 1}", "the minus sign is U+2212"),
        ('{latitude: "12,97", longitude: 1}', "write a decimal point: 12.97"),
    ],
)
def test_a_location_in_another_form_is_told_how_to_write_it(
    loaded: Callable[..., Loaded], written: str, remedy: str
) -> None:
    """By one fault."""
    (fault,) = loaded(f"countries: [{{name: C, location: {written}}}]\n").diagnostics
    assert fault.remedy.startswith(remedy)
