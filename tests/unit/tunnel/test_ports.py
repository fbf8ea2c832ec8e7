"""Remote ports: allotted once, never moved, never given to two."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papaya.errors import ManifestError, PapayaError
from papaya.manifest.characters import composed
from papaya.manifest.model import Device, Fleet, PortRange
from papaya.manifest.source import Source
from papaya.tunnel.allot import allot, filled_in, renamed, wishes_of
from papaya.tunnel.ports import Ports, parse_ports
from tests.unit.tunnel.devices import HOST, device, fleet_of, renamed_device, waiting

# As a manifest has them: in the normal form in which every text of it is read.
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8).map(composed)
FORWARDS = st.dictionaries(st.sampled_from(["web", "vnc"]), st.integers(1, 65535), max_size=2)


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Return a fleet whose devices ask for ports of two bastions, or have fixed ones."""
    names = draw(st.lists(NAMES, max_size=8, unique=True))
    fixed = iter(draw(st.permutations(range(20000, 20060))))
    devices = [
        device(
            name,
            host=draw(st.sampled_from([HOST, "other.example.com"])),
            remote_port=draw(st.sampled_from(["auto", next(fixed)])),
            enabled=draw(st.sampled_from([True, True, False])),
        )
        for name in names
    ]
    return fleet_of(devices, ports=PortRange(20000, 20100), forwards=draw(FORWARDS))


def taken(fleet: Fleet, ports: Ports) -> list[tuple[str, int | None]]:
    """Return the host and port of every forward of a fleet."""
    return [
        (wish.host, wish.port or ports.port(wish.host, wish.device.name, wish.forward))
        for wish in wishes_of(fleet)
    ]


def of(devices: Sequence[Device], ports: Ports | None = None) -> Ports:
    """Return the ports of devices of a small fleet."""
    return allot(fleet_of(devices, ports=PortRange(20000, 20100)), ports or Ports())


@given(fleet=fleets())
def test_every_forward_has_a_port_that_is_its_alone(fleet: Fleet) -> None:
    ports = allot(fleet, Ports())
    places = taken(fleet, ports)
    assert None not in [port for _, port in places]
    assert len(set(places)) == len(places)
    assert all(20000 <= port <= 20100 for host in ports.hosts for port in ports.holders(host))


@given(fleet=fleets(), later=fleets())
def test_what_is_allotted_stays_when_devices_join_and_leave(fleet: Fleet, later: Fleet) -> None:
    """The ports of those that have left wait for them."""
    before = allot(fleet, Ports())
    try:
        filled_in(later, before)
    except ManifestError:
        return
    after = allot(later, before)
    for host, devices in before.hosts.items():
        for name, forwards in devices.items():
            assert after.of(host, name).items() >= forwards.items()
    places = taken(later, after)
    assert len(set(places)) == len(places)
    kept = [
        (host, port)
        for host, devices in after.hosts.items()
        for forwards in devices.values()
        for port in forwards.values()
    ]
    assert len(set(kept)) == len(kept)


@given(fleet=fleets(), seed=st.randoms(use_true_random=False))
def test_the_order_of_devices_does_not_matter(fleet: Fleet, seed: random.Random) -> None:
    devices = list(fleet.devices())
    shuffled = devices.copy()
    seed.shuffle(shuffled)
    forwards = fleet.tunnel.forwards if fleet.tunnel else {}
    again = fleet_of(shuffled, ports=PortRange(20000, 20100), forwards=forwards)
    assert allot(again, Ports()).text() == allot(fleet, Ports()).text()


@given(fleet=fleets())
def test_a_second_time_changes_nothing_and_the_file_says_it_all(fleet: Fleet) -> None:
    ports = allot(fleet, Ports())
    assert allot(fleet, ports) is ports
    assert parse_ports(Source("lock", ports.text())) == ports
    assert parse_ports(Source("lock", ports.text())).text() == ports.text()


def test_ten_thousand_devices_have_ten_thousand_ports() -> None:
    names = [f"PM-{number:05}" for number in range(10_000)]
    ports = allot(fleet_of(waiting(name) for name in names), Ports())
    holders = ports.holders(HOST)
    assert len(holders) == 10_000
    assert min(holders) >= 20000
    assert max(holders) <= 32767
    fewer = fleet_of(waiting(name) for name in reversed(names[::2]))
    assert allot(fewer, ports) is ports
    more = allot(fleet_of(waiting(f"QX-{number}") for number in range(2_767)), ports)
    assert len(more.holders(HOST)) == 12_767


def test_two_people_who_add_devices_seldom_take_the_same_port() -> None:
    """Lowest-first would collide every time."""
    base = allot(fleet_of(waiting(f"PM-{number}") for number in range(100)), Ports())
    theirs = allot(fleet_of([waiting("THEIRS")]), base).port(HOST, "THEIRS", "ssh")
    ours = [
        allot(fleet_of([waiting(f"OURS-{number}")]), base).port(HOST, f"OURS-{number}", "ssh")
        for number in range(50)
    ]
    assert ours.count(theirs) == 0


