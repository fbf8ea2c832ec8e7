"""What identifies an object of a server: its kind and its name."""

from __future__ import annotations

from dataclasses import dataclass

# `asset`, `device`, `assetProfile`, `deviceProfile`, or the key of a kind in the registry.
Kind = str


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Kind and exact server name; unique in a tenant, for Countries and States together."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"
