"""Options that take numbers take finite ones in range, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import click
import pytest

from papaya.commands.options.numbers import Number
from papaya.resources import locate


@pytest.mark.parametrize(
    "text", ["nan", "-nan", "inf", "-inf", "Infinity", "1e999", "9" * 400, "91", "1_0", "٣", "", "12,5"]
)
def test_what_is_no_finite_number_in_range_is_a_usage_error(text: str) -> None:
    """`nan` compares with nothing, so that it passes every bound that is only compared."""
    with pytest.raises(click.UsageError):
        Number(-90, 90).convert(text, None, None)


def test_numbers_in_range_are_numbers() -> None:
    """Bounds included, unless they are not."""
    assert [Number(-90, 90).convert(text, None, None) for text in ("-90", " 12.5 ", "+1", "1e1")] == [
        -90.0,
        12.5,
        1.0,
        10.0,
    ]
    with pytest.raises(click.UsageError):
        Number(0, above=True).convert("0", None, None)


def test_no_command_takes_numbers_in_another_way() -> None:
    """click's own types take `nan`."""
    folder = Path(str(locate("schemas"))).parent / "papaya" / "commands"
    found = [
        str(file)
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in ("FloatRange", "FLOAT"))
        or (isinstance(node, ast.keyword) and node.arg == "type" and ast.unparse(node.value) == "float")
    ]
    assert found == []
