"""Checksums of packages, in the spelling of the server: hexadecimal, little-endian where they are numbers."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping

_32, _64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


def _rotated(value: int, by: int, bits: int) -> int:
    return ((value << by) | (value >> (bits - by))) & ((1 << bits) - 1)


def _murmur_32(data: bytes) -> str:
    state = 0
    whole = len(data) - len(data) % 4
    for start in range(0, whole, 4):
        state ^= _mixed_32(int.from_bytes(data[start : start + 4], "little"))
        state = (_rotated(state, 13, 32) * 5 + 0xE6546B64) & _32
    state ^= _mixed_32(int.from_bytes(data[whole:], "little")) ^ len(data)
    state = ((state ^ (state >> 16)) * 0x85EBCA6B) & _32
    state = ((state ^ (state >> 13)) * 0xC2B2AE35) & _32
    return (state ^ (state >> 16)).to_bytes(4, "little").hex()


def _mixed_32(block: int) -> int:
    return (_rotated((block * 0xCC9E2D51) & _32, 15, 32) * 0x1B873593) & _32


_C1, _C2 = 0x87C37B91114253D5, 0x4CF5AD432745937F


def _murmur_128(data: bytes) -> str:
    low = high = 0
    whole = len(data) - len(data) % 16
    for start in range(0, whole, 16):
        low ^= _first(int.from_bytes(data[start : start + 8], "little"))
        low = ((_rotated(low, 27, 64) + high) * 5 + 0x52DCE729) & _64
        high ^= _second(int.from_bytes(data[start + 8 : start + 16], "little"))
        high = ((_rotated(high, 31, 64) + low) * 5 + 0x38495AB5) & _64
    high ^= _second(int.from_bytes(data[whole + 8 :], "little")) ^ len(data)
    low ^= _first(int.from_bytes(data[whole : whole + 8], "little")) ^ len(data)
    low = (low + high) & _64
    high = (high + low) & _64
    low, high = _finished(low), _finished(high)
    low = (low + high) & _64
    high = (high + low) & _64
    return (low.to_bytes(8, "little") + high.to_bytes(8, "little")).hex()


def _first(block: int) -> int:
    return (_rotated((block * _C1) & _64, 31, 64) * _C2) & _64


def _second(block: int) -> int:
    return (_rotated((block * _C2) & _64, 33, 64) * _C1) & _64


def _finished(value: int) -> int:
    value = ((value ^ (value >> 33)) * 0xFF51AFD7ED558CCD) & _64
    value = ((value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53) & _64
    return value ^ (value >> 33)


def _crc_32(data: bytes) -> str:
    return zlib.crc32(data).to_bytes(4, "little").hex()


def _digest(name: str) -> Callable[[bytes], str]:
    return lambda data: hashlib.new(name, data, usedforsecurity=False).hexdigest()


ALGORITHMS: Mapping[str, Callable[[bytes], str]] = {
    "MD5": _digest("md5"),
    "SHA256": _digest("sha256"),
    "SHA384": _digest("sha384"),
    "SHA512": _digest("sha512"),
    "CRC32": _crc_32,
    "MURMUR3_32": _murmur_32,
    "MURMUR3_128": _murmur_128,
}
