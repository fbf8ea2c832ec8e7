"""Characters that word processors and web pages put in the place of YAML's own are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.diagnostics import Diagnostic
from papaya.manifest.parse import parse
from papaya.manifest.source import Source
from papaya.workspace.files import read_file as read

DEVICE = "name: PM-1\nlocation: {latitude: 12.97, longitude: 77.59}\nlabel: MG Road\nlist:\n  - a\n"


def told(text: str) -> list[tuple[str, int, str]]:
    """Return severity, line and summary of what is said of a text."""
    found = parse(Source("fleet.yaml", text)).faults
    return [(one.severity, one.mark.line or 0, one.summary) for one in found]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("\nlabel", "\n\xa0label", 3, "U+00A0 (NO-BREAK SPACE)"),
        ("label: ", "label:\xa0", 3, "U+00A0 (NO-BREAK SPACE)"),
        ("label: MG Road", "label: “MG: Road”", 3, "U+201C (LEFT DOUBLE QUOTATION MARK)"),
        ("  - a\n", "  – a: 1\n    b: 2\n", 5, "U+2013 (EN DASH)"),
        ("MG Road", "MG\u2028Road", 3, "U+2028 (LINE SEPARATOR)"),
        ("label:", "label\uff1a", 3, "U+FF1A (FULLWIDTH COLON)"),
    ],
)
def test_what_keeps_a_text_from_being_yaml_is_named_where_it_stands(
    old: str, new: str, line: int, said: str
) -> None:
    assert old in DEVICE
    ((severity, at, summary),) = told(DEVICE.replace(old, new, 1))
    assert (severity, at) == ("error", line)
    assert said in summary


def test_quotation_marks_of_a_word_processor_around_a_text_are_told() -> None:
    assert told("name: “PM-1”\n") == [
        ("warning", 1, "U+201C (LEFT DOUBLE QUOTATION MARK) is a part of the text here")
    ]
    assert told("name: The “new” one\nother: l’eau\n") == []


def test_an_odd_blank_or_quotation_mark_in_a_key_is_an_error() -> None:
    assert [row[0] for row in told("a: {“bays”: 2}\nserial\xa0: 1\nb: {latitude:\xa012}\n")] == ["error"] * 3


def test_the_rest_of_a_decimal_comma_is_told_as_one() -> None:
    (fault,) = parse(Source("fleet.yaml", "a: {latitude: 12,97, longitude: 77}\n")).faults
    assert fault.remedy.startswith("write a point instead of a decimal comma")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "fleet.yaml").write_bytes("apiVersion: papaya/v1\n".encode(encoding))
    found = read(tmp_path / "fleet.yaml")
    assert isinstance(found, Diagnostic)
    assert "UTF-16 without a byte-order mark" in found.summary


def test_a_link_that_leads_nowhere_is_told_as_a_link(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").symlink_to("gone.yaml")
    found = read(tmp_path / "fleet.yaml")
    assert isinstance(found, Diagnostic)
    assert found.summary == "it is a link to gone.yaml, which is not there"
