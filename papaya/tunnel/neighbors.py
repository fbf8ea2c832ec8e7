"""The other fleets of a bastion, as their files there say: which ports and keys two fleets both have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from papaya.bounded_file import read_text
from papaya.errors import PapayaError
from papaya.tunnel.bastion import KEYS_FOLDER, KEYS_SUFFIX, OLD_DROP_IN, bastions_of
from papaya.tunnel.line import Line
from papaya.tunnel.public_keys import PublicKey

REMEDY: Final = (
    "Give each fleet a range of ports of its own (`tunnel: {remotePorts: {from: 20000, to: 24999}}`). To\n"
    "move a device, remove its line from tunnel-ports.lock.yaml and run: papaya tunnel ports --write"
)
_LISTEN: Final = re.compile(r'permitlisten="(?:[^"]*:)?([0-9]{1,5})"')
_KEY: Final = re.compile(r'(?:^|[ "])((?:ssh|ecdsa|sk)-[\w@.-]+) ([A-Za-z0-9+/=]+)(?: (.*))?$')


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A device of another fleet on the same bastion: its ports there and its key."""

    fleet: str
    device: str
    ports: frozenset[int]
    key: PublicKey


def neighbors_in(folder: Path, fleet: str) -> tuple[Neighbor, ...]:
    """Return the devices of other fleets whose keys are in a bastion's folder of keys.

    A file that cannot be read says nothing: only root may change these, and papaya need not be root.
    """
    found: list[Neighbor] = []
    for path in sorted(folder.glob(f"*.d/*{KEYS_SUFFIX}")):
        if path.stem == fleet:
            continue
        try:
            text = read_text(path)
        except (OSError, ValueError):
            continue
        found += _neighbors(path.stem, text)
    return tuple(found)


def shared_with(
    lines: Iterable[Line], keys: Mapping[str, Sequence[PublicKey]], neighbors: Sequence[Neighbor]
) -> Iterator[str]:
    """Yield each port and each key that a device of the fleet shares with one of another fleet."""
    ports = {port: neighbor for neighbor in neighbors for port in neighbor.ports}
    owners = {neighbor.key: neighbor for neighbor in neighbors}
    seen: set[str] = set()
    for line in lines:
        other = ports.get(line.forward.remote_port)
        if other is not None:
            port = f"port {line.forward.remote_port} of {line.host}"
            yield f"{port} is allotted to {line.device}, and to {other.device} of the fleet {other.fleet}"
        for key in () if line.device in seen else keys.get(line.device, ()):
            if (owner := owners.get(key)) is not None:
                yield f"{line.device} has the key of {owner.device} of the fleet {owner.fleet}"
        seen.add(line.device)


def check_neighbors(
    out: Path,
    fleet: str,
    lines: Sequence[Line],
    keys: Mapping[str, Sequence[PublicKey]],
    tell: Callable[[Sequence[str]], object],
) -> list[str]:
    """Refuse ports and keys that another fleet's files below the same folder have; return notes on old files.

    `tell` hears of all shared ports and keys after the first, which the `PapayaError` names.
    """
    notes: list[str] = []
    for bastion in bastions_of(lines, None, fleet):
        root = out / bastion.host
        shared = list(shared_with(bastion.lines, keys, neighbors_in(root / KEYS_FOLDER.lstrip("/"), fleet)))
        if shared:
            tell(shared[1:])
            raise PapayaError(f"{shared[0]}: nothing was written", remedy=REMEDY)
        notes += [
            f"{path} is of an earlier edition. Copy the new files, then remove it here and on "
            f"{bastion.host}: it still lets its devices in."
            for path in of_an_earlier_edition(root, bastion.users)
        ]
    return notes


def of_an_earlier_edition(root: Path, users: Iterable[str]) -> list[Path]:
    """Return the files below a bastion's root that an earlier edition wrote, for one fleet alone."""
    below = [OLD_DROP_IN, *(f"{KEYS_FOLDER}/{user}" for user in users)]
    return [path for path in (root / name.lstrip("/") for name in below) if path.is_file()]


def _neighbors(fleet: str, text: str) -> Iterator[Neighbor]:
    for row in text.splitlines():
        key = None if row.startswith("#") else _KEY.search(row)
        if key is not None:
            ports = frozenset(int(port) for port in _LISTEN.findall(row[: key.start()]))
            yield Neighbor(fleet, key[3] or "a device", ports, PublicKey(key[1], key[2]))
