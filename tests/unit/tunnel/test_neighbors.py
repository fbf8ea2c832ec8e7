"""What the files of another fleet on a bastion say, whatever somebody has written into them."""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.tunnel.bastion import authorized_keys, keys_file
from papaya.tunnel.neighbors import neighbors_in, shared_with
from papaya.tunnel.public_keys import read_keys
from tests.unit.tunnel.devices import LINE_KEY, line


def test_what_papaya_writes_for_one_fleet_is_read_for_another(tmp_path: Path) -> None:
    keys = {"PM-1": read_keys(LINE_KEY, "x")}
    path = tmp_path / keys_file("papaya", "meters").removeprefix("/etc/ssh/papaya/")
    path.parent.mkdir()
    path.write_text(authorized_keys([line("PM-1", remote_port=20007)], keys), encoding="utf-8")
    (found,) = neighbors_in(tmp_path, "garage")
    assert (found.fleet, found.device, found.ports) == ("meters", "PM-1", frozenset({20007}))
    own = [line("GM-1", remote_port=20007), line("GM-2", remote_port=20008)]
    told = list(shared_with(own, {"GM-2": keys["PM-1"]}, [found]))
    assert told == [
        f"port 20007 of {own[0].host} is allotted to GM-1, and to PM-1 of the fleet meters",
        "GM-2 has the key of PM-1 of the fleet meters",
    ]
    assert neighbors_in(tmp_path, "meters") == ()


@pytest.mark.parametrize(
    "row",
    [
        f'permitlisten="127.0.0.1:{"9" * 5_000}" {LINE_KEY} A',
        f'permitlisten="" {LINE_KEY} A',
        "ssh-ed25519",
        "\x00\x1b]0;x",
        'permitlisten="127.0.0.1:1"',
    ],
)
def test_a_line_that_papaya_did_not_write_says_nothing_of_ports(row: str, tmp_path: Path) -> None:
    (tmp_path / "papaya.d").mkdir()
    (tmp_path / "papaya.d/meters.keys").write_text(row + "\n", encoding="utf-8")
    assert all(not one.ports for one in neighbors_in(tmp_path, "garage"))
    (tmp_path / "papaya.d/meters.keys").write_bytes(b"\xff\xfe" + row.encode())
    assert all(not one.ports for one in neighbors_in(tmp_path, "garage"))
