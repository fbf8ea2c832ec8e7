"""What waits for a place begins when it stands, and nothing is left behind."""

from __future__ import annotations

from papaya.apply.ready import MOST_WAITING, Ready
from papaya.engine.address import Address

INDIA, GOA = Address("asset", "INDIA"), Address("asset", "Goa")
Item = tuple[str, tuple[Address, ...]]


def ready(*items: Item) -> tuple[Ready[Item], set[Address]]:
    """Return what gives the items, and the addresses that stand."""
    standing: set[Address] = set()
    coming = iter(items)
    return Ready(coming, lambda item: next((one for one in item[1] if one not in standing), None)), standing


def names(found: Ready[Item]) -> list[str]:
    """Return the names of all that may begin now."""
    told = []
    while (item := found.next()) is not None:
        told.append(item[0])
    return told


def test_what_waits_lets_others_pass_and_begins_in_its_order() -> None:
    found, standing = ready(("INDIA", ()), ("g1", (INDIA, GOA)), ("g2", (GOA,)), ("other", ()))
    assert names(found) == ["INDIA", "other"]
    standing.add(INDIA)
    found.release(INDIA)
    assert names(found) == []
    assert not found.is_empty
    standing.add(GOA)
    found.release(GOA)
    assert names(found) == ["g2", "g1"]
    assert found.is_empty


def test_little_is_looked_at_while_much_waits() -> None:
    many = [(f"g{number}", (GOA,)) for number in range(3 * MOST_WAITING)]
    coming = iter(many)
    standing: set[Address] = set()
    found: Ready[Item] = Ready(coming, lambda item: None if GOA in standing else GOA)
    assert names(found) == []
    assert len(list(coming)) == 2 * MOST_WAITING


def test_nothing_is_left_where_what_it_waits_for_does_not_come() -> None:
    found, standing = ready(("g1", (GOA,)), ("g2", (INDIA,)))
    assert names(found) == []
    standing |= {GOA, INDIA}
    found.release_all()
    assert names(found) == ["g1", "g2"]
    assert found.is_empty
