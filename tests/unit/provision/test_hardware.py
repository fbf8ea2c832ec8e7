"""What a machine says about itself, read from folders that look like its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from papaya.errors import PapayaError
from papaya.provision.hardware import as_text, is_same_serial, read_serial, system_information


def write(root: Path, name: str, content: bytes) -> None:
    """Write a file below a folder that stands for the root."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_device_tree_comes_before_dmi(tmp_path: Path) -> None:
    write(tmp_path, "proc/device-tree/serial-number", b"10000000abcdef01\0")
    write(tmp_path, "sys/class/dmi/id/product_serial", b"DMI-1\n")
    serial = read_serial(tmp_path)
    assert (serial.text, serial.source) == ("10000000abcdef01", "/proc/device-tree/serial-number")


@pytest.mark.parametrize("filler", [b"To Be Filled By O.E.M.", b"Default string", b"None", b"0000 0000", b""])
def test_what_a_manufacturer_did_not_fill_in_is_no_serial_number(tmp_path: Path, filler: bytes) -> None:
    write(tmp_path, "sys/class/dmi/id/product_serial", filler + b"\n")
    with pytest.raises(PapayaError, match="tells no serial number") as caught:
        read_serial(tmp_path)
    assert "--serial" in caught.value.remedy
    write(tmp_path, "sys/class/dmi/id/board_serial", b"B-77\n")
    assert read_serial(tmp_path).text == "B-77"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_number_that_only_root_may_read_says_so(tmp_path: Path) -> None:
    write(tmp_path, "sys/class/dmi/id/product_serial", b"DMI-1\n")
    (tmp_path / "sys/class/dmi/id/product_serial").chmod(0)
    with pytest.raises(PapayaError, match="only root may read"):
        read_serial(tmp_path)


@pytest.mark.parametrize(
    ("serial", "kept"),
    [("100000001234e567", "SN-100000001234e567"), ("0012", "SN-0012"), ("12", "SN-12"), ("A-1", "A-1")],
)
def test_a_serial_number_that_a_server_would_take_for_a_number_is_kept_as_text(
    serial: str, kept: str
) -> None:
    assert as_text(serial) == kept
    assert is_same_serial(serial, kept)


def test_case_does_not_make_another_serial_number() -> None:
    assert is_same_serial("SN-00Ab", "sn-00aB")
    assert not is_same_serial("SN-0012", "SN-12")


def test_the_first_telemetry_names_the_system_and_no_address(tmp_path: Path) -> None:
    write(tmp_path, "etc/os-release", b'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')
    write(tmp_path, "proc/stat", b"cpu 1 2\nbtime 1750000000\n")
    told = system_information(root=tmp_path)
    assert told["system.os"] == "Debian GNU/Linux 12 (bookworm)"
    assert told["system.bootTime"] == 1_750_000_000_000
    assert str(told["system.python"]).startswith("Python 3.")
    assert "system.addresses" not in told


def test_addresses_are_told_on_demand_without_loopback(tmp_path: Path) -> None:
    write(tmp_path, "proc/net/if_inet6", b"fe800000000000000000000000000001 02 40 20 80 eth9\n")
    told = system_information(addresses=True, root=tmp_path)["system.addresses"]
    assert isinstance(told, dict)
    assert told["eth9"] == ["fe80::1"]
    assert "127.0.0.1" not in str(told)
    assert "system.bootTime" not in system_information(root=tmp_path)
