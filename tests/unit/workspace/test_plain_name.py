"""Names of fleets and models, made of what people call things."""

from __future__ import annotations

import pytest

from papaya.workspace.plain_name import plain_name
from papaya.workspace.starting import fleet_name


@pytest.mark.parametrize(
    ("called", "plain"),
    [
        ("Ölzähler", "Oelzaehler"),
        ("O\u0308lza\u0308hler", "Oelzaehler"),
        ("Großwärme Typ 2", "Grosswaerme-Typ-2"),
        ("compteur d'été", "compteur-d-ete"),
        ("Łódź/1", "Lodz-1"),
        ("日本", ""),
    ],
)
def test_letters_are_spelled_out_and_not_dropped(called: str, plain: str) -> None:
    assert plain_name(called) == plain


def test_a_fleet_is_named_after_its_folder() -> None:
    assert fleet_name("München Süd") == "muenchen-sued"
