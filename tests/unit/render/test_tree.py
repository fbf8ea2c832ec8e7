"""The live tree of a fleet."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from papaya.render.layout import cells
from papaya.render.tree import Shown, ShownObject, fleet_tree, tree_json
from tests.examples import examples
from tests.unit.render.plans import names, texts

DECEMBER = 1_764_547_200_000


def _meters(count: int, state: str = "Karnataka") -> list[Shown]:
    return [
        Shown(
            path=("INDIA", state, f"PM-{n}"),
            role="device",
            name=f"PM-{n}",
            profile="Meter",
            label=f"Bay {n}",
            online=n != 2,
            last_active=DECEMBER,
            serial=f"SN-{n}",
            owner="meters",
        )
        for n in range(1, count + 1)
    ]


def _places(state: str = "Karnataka", owner: str | None = "meters") -> list[Shown]:
    return [
        Shown(("INDIA",), "country", "INDIA", owner="meters"),
        Shown(("INDIA", state), "state", state, owner=owner),
    ]


def test_a_few_devices_are_listed() -> None:
    assert fleet_tree([*_meters(2), *_places()], fleet="meters", server="https://tb.example.com") == (
        "meters on https://tb.example.com\n"
        "\n"
        "    INDIA                     country, 2 devices, 1 online\n"
        "      Karnataka               state, 2 devices, 1 online\n"
        '        PM-1                  online   Meter  SN-1  "Bay 1"\n'
        '        PM-2                  offline  Meter  SN-2  "Bay 2"  last active\n'
        "                              2025-12-01T00:00:00Z\n"
        "\n"
        "1 country, 1 state, 2 devices, 1 online.\n"
    )


def test_many_devices_are_folded_with_those_that_are_offline() -> None:
    text = fleet_tree([*_meters(400), *_places()], fleet="meters", server="x")
    assert "        PM-1…PM-400           400 devices, 399 online: Meter 400\n" in text
    assert "          offline: PM-2\n" in text
    assert "Every device: --full" in text


def test_every_device_is_listed_on_demand() -> None:
    text = fleet_tree([*_meters(400), *_places()], fleet="meters", server="x", full=True)
    assert all(f"PM-{n} " in text for n in range(1, 401))


def test_other_owners_are_named() -> None:
    assert "of the fleet others" in fleet_tree(_places(owner="others"), fleet="meters", server="x")
    assert "provisioned without" in fleet_tree(_places(owner="(provisioned)"), fleet="meters", server="x")
    assert "of no fleet" in fleet_tree(_places(owner=None), fleet="meters", server="x")


def test_an_empty_tree_says_what_to_do() -> None:
    assert "papaya apply" in fleet_tree([], fleet="meters", server="x")


def test_the_document_has_a_row_for_each_entity() -> None:
    document = json.loads(json.dumps(tree_json([*_meters(10), *_places()], fleet="meters", server="x")))
    assert [row["name"] for row in document["entities"]][:4] == ["INDIA", "Karnataka", "PM-1", "PM-2"]
    assert document["entities"][-1]["name"] == "PM-10"
    assert document["entities"][2]["lastActive"] == "2025-12-01T00:00:00Z"
    assert document["totals"] == {"country": 1, "state": 1, "device": 10, "online": 9}


@examples(20, 2_000)
@given(
    st.lists(
        st.builds(
            lambda path, *rest: Shown(tuple(path), "device", path[-1], *rest),
            st.lists(names, min_size=1, max_size=3),
            st.none() | names,
            st.none() | texts,
            st.none() | st.booleans(),
            st.none() | st.integers(-(2**62), 2**62),
            st.none() | texts,
            st.none() | names,
        ),
        max_size=30,
    ),
    names,
    st.booleans(),
)
def test_no_line_is_wider_than_the_terminal(shown: list[Shown], fleet: str, full: bool) -> None:
    for line in fleet_tree(shown, fleet=fleet, server=fleet, full=full).split("\n"):
        assert cells(line) <= 80


def test_objects_are_listed_by_kind_and_name_in_the_document_as_in_the_text() -> None:
    objects = [
        ShownObject("dashboard", "Wall"),
        ShownObject("customer", "B 10"),
        ShownObject("customer", "B 9"),
    ]
    told = tree_json(_places(), fleet="meters", server="x", objects=objects)["objects"]
    assert isinstance(told, list)
    names = [one["name"] for one in told if isinstance(one, dict)]
    assert names == ["B 9", "B 10", "Wall"]
    text = fleet_tree(_places(), fleet="meters", server="x", objects=objects)
    assert [text.index(str(name)) for name in names] == sorted(text.index(str(name)) for name in names)