def test_a_range_without_a_free_port_is_told() -> None:
    fleet = fleet_of([waiting("A"), waiting("B"), waiting("C")], ports=PortRange(20000, 20001))
    with pytest.raises(PapayaError, match="no port of 20000 to 20001 on .* is left for C"):
        allot(fleet, Ports())
    with pytest.raises(PapayaError, match="A asks for a port, and the fleet has none"):
        allot(fleet_of([waiting("A")], ports=None), Ports())


def test_the_port_of_a_renamed_device_follows_it_once() -> None:
    before = Ports({HOST: {"OLD": {"ssh": 20001}, "OTHER": {"ssh": 20002}}})
    fleet = fleet_of([renamed_device("NEW", "OLD"), waiting("OTHER")])
    after = renamed(fleet, before)
    assert after.hosts == {HOST: {"NEW": {"ssh": 20001}, "OTHER": {"ssh": 20002}}}
    assert renamed(fleet, after) is after
    assert [one.tunnel and one.tunnel.remote_port for one in filled_in(fleet, before).devices()] == [
        20001,
        20002,
    ]


def test_a_fleet_is_filled_in_with_what_is_allotted() -> None:
    ports = Ports({HOST: {"A": {"ssh": 20001, "web": 20002}, "B": {"ssh": 20003}, "C": {"gone": 1}}})
    fleet = fleet_of(
        [waiting("A"), device("B", remote_port=9, forward_ports={"web": 8}), waiting("C")],
        forwards={"web": 80},
    )
    filled = [one.tunnel for one in filled_in(fleet, ports).devices()]
    assert [(one.remote_port, dict(one.forward_ports)) for one in filled if one] == [
        (20001, {"web": 20002}),
        (9, {"web": 8}),
        ("auto", {}),
    ]


def test_a_port_that_is_fixed_for_one_and_allotted_to_another_is_a_fault_that_names_both() -> None:
    fleet = fleet_of([device("NEW", remote_port=20001)])
    with pytest.raises(ManifestError) as raised:
        filled_in(fleet, Ports({HOST: {"OLD": {"ssh": 20001}}}))
    (fault,) = raised.value.diagnostics
    assert "20001" in fault.summary
    assert "OLD" in fault.summary
    assert "NEW" in fault.summary


HEAD = "apiVersion: papaya/v1\nkind: TunnelPorts\nhosts:\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            HEAD + "  h:\n    A: {ssh: 20001}\n    B: {ssh: 20001}\n",
            "lock:6:14: the port 20001 on h is allotted to A and to B",
        ),
        (
            HEAD + "  h:\n    A: {ssh: 20001}\n    B: {ssh: 5, web: 20001}\n",
            "lock:6:22: the port 20001 on h is allotted to A and to B (web)",
        ),
        (HEAD + "  h:\n    A: {ssh: x}\n", "lock:5:14: ssh of A has no port from 1 to 65535"),
        (HEAD + "  h:\n    A: 5\n", "lock:5:8: write A: {ssh: PORT}"),
        (HEAD + "  h: 5\n", "lock:4:6: h has no mapping of devices"),
        (HEAD.replace("hosts:\n", "hosts: 5\n"), "lock:3:8: hosts is no mapping"),
        (HEAD.replace("v1", "v2"), "lock:1:13: papaya reads lock files of papaya/v1"),
        ("", "lock:1:1: this is no lock file of ports: it has no `kind: TunnelPorts`"),
        ("a: [1]\n", "lock:1:1: this is no lock file of ports: it has no `kind: TunnelPorts`"),
    ],
)
def test_a_lock_file_that_was_merged_badly_is_refused_with_the_place(text: str, told: str) -> None:
    with pytest.raises(ManifestError) as raised:
        parse_ports(Source("lock", text))
    assert [f"{fault.mark}: {fault.summary}" for fault in raised.value.diagnostics] == [told]
    assert all(fault.remedy for fault in raised.value.diagnostics)


def test_an_unfinished_merge_is_told_as_such() -> None:
    ours, theirs = "    A: {ssh: 1}\n", "    B: {ssh: 2}\n"
    text = HEAD + f"  h:\n<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n"
    with pytest.raises(ManifestError) as raised:
        parse_ports(Source("lock", text))
    (found,) = raised.value.diagnostics
    assert (str(found.mark), found.summary) == ("lock:5:1", "a merge has left a conflict here")
    assert "keep the devices of both sides" in found.remedy
    kept = "".join(line for line in text.splitlines(keepends=True) if line[0] not in "<=>")
    assert parse_ports(Source("lock", kept)).hosts == {"h": {"A": {"ssh": 1}, "B": {"ssh": 2}}}


def test_a_device_that_is_there_twice_is_a_fault() -> None:
    with pytest.raises(ManifestError):
        parse_ports(Source("lock", HEAD + "  h:\n    A: {ssh: 1}\n    A: {ssh: 2}\n"))


def test_no_ports_are_a_lock_file_too() -> None:
    assert parse_ports(Source("lock", Ports().text())) == Ports()
    assert parse_ports(Source("lock", HEAD)) == Ports()
