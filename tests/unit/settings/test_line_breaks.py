"""Variables with line breaks, as mounted secrets have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.errors import SettingsError
from papaya.manifest.model import Server
from papaya.settings.model import Options
from papaya.settings.sources import Sources


def sources(**environment: str) -> Sources:
    """Return settings that come from the environment alone."""
    return Sources(Options(), environment, Server(), Path(), Path("tokens.json"))


@pytest.mark.parametrize("value", ["secret word\n", "secret word\r\n", "\nsecret word"])
def test_line_breaks_at_the_ends_of_a_variable_are_no_part_of_it(value: str) -> None:
    given = sources(PAPAYA_PASSWORD=value).variable("PAPAYA_PASSWORD")
    assert given is not None
    assert given.value == "secret word"


def test_a_variable_of_several_lines_is_refused_by_its_name_alone() -> None:
    with pytest.raises(SettingsError, match="PAPAYA_PASSWORD has more than one line") as caught:
        sources(PAPAYA_PASSWORD="one\ntwo").variable("PAPAYA_PASSWORD")
    assert "two" not in str(caught.value)


def test_a_variable_of_line_breaks_is_none() -> None:
    assert sources(PAPAYA_URL="\n").variable("PAPAYA_URL") is None
