"""A large manifest is written in parts, and reads as if it were written at once."""

from __future__ import annotations

from typing import Any

import pytest

from papaya.manifest.write import large_to_yaml, to_yaml

WORDS = "a label that is long enough to be folded, " * 6


def state(name: str, devices: int, **more: Any) -> dict[str, Any]:
    """Return a State of so many devices, of several shapes."""
    made: list[dict[str, Any]] = [
        {"name": f"{name}-{number}", "label": WORDS[: number % 200], "attributes": {"bays": number}}
        if number % 3
        else {"name": f"{name}-{number}", "serial": f"{number:05}"}
        for number in range(devices)
    ]
    return {"name": name, **more, **({"devices": made} if made else {})}


DOCUMENTS: dict[str, dict[str, Any]] = {
    "many": {
        "kind": "Fleet",
        "countries": [
            {"name": "INDIA", "states": [state("Goa", 2_500), state("Kerala", 0), state("Assam", 12)]},
            {"name": "FRANCE", "label": "one", "states": [state("Loire", 1_001, label="two")]},
        ],
        "customers": [{"title": "City"}],
    },
    "no devices": {"kind": "Fleet", "countries": [{"name": "INDIA", "states": [state("Goa", 0)]}]},
    "no countries": {"kind": "Fleet", "metadata": {"name": "x"}},
    "marks": {
        "kind": "Fleet",
        "description": f"{WORDS}\n [devices-0]\n and [devices--0]\n",
        "countries": [{"name": "[devices-0]", "states": [state("[devices-1]", 20), state("devices:", 3)]}],
        "customers": [{"tags": ["devices-0"]}],
    },
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_text_is_that_of_the_whole_document(name: str) -> None:
    heard: list[tuple[int, int]] = []
    written = large_to_yaml(DOCUMENTS[name], lambda done, total: heard.append((done, total)))
    assert written == to_yaml(DOCUMENTS[name])
    assert all(done == total for done, total in heard[-1:])
