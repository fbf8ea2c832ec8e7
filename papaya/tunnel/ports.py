"""The lock file of remote ports as a value: which port of which bastion leads where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from papaya.diagnostics import Diagnostic, has_errors, in_order
from papaya.errors import ManifestError
from papaya.manifest.parse import parse
from papaya.manifest.ports import OWN_FORWARD
from papaya.manifest.source import Source
from papaya.manifest.tree import Map, fault

LOCK_FILE: Final = "tunnel-ports.lock.yaml"

_API_VERSION: Final = "papaya/v1"
_KIND: Final = "TunnelPorts"
_HEAD: Final = f"""\
# Ports of bastions and the devices that they lead to. `papaya tunnel ports --write` writes it, and only adds.
# Commit it: a port that is in it never leads to another device.
apiVersion: {_API_VERSION}
kind: {_KIND}
"""
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_WORDS_OF_YAML = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_MERGED_BADLY = (
    "keep the entry that was committed first, remove the other, then run `papaya tunnel ports --write`"
)
_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?: |$)", re.MULTILINE)
_MERGE = (
    "keep the devices of both sides and remove the marks of the merge; if both allotted one port, every "
    "command names it"
)
_RESTORE = "restore it from version control: without it every port would be allotted anew"


@dataclass(frozen=True, slots=True)
class Ports:
    """Allotted ports: host → device → forward → port. A port of a host is in it once."""

    hosts: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)

    def port(self, host: str, device: str, forward: str) -> int | None:
        """Return the port of a host that leads to a forward of a device, if one is allotted."""
        return self.of(host, device).get(forward)

    def of(self, host: str, device: str) -> Mapping[str, int]:
        """Return the ports of a device on a host, by forward."""
        return self.hosts.get(host, {}).get(device, {})

    def holders(self, host: str) -> dict[int, tuple[str, str]]:
        """Return the device and the forward that each port of a host leads to."""
        return {
            port: (device, forward)
            for device, forwards in self.hosts.get(host, {}).items()
            for forward, port in forwards.items()
        }

    def text(self) -> str:
        """Return the lock file: sorted, one device a line, so that merging changes of two people is easy."""
        return "".join((_HEAD, *self._lines()))

    def _lines(self) -> Iterator[str]:
        yield "hosts:\n" if self.hosts else "hosts: {}\n"
        for host, devices in sorted(self.hosts.items()):
            yield f"  {_scalar(host)}:\n" if devices else f"  {_scalar(host)}: {{}}\n"
            for device, forwards in sorted(devices.items()):
                ports = ", ".join(
                    f"{_scalar(name)}: {port}"
                    for name, port in sorted(
                        forwards.items(), key=lambda item: (item[0] != OWN_FORWARD, item)
                    )
                )
                yield f"    {_scalar(device)}: {{{ports}}}\n"


def parse_ports(source: Source) -> Ports:
    """Return what a lock file says; everything that is wrong with it is raised as one ManifestError."""
    unmerged = _CONFLICT.search(source.text)
    if unmerged is not None:
        line = source.text.count("\n", 0, unmerged.start())
        raise ManifestError([source.diagnostic("a merge has left a conflict here", line=line, remedy=_MERGE)])
    parsed = parse(source)
    faults = list(parsed.faults)
    hosts: dict[str, dict[str, dict[str, int]]] = {}
    if not has_errors(faults):
        faults.extend(_read(source, parsed.documents, hosts))
    if has_errors(faults):
        raise ManifestError(in_order(faults))
    return Ports(hosts)


def _read(
    source: Source, documents: Any, hosts: dict[str, dict[str, dict[str, int]]]
) -> Iterator[Diagnostic]:
    document = documents[0] if len(documents) == 1 else None
    if not isinstance(document, Map) or document.get("kind") != _KIND:
        yield source.diagnostic(
            f"this is no lock file of ports: it has no `kind: {_KIND}`",
            line=0,
            remedy=_RESTORE,
        )
        return
    if document.get("apiVersion") != _API_VERSION:
        yield fault(
            document.place_of("apiVersion"),
            f"papaya reads lock files of {_API_VERSION}",
            remedy="use the version of papaya that wrote it, or a later one",
        )
        return
    written = document.get("hosts")
    if not isinstance(written, Map):
        if written is not None:
            yield fault(document.place_of("hosts"), "hosts is no mapping", remedy=_RESTORE)
        return
    for host, devices in written.items():
        yield from _read_host(written, str(host), devices, hosts.setdefault(str(host), {}))


def _read_host(
    written: Map, host: str, devices: Any, into: dict[str, dict[str, int]]
) -> Iterator[Diagnostic]:
    if not isinstance(devices, Map):
        yield fault(written.place_of(host), f"{host} has no mapping of devices", remedy=_MERGED_BADLY)
        return
    holders: dict[int, str] = {}
    for device, forwards in devices.items():
        if not isinstance(forwards, Map):
            yield fault(
                devices.place_of(device), f"write {device}: {{{OWN_FORWARD}: PORT}}", remedy=_MERGED_BADLY
            )
            continue
        for forward, port in forwards.items():
            place = forwards.place_of(forward)
            if not isinstance(port, int) or isinstance(port, bool) or not 1 <= port <= 65535:
                yield fault(place, f"{forward} of {device} has no port from 1 to 65535", remedy=_MERGED_BADLY)
                continue
            what = str(device) if forward == OWN_FORWARD else f"{device} ({forward})"
            first = holders.setdefault(port, what)
            if first != what:
                yield fault(
                    place,
                    f"the port {port} on {host} is allotted to {first} and to {what}",
                    remedy=_MERGED_BADLY,
                )
            into.setdefault(str(device), {})[str(forward)] = port


def _scalar(text: str) -> str:
    """Return a text as YAML: as it stands where nobody can take it for something else, else in quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
