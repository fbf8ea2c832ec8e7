"""What a machine says about itself: its serial number, its system, its addresses (on Linux)."""

from __future__ import annotations

import fcntl
import ipaddress
import platform
import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from papaya import __version__
from papaya.bounded_file import LARGEST_SETTINGS, read_beginning, read_bytes
from papaya.errors import PapayaError
from papaya.manifest.model import Json

AUTO = "auto"
_PREFIX = "SN-"
# Device trees end the text with a NUL. Of DMI, the board's number is the next best to the product's.
_SERIALS = (
    "proc/device-tree/serial-number",
    "sys/firmware/devicetree/base/serial-number",
    "sys/class/dmi/id/product_serial",
    "sys/class/dmi/id/board_serial",
)
# What manufacturers leave in the field when they do not fill it in.
_PLACEHOLDER = re.compile(
    r"(to be filled.*|default string|not (specified|applicable|available)|none|n/?a|null|unknown|invalid|"
    r"system serial number|serial ?number|chassis.*|[0x. -]*|0?123456789(0|abcdef)?|oem.*|empty)",
    re.IGNORECASE,
)
_SIOCGIFADDR = 0x8915


@dataclass(frozen=True, slots=True)
class Serial:
    """A serial number and the file that it was read from."""

    text: str
    source: str


def read_serial(root: Path = Path("/")) -> Serial:
    """Return the serial number of this machine, from its device tree or its DMI tables."""
    refused: list[str] = []
    for name in _SERIALS:
        path = root / name
        try:
            text = read_bytes(path, most=LARGEST_SETTINGS).decode("ascii", "replace").strip("\0 \t\r\n")
        except PermissionError:
            refused.append(f"/{name}")
            continue
        except OSError:
            continue
        if text and text.isprintable() and not _PLACEHOLDER.fullmatch(text):
            return Serial(as_text(text), f"/{name}")
    if refused:
        raise PapayaError(
            f"only root may read the serial number of this machine ({refused[0]})",
            remedy="Run papaya as root once, or give the number with --serial.",
        )
    raise PapayaError(
        "this machine tells no serial number, neither in a device tree nor by DMI",
        remedy="Give the number on its label with --serial, or name the device.",
    )


def as_text(serial: str) -> str:
    """Return a serial number as the server keeps it: one that looks like a number would lose its zeros."""
    try:
        float(serial)
    except ValueError:
        return serial
    return f"{_PREFIX}{serial}"


def is_same_serial(left: str, right: str) -> bool:
    """Return whether two spellings mean one serial number: case and the prefix of numbers do not count."""
    return _plain(left) == _plain(right)


def _plain(serial: str) -> str:
    return serial.strip().casefold().removeprefix(_PREFIX.casefold())


def system_information(*, addresses: bool = False, root: Path = Path("/")) -> dict[str, Json]:
    """Return what the first telemetry tells about this machine; addresses of interfaces only on demand.

    None of the texts looks like a number: the server would store it as one.
    """
    told: dict[str, Json] = {
        "system.hostName": socket.gethostname(),
        "system.os": _operating_system(root),
        "system.kernel": f"{platform.system()} {platform.release()}",
        "system.machine": platform.machine(),
        "system.python": f"Python {platform.python_version()}",
        "system.papaya": f"papaya {__version__}",
    }
    booted = _boot_time(root)
    if booted is not None:
        told["system.bootTime"] = booted
    if addresses:
        found: dict[str, Json] = {}
        for name, address in _addresses(root):
            here = found.setdefault(name, [])
            if isinstance(here, list):
                here.append(address)
        told["system.addresses"] = found
    return told


def _operating_system(root: Path) -> str:
    for name in ("etc/os-release", "usr/lib/os-release"):
        try:
            text = read_bytes(root / name, most=LARGEST_SETTINGS).decode(errors="replace")
        except OSError:
            continue
        found = re.search(r'^PRETTY_NAME=(["\']?)(.+?)\1\s*$', text, re.MULTILINE)
        if found:
            return found[2]
    return platform.system()


def _boot_time(root: Path) -> int | None:
    """Return when the machine was started, in milliseconds since 1970."""
    try:
        found = re.search(r"^btime ([0-9]+)$", read_beginning(root / "proc/stat"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1000 if found else None


def _addresses(root: Path) -> Iterator[tuple[str, str]]:
    """Yield interface and address, loopback left out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
            except OSError:
                continue
            address = ipaddress.IPv4Address(answer[20:24])
            if not address.is_loopback:
                yield name, str(address)
    try:
        lines = read_beginning(root / "proc/net/if_inet6").splitlines()
    except OSError:
        return
    for line in lines:
        digits, *_, name = line.split()
        six = ipaddress.IPv6Address(bytes.fromhex(digits))
        if not six.is_loopback:
            yield name, str(six)
